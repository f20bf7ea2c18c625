locals {
  insights = var.monitoring.performance_insights_days == 0 ? {
    enabled = false, kms_key_arn = null, retention_days = null
    } : {
    enabled = true, kms_key_arn = var.kms_key_arn, retention_days = var.monitoring.performance_insights_days
  }

  # "/aws/rds/instance/<identifier>/<type>": RDS knows no other names, and makes groups that keep forever where none stand.
  log_group_names = toset([
    for pair in setproduct(concat([local.identifier], values(local.replica_identifiers)), local.engine.log_types) :
    "/aws/rds/instance/${pair[0]}/${pair[1]}"
  ])

  monitoring_role_name = "${var.name}-rds-monitoring-${var.region}"
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_group_names

  name              = each.key
  kms_key_id        = var.logs.kms_key_arn
  retention_in_days = var.logs.retention_days

  tags = merge(var.tags, { Name = each.key })
}

resource "aws_iam_role" "monitoring" {
  count = var.monitoring.enhanced_interval_seconds == 0 ? 0 : 1

  name        = local.monitoring_role_name
  description = "Lets the databases of ${var.name} in ${var.region} send figures of their operating system."

  # The two conditions keep other accounts' databases from borrowing the role (the confused deputy).
  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:rds:${var.region}:${var.account_id}:db:${var.name}-*" }
        StringEquals = { "aws:SourceAccount" = var.account_id }
      }
    }]
  })

  tags = merge(var.tags, { Name = local.monitoring_role_name })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  count = var.monitoring.enhanced_interval_seconds == 0 ? 0 : 1

  role       = aws_iam_role.monitoring[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
