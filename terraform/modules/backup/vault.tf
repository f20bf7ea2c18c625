resource "aws_backup_vault" "this" {
  name          = local.vault_name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy

  tags = merge(var.tags, { Name = local.vault_name })
}

# Without changeable_for_days the lock stays in governance mode: whoever may, takes it off again. With it, nobody
# ever could, and an environment could no more be taken down.
# https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
resource "aws_backup_vault_lock_configuration" "this" {
  count = var.lock == null ? 0 : 1

  backup_vault_name  = aws_backup_vault.this.name
  max_retention_days = var.lock.max_retention_days
  min_retention_days = var.lock.min_retention_days
}
