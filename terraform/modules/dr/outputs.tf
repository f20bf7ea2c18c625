output "restore_role_arn" {
  description = "Role that a restore job of AWS Backup takes, once it may."
  value       = aws_iam_role.restore.arn
  depends_on  = [aws_iam_role_policy.restore]
}

output "switch" {
  description = "Alarm and metric that move the traffic to this region: 1 moves it here, 0 back."
  value = {
    alarm_name  = aws_cloudwatch_metric_alarm.switch.alarm_name
    metric_name = local.switch_metric
    namespace   = local.switch_namespace
    region      = var.region
  }
}

output "vault_arn" {
  description = "Vault that receives the other region's backups, once it is locked and lets them in."
  value       = aws_backup_vault.this.arn
  depends_on  = [aws_backup_vault_lock_configuration.this, aws_backup_vault_policy.this]
}

output "vault_name" {
  description = "Name of the vault, once it is locked and lets copies in."
  value       = aws_backup_vault.this.name
  depends_on  = [aws_backup_vault_lock_configuration.this, aws_backup_vault_policy.this]
}
