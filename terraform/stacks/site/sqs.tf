module "sqs" {
  source = "../../modules/sqs"

  account_id  = var.account_id
  kms_key_arn = var.base.kms_key_arns["messaging"]
  name        = var.name
  queues      = var.queues
  region      = var.region
}
