resource "aws_security_group" "this" {
  name        = "${var.name}-rds"
  description = "Databases of ${var.name}: reached by their clients, reach nothing."
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-rds" })
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this.id
  description                  = "Connections of ${each.key}."
  ip_protocol                  = "tcp"
  from_port                    = local.engine.port
  to_port                      = local.engine.port
  referenced_security_group_id = each.value

  tags = merge(var.tags, { Name = "${var.name}-rds-from-${each.key}" })
}

resource "aws_vpc_security_group_egress_rule" "client" {
  for_each = var.client_security_group_ids

  security_group_id            = each.value
  description                  = "Connections to the database."
  ip_protocol                  = "tcp"
  from_port                    = local.engine.port
  to_port                      = local.engine.port
  referenced_security_group_id = aws_security_group.this.id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}-to-rds" })
}
