locals {
  role_name = "${var.name}-app-${var.region}" # IAM is global, so the region is part of the name

  _log_groups = [
    for prefix in compact([var.access.log_group_prefix]) :
    "arn:aws:logs:${var.region}:${var.account_id}:log-group:${trimsuffix(prefix, "/")}/*"
  ]
  _parameters = [
    for prefix in compact([var.access.parameter_prefix]) :
    "arn:aws:ssm:${var.region}:${var.account_id}:parameter${trimsuffix(prefix, "/")}/*"
  ]

  _buckets = setunion(var.access.bucket_arns_read, var.access.bucket_arns_write)

  # What the application may do, and on what. Whatever has nothing to be done on is left out.
  _grants = {
    ListBuckets = {
      actions   = ["s3:ListBucket"]
      resources = local._buckets
    }
    ReadObjects = {
      actions   = ["s3:GetObject"]
      resources = formatlist("%s/*", local._buckets)
    }
    ReadParameters = {
      actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
      resources = local._parameters
    }
    ReadSecrets = {
      actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      resources = var.access.secret_arns
    }
    UseKeys = {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = var.access.kms_key_arns
    }
    WorkOnQueues = {
      actions = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
      ]
      resources = var.access.queue_arns
    }
    WriteLogs = {
      actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      resources = local._log_groups
    }
    WriteObjects = {
      actions   = ["s3:DeleteObject", "s3:PutObject"]
      resources = formatlist("%s/*", var.access.bucket_arns_write)
    }
  }

  _on_resources = [
    for sid, grant in local._grants : {
      Sid      = sid
      Effect   = "Allow"
      Action   = grant.actions
      Resource = sort(tolist(grant.resources))
    } if length(grant.resources) > 0
  ]

  # Neither takes a resource; a metric's namespace bounds the one. AWS's own policy for Session Manager would also
  # let instances read every parameter of the account.
  # Source: AWS Systems Manager User Guide, "Verify or add instance permissions for Session Manager".
  _on_everything = [
    {
      Sid       = "WriteMetrics"
      Effect    = "Allow"
      Action    = ["cloudwatch:PutMetricData"]
      Resource  = ["*"]
      Condition = { StringEquals = { "cloudwatch:namespace" = ["CWAgent", var.name] } }
    },
    {
      Sid    = "SessionManager"
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    },
  ]
}

resource "aws_iam_role" "this" {
  name        = local.role_name
  description = "What an instance of ${var.name} in ${var.region} may do."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })

  tags = merge(var.tags, { Name = local.role_name })
}

resource "aws_iam_role_policy" "this" {
  name = "run-the-shop"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local._on_resources, local._on_everything)
  })
}

resource "aws_iam_instance_profile" "this" {
  name = local.role_name
  role = aws_iam_role.this.name

  tags = merge(var.tags, { Name = local.role_name })
}
