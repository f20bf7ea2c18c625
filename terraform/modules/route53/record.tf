locals {
  # Nothing here moves in a failover, so resolvers may keep it for an hour.
  ttl_seconds = 3600
}

# Which addresses a partner has to let in: the name stays when an address changes.
resource "aws_route53_record" "egress" {
  #checkov:skip=CKV2_AWS_23:the addresses belong to NAT gateways of another stack
  for_each = { for region, ips in var.egress_ips : region => ips if length(ips) > 0 }

  zone_id = var.zone_id
  name    = "egress.${each.key}.${var.domain}"
  type    = "A"
  ttl     = 300 # an address is replaced together with its NAT gateway
  records = each.value
}

resource "aws_route53_record" "certificate_authority" {
  zone_id = var.zone_id
  name    = var.domain
  type    = "CAA"
  ttl     = local.ttl_seconds
  records = [for authority in var.certificate_authorities : "0 issue \"${authority}\""]
}

resource "aws_route53_record" "spf" {
  zone_id = var.zone_id
  name    = var.domain
  type    = "TXT"
  ttl     = local.ttl_seconds
  records = [var.mail.spf]
}

resource "aws_route53_record" "dmarc" {
  zone_id = var.zone_id
  name    = "_dmarc.${var.domain}"
  type    = "TXT"
  ttl     = local.ttl_seconds
  records = [var.mail.dmarc]
}
