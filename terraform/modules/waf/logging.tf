locals {
  log_group_name = "aws-waf-logs-${var.name}" # AWS WAF writes to no group of another name
  _log_group_arn = "arn:aws:logs:${var.region}:${var.account_id}:log-group:${local.log_group_name}"

  # What would let its reader in.
  redacted_headers = toset(["authorization", "cookie"])
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days

  tags = merge(var.tags, { Name = local.log_group_name })
}

# Without a policy of ours AWS WAF makes one of its own, which nobody would ever remove.
# https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html (permissions)
resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "${var.name}-waf"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LogsOfTheWebAcl"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${local._log_group_arn}:*"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:logs:${var.region}:${var.account_id}:*" }
        StringEquals = { "aws:SourceAccount" = var.account_id }
      }
    }]
  })
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.this.arn]

  dynamic "redacted_fields" {
    for_each = local.redacted_headers

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
