# Who writes here finds the group ready: made by the writer it would keep its logs for ever, under AWS's key.
resource "aws_cloudwatch_log_group" "this" {
  for_each = var.log_groups

  name              = "/${var.name}/${each.key}"
  retention_in_days = each.value
  kms_key_id        = var.kms_key_arn

  tags = merge(var.tags, { Name = "/${var.name}/${each.key}" })
}
