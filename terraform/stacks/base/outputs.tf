output "backup" {
  description = "The vault of this region's own backups, and the role that makes them."
  value = {
    role_arn   = module.backup.role_arn
    vault_arn  = module.backup.vault_arn
    vault_name = module.backup.vault_name
  }
}

output "bucket_arns" {
  description = "Bucket ARN by purpose."
  value       = module.s3.bucket_arns
}

output "bucket_names" {
  description = "Bucket name by purpose."
  value       = module.s3.bucket_names
}

output "certificate_arn" {
  description = "The region's certificate, which may still wait for its validation."
  value       = module.acm.certificate_arn
}

output "dr" {
  description = "What a failover to this region begins with: the vault of copies, the role that restores, and the switch; null without a second region."
  value = one([for dr in module.dr : {
    restore_role_arn = dr.restore_role_arn
    switch           = dr.switch
    vault_arn        = dr.vault_arn
    vault_name       = dr.vault_name
  }])
}

output "kms_key_arns" {
  description = "Key ARN by purpose."
  value       = module.kms.key_arns
}

output "secret_arns" {
  description = "Secret ARN by purpose; in the primary region only."
  value       = module.secretsmanager.secret_arns
}
