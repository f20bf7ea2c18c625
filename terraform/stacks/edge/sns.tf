module "sns" {
  source = "../../modules/sns"

  account_id  = var.account_id
  emails      = var.alerts.emails
  kms_key_arn = module.kms.key_arns["alerts"]
  name        = local.edge_name
  region      = var.region
}
