module "kms" {
  source = "../../modules/kms"

  account_id           = var.account_id
  deletion_window_days = var.deletion_protection ? 30 : 7
  keys                 = var.kms_keys
  name                 = var.name
}
