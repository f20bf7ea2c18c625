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

  # What the application reads and writes in the control store: docs/authority.md and docs/ledger.md.
  _control_buckets = var.access.control_store == null ? [] : sort(tolist(var.access.control_store.bucket_arns))
  _control_folders = {
    for folder in ["authority", "ledger"] : folder => [
      for bucket in local._control_buckets : "${bucket}/${folder}/${var.access.control_store.environment}/*"
    ]
  }

  # What the application may do, and on what. Whatever has nothing to be done on is left out.
  _grants = {
    ListBuckets = {
      actions   = ["s3:ListBucket"]
      resources = local._buckets
    }
    # S3 tells whoever may not list that an object which is not there is forbidden. It asks that without a prefix, so a
    # condition on the prefix must hold without one too.
    # Source: Amazon S3 API Reference, GetObject (Permissions).
    ListControlStore = {
      actions   = ["s3:ListBucket"]
      resources = local._control_buckets
      condition = {
        StringLikeIfExists = {
          "s3:prefix" = [for folder in keys(local._control_folders) : "${folder}/${try(var.access.control_store.environment, "")}/*"]
        }
      }
    }
    ReadControlStore = {
      actions   = ["s3:GetObject"]
      resources = flatten(values(local._control_folders))
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
    SendMail = {
      actions   = ["ses:SendEmail"]
      resources = [for sender in compact([var.access.mail_from]) : "arn:aws:ses:${var.region}:${var.account_id}:identity/${split("@", sender)[1]}"]
      condition = { StringEquals = { "ses:FromAddress" = var.access.mail_from } }
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
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
      ]
      resources = var.access.queue_arns
    }
    # An entry is written once: what is there already can't be overwritten.
    # Source: Amazon S3 User Guide, "Enforce conditional writes on Amazon S3 buckets".
    WriteLedger = {
      actions   = ["s3:PutObject"]
      resources = local._control_folders["ledger"]
      condition = { Null = { "s3:if-none-match" = "false" } }
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
    for sid, grant in local._grants : merge({
      Sid      = sid
      Effect   = "Allow"
      Action   = grant.actions
      Resource = sort(tolist(grant.resources))
    }, try({ Condition = grant.condition }, {})) if length(grant.resources) > 0
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
