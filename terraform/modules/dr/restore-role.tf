locals {
  _rds = "arn:aws:rds:${var.region}:${var.account_id}"
}

# Made ahead of time: a failover makes no role, because IAM is changed in one region only.
# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
resource "aws_iam_role" "restore" {
  name        = "${var.name}-restore-${var.region}"
  description = "Lets AWS Backup restore the shop's database in ${var.region}."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-restore-${var.region}" })
}

# What AWSBackupServiceRolePolicyForRestores allows for databases, under the shop's names and without deleting.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html
resource "aws_iam_role_policy" "restore" {
  name = "restore"
  role = aws_iam_role.restore.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadDatabases"
        Effect   = "Allow"
        Action   = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"]
        Resource = ["${local._rds}:db:*", "${local._rds}:snapshot:*"]
      },
      {
        Sid    = "RestoreDatabase"
        Effect = "Allow"
        Action = "rds:RestoreDBInstanceFromDBSnapshot"
        Resource = [
          "${local._rds}:db:${var.name}-*",
          "${local._rds}:og:*",
          "${local._rds}:pg:${var.name}*",
          "${local._rds}:snapshot:awsbackup:*",
          "${local._rds}:subgrp:${var.name}*",
        ]
      },
      {
        Sid      = "TagDatabase"
        Effect   = "Allow"
        Action   = "rds:AddTagsToResource"
        Resource = "${local._rds}:db:${var.name}-*"
      },
      {
        Sid    = "ReadNetwork"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAccountAttributes",
          "ec2:DescribeAvailabilityZones",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcAttribute",
          "ec2:DescribeVpcs",
        ]
        Resource = "*" # the actions know no narrower one
      },
      {
        Sid       = "UseKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
        Resource  = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "rds.${var.region}.amazonaws.com" } }
      },
      {
        Sid       = "LendKey"
        Effect    = "Allow"
        Action    = "kms:CreateGrant"
        Resource  = var.kms_key_arn
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ]
  })
}
