module "route53" {
  source = "../../modules/route53"

  domain     = var.dns.domain
  egress_ips = var.egress_ips
  name       = var.name
  origins    = var.origins
  switch     = var.switch
  zone_id    = var.dns.zone_id

  cdn = {
    domain_name = module.cloudfront.domain_name
    zone_id     = module.cloudfront.zone_id
  }

  probe = { path = "/health" }
}
