module "s3" {
  source = "../../modules/s3"

  account_id  = var.account_id
  buckets     = var.buckets
  cdn         = var.cdn_buckets
  kms_key_arn = module.kms.key_arns["data"]
  log_bucket  = contains(keys(var.buckets), "logs") ? "logs" : null
  name        = var.name
  region      = var.region
  replication = var.replication
}
