output "bucket_arns" {
  description = "Bucket ARN by purpose."
  value       = module.s3.bucket_arns
}

output "bucket_names" {
  description = "Bucket name by purpose."
  value       = module.s3.bucket_names
}

output "kms_key_arns" {
  description = "Key ARN by purpose."
  value       = module.kms.key_arns
}

output "secret_arns" {
  description = "Secret ARN by purpose."
  value       = module.secretsmanager.secret_arns
}
