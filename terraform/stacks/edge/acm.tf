# Validated by the record that the primary region's base keeps.
module "acm" {
  source = "../../modules/acm"

  domain = var.dns.domain
  name   = local.edge_name
}
