locals {
  _snapshots = "arn:aws:rds:*:${var.account_id}:snapshot:awsbackup:*"

  # The key of the other region isn't known here, its alias is.
  # https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
  _copy_keys = [
    for copy in var.copy == null ? [] : [var.copy] : {
      Sid       = "EncryptCopies"
      Effect    = "Allow"
      Action    = ["kms:CreateGrant", "kms:DescribeKey"]
      Resource  = "arn:aws:kms:${split(":", copy.vault_arn)[3]}:${var.account_id}:key/*"
      Condition = { "ForAnyValue:StringLike" = { "kms:ResourceAliases" = "alias/${var.name}-*" } }
    }
  ]
}

resource "aws_iam_role" "this" {
  name        = "${var.name}-backup-${var.region}"
  description = "Lets AWS Backup take the shop's backups in ${var.region} and copy them."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  tags = merge(var.tags, { Name = "${var.name}-backup-${var.region}" })
}

# What AWSBackupServiceRolePolicyForBackup allows for databases, on the shop's own ones.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
resource "aws_iam_role_policy" "this" {
  name = "back-up"
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "FindResources"
        Effect   = "Allow"
        Action   = "tag:GetResources"
        Resource = "*" # the action knows no narrower one
      },
      {
        Sid      = "ReadDatabases"
        Effect   = "Allow"
        Action   = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"]
        Resource = ["arn:aws:rds:*:${var.account_id}:db:*", "arn:aws:rds:*:${var.account_id}:snapshot:*"]
      },
      {
        Sid      = "TakeSnapshots"
        Effect   = "Allow"
        Action   = "rds:CreateDBSnapshot"
        Resource = concat(sort(var.selection_arns), [local._snapshots])
      },
      {
        Sid    = "KeepRecoveryPoints"
        Effect = "Allow"
        Action = [
          "backup:CopyFromBackupVault",
          "rds:AddTagsToResource",
          "rds:CopyDBSnapshot",
          "rds:DeleteDBSnapshot",
        ]
        Resource = local._snapshots
      },
      {
        Sid      = "FillVaults"
        Effect   = "Allow"
        Action   = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
        Resource = concat([local.vault_arn], var.copy == null ? [] : [var.copy.vault_arn])
      },
      {
        Sid      = "FindKey"
        Effect   = "Allow"
        Action   = "kms:DescribeKey"
        Resource = var.kms_key_arn
      },
      {
        Sid       = "LendKey"
        Effect    = "Allow"
        Action    = "kms:CreateGrant"
        Resource  = var.kms_key_arn
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ], local._copy_keys)
  })
}
