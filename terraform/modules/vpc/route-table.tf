# The main table knows only the VPC itself. The db tier stands on it: a database has no way to the internet, and a
# subnet that is added by hand has none either.
resource "aws_default_route_table" "this" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []

  tags = merge(var.tags, { Name = "${var.name}-main" })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-public" })
}

resource "aws_route" "internet" {
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
  route_table_id         = aws_route_table.public.id
}

resource "aws_route_table" "app" {
  for_each = local.availability_zones

  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-app-${each.key}" })
}

resource "aws_route" "nat" {
  for_each = var.nat == "none" ? [] : local.availability_zones

  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[local.nat_zone_of[each.key]].id
  route_table_id         = aws_route_table.app[each.key].id
}

resource "aws_route_table_association" "public" {
  for_each = local.availability_zones

  route_table_id = aws_route_table.public.id
  subnet_id      = local.subnet_ids.public[each.key]
}

resource "aws_route_table_association" "app" {
  for_each = local.availability_zones

  route_table_id = aws_route_table.app[each.key].id
  subnet_id      = local.subnet_ids.app[each.key]
}

resource "aws_route_table_association" "db" {
  for_each = local.availability_zones

  route_table_id = aws_default_route_table.this.id
  subnet_id      = local.subnet_ids.db[each.key]
}
