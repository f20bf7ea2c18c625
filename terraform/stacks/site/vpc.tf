module "vpc" {
  source = "../../modules/vpc"

  account_id = var.account_id
  cidr       = var.network.cidr
  name       = var.name
  nat        = var.network.nat
  region     = var.region
  subnets    = var.network.subnets

  flow_logs = {
    kms_key_arn    = var.base.kms_key_arns["logs"]
    retention_days = var.network.flow_log_retention_days
  }
}
