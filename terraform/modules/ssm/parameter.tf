locals {
  prefix = "/${var.name}"
}

# What the application has to know and anybody may read. Passwords and keys are in Secrets Manager.
resource "aws_ssm_parameter" "this" {
  #checkov:skip=CKV2_AWS_34:nothing here is secret, and a secret in a parameter would be in Terraform's state
  for_each = var.parameters

  name           = "${local.prefix}/${each.key}"
  description    = each.value.description
  type           = "String"
  tier           = "Standard"
  insecure_value = each.value.value # shown in plans, so that a change can be judged

  tags = merge(var.tags, { Name = "${local.prefix}/${each.key}" })
}
