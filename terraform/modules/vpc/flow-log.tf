locals {
  flow_log_group_name = "/${var.name}/vpc-flow"
  _flow_log_group_arn = "arn:aws:logs:${var.region}:${var.account_id}:log-group:${local.flow_log_group_name}"
}

resource "aws_cloudwatch_log_group" "flow" {
  name              = local.flow_log_group_name
  kms_key_id        = var.flow_logs.kms_key_arn
  retention_in_days = var.flow_logs.retention_days

  tags = merge(var.tags, { Name = local.flow_log_group_name })
}

resource "aws_iam_role" "flow" {
  name        = "${var.name}-vpc-flow-${var.region}"
  description = "Lets the VPC of ${var.name} in ${var.region} write its flow logs."

  # The two conditions keep other accounts' flow logs from borrowing the role (the confused deputy).
  # Source: AWS, VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:ec2:${var.region}:${var.account_id}:vpc-flow-log/*" }
        StringEquals = { "aws:SourceAccount" = var.account_id }
      }
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-vpc-flow-${var.region}" })
}

resource "aws_iam_role_policy" "flow" {
  name = "write-flow-logs"
  role = aws_iam_role.flow.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
      ]
      Resource = "${local._flow_log_group_arn}:*"
    }]
  })
}

resource "aws_flow_log" "this" {
  iam_role_arn             = aws_iam_role.flow.arn
  log_destination          = aws_cloudwatch_log_group.flow.arn
  log_destination_type     = "cloud-watch-logs"
  max_aggregation_interval = 600 # seconds
  traffic_type             = "ALL"
  vpc_id                   = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-vpc-flow" })

  depends_on = [aws_iam_role_policy.flow]
}
