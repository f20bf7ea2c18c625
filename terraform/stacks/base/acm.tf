module "acm" {
  source = "../../modules/acm"

  domain  = var.certificate.domain
  name    = var.name
  zone_id = var.certificate.zone_id
}
