module "cloudwatch" {
  source = "../../modules/cloudwatch"

  distribution = { id = module.cloudfront.distribution_id }
  kms_key_arn  = module.kms.key_arns["logs"]
  name         = local.edge_name
  region       = var.region
  topic_arn    = module.sns.alerts_topic_arn
}
