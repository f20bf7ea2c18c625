module "backup" {
  source = "../../modules/backup"

  account_id     = var.account_id
  copy           = var.backup.copy == null ? null : merge(var.backup.copy, { lock = var.backup.lock }) # one lock for all vaults
  force_destroy  = !var.deletion_protection
  kms_key_arn    = module.kms.key_arns["data"]
  lock           = var.backup.lock
  name           = var.name
  plan_enabled   = var.backup.plan_enabled
  region         = var.region
  retention_days = var.backup.retention_days
  schedule       = var.backup.schedule
  selection_arns = var.backup.selection_arns
}
