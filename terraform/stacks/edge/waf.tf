module "waf" {
  source = "../../modules/waf"

  account_id               = var.account_id
  blocked_countries        = var.waf.blocked_countries
  kms_key_arn              = module.kms.key_arns["logs"]
  log_retention_days       = var.waf.log_retention_days
  name                     = var.name
  rate_limit_per_5_minutes = var.waf.rate_limit_per_5_minutes
  region                   = var.region
}
