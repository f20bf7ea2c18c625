module "route53" {
  source = "../../modules/route53"

  domain     = var.dns.domain
  egress_ips = var.egress_ips
  zone_id    = var.dns.zone_id
}
