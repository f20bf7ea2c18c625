locals {
  _first_zone = sort(local.availability_zones)[0]

  # The zones that have a NAT gateway of their own.
  nat_zones = toset({
    none   = []
    per_az = local.availability_zones
    single = [local._first_zone]
  }[var.nat])

  # The zone whose NAT gateway a zone's instances leave through.
  nat_zone_of = {
    for zone in local.availability_zones : zone => var.nat == "single" ? local._first_zone : zone
  }
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = merge(var.tags, { Name = "${var.name}-nat-${each.key}" })

  # AWS: an address can't be used by a VPC that has no internet gateway yet.
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = local.subnet_ids.public[each.key]

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })

  depends_on = [aws_internet_gateway.this]
}
