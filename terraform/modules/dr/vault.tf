locals {
  vault_name = "${var.name}-copies"
}

resource "aws_backup_vault" "this" {
  name          = local.vault_name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy

  tags = merge(var.tags, { Name = local.vault_name })
}

# Governance mode: with changeable_for_days nobody could ever take the lock off, nor the environment down.
# https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
resource "aws_backup_vault_lock_configuration" "this" {
  count = var.lock == null ? 0 : 1

  backup_vault_name  = aws_backup_vault.this.name
  max_retention_days = var.lock.max_retention_days
  min_retention_days = var.lock.min_retention_days
}

# https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
resource "aws_backup_vault_policy" "this" {
  backup_vault_name = aws_backup_vault.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CopiesOfTheAccount"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "backup:CopyIntoBackupVault"
        Resource  = "*" # this vault: the policy is its own
      },
      {
        Sid       = "NobodyElse"
        Effect    = "Deny"
        Principal = "*"
        Action    = "backup:CopyIntoBackupVault"
        Resource  = "*"
        Condition = { StringNotEquals = { "aws:PrincipalAccount" = var.account_id } }
      },
    ]
  })
}
