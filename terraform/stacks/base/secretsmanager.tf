module "secretsmanager" {
  source = "../../modules/secretsmanager"

  given                = var.given_secrets
  kms_key_arn          = module.kms.key_arns["data"]
  name                 = var.name
  recovery_window_days = var.deletion_protection ? 30 : 0
  replica_regions      = var.secret_replica_regions
  secrets              = var.secrets
}
