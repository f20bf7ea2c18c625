output "role_arn" {
  description = "Role that AWS Backup takes backups and copies with, once it may."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.this]
}

output "vault_arn" {
  description = "Vault of this region's own backups, once it is locked."
  value       = aws_backup_vault.this.arn
  depends_on  = [aws_backup_vault_lock_configuration.this]
}

output "vault_name" {
  description = "Name of the vault, once it is locked."
  value       = aws_backup_vault.this.name
  depends_on  = [aws_backup_vault_lock_configuration.this]
}
