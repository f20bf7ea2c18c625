# An alarm reaches only topics of its own region.
module "sns" {
  source = "../../modules/sns"

  account_id  = var.account_id
  emails      = var.alerts.emails
  kms_key_arn = var.base.kms_key_arns["messaging"]
  name        = var.name
  region      = var.region
}
