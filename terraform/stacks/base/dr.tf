module "dr" {
  source = "../../modules/dr"
  count  = var.has_dr ? 1 : 0

  account_id    = var.account_id
  force_destroy = !var.deletion_protection
  kms_key_arn   = module.kms.key_arns["data"]
  lock          = var.backup.lock
  name          = var.name
  region        = var.region
}
