locals {
  parameter_group_name = "${var.name}-${replace(local.family, ".", "-")}"
}

# Named by the engine's major version: a group belongs to one, and the next stands beside it until the database has moved.
resource "aws_db_parameter_group" "this" {
  name        = local.parameter_group_name
  description = "Parameters of the databases of ${var.name}: TLS only, slow statements logged."
  family      = local.family

  dynamic "parameter" {
    for_each = local.engine.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  # Memory is taken for each connection when the server starts, so a new number waits for a restart.
  dynamic "parameter" {
    for_each = var.max_connections[*]

    content {
      name         = "max_connections"
      value        = tostring(parameter.value)
      apply_method = "pending-reboot"
    }
  }

  tags = merge(var.tags, { Name = local.parameter_group_name })

  lifecycle {
    create_before_destroy = true
  }
}
