# What the CDN says to the load balancer. A listener rule takes no write-only value, so the state holds it.
data "aws_secretsmanager_secret_version" "origin_verify" {
  secret_id = var.secret_arns["origin"]
}

module "alb" {
  source = "../../modules/alb"

  certificate_arn     = var.base.certificate_arn
  deletion_protection = var.deletion_protection
  log_bucket          = var.base.bucket_names["logs"]
  maintenance         = var.compute.image_id == null
  name                = var.name
  origin_secret       = data.aws_secretsmanager_secret_version.origin_verify.secret_string
  region              = var.region
  subnet_ids          = module.vpc.public_subnet_ids
  vpc_id              = module.vpc.vpc_id
}
