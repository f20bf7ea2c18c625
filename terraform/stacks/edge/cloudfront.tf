# What the CDN says to the load balancers. CloudFront takes no write-only value, so the state holds it.
data "aws_secretsmanager_secret_version" "origin_verify" {
  secret_id = "${var.name}/origin"
}

module "cloudfront" {
  source = "../../modules/cloudfront"

  account_id      = var.account_id
  aliases         = var.cdn.aliases
  app             = { domain_name = "origin.${var.dns.domain}" }
  certificate_arn = module.acm.certificate_arn
  domain          = var.dns.domain
  name            = var.name
  origin_secret   = data.aws_secretsmanager_secret_version.origin_verify.secret_string
  price_class     = var.cdn.price_class
  region          = var.region
  static          = var.cdn.static
  web_acl_arn     = module.waf.web_acl_arn
}
