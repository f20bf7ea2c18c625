locals {
  # tier => availability zone => subnet key
  _subnet_keys = {
    for tier in ["public", "app", "db"] : tier => {
      for key, subnet in var.subnets : subnet.availability_zone => key if subnet.tier == tier
    }
  }

  availability_zones = toset(keys(local._subnet_keys.public))

  # tier => availability zone => subnet id
  subnet_ids = {
    for tier, keys in local._subnet_keys : tier => { for zone, key in keys : zone => aws_subnet.this[key].id }
  }
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  availability_zone = each.value.availability_zone
  cidr_block        = each.value.cidr
  # Load balancers and NAT gateways bring their own addresses; an instance that is started in a public subnet by
  # mistake gets none.
  map_public_ip_on_launch = false
  vpc_id                  = aws_vpc.this.id

  tags = merge(var.tags, {
    Name = "${var.name}-${each.key}"
    Tier = each.value.tier
  })
}
