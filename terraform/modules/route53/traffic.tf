locals {
  # Both addresses of each name: the distribution speaks IPv6, too.
  cdn_records = {
    for pair in setproduct([var.domain, "www.${var.domain}"], ["A", "AAAA"]) : join(" ", pair) => { name = pair[0], type = pair[1] }
    if var.cdn != null
  }

  origins = {
    for role, origin in { primary = try(var.origins.primary, null), secondary = try(var.origins.secondary, null) } : role => origin
    if origin != null
  }
}

resource "aws_route53_record" "cdn" {
  for_each = local.cdn_records

  zone_id = var.zone_id
  name    = each.value.name
  type    = each.value.type

  alias {
    name                   = var.cdn.domain_name
    zone_id                = var.cdn.zone_id
    evaluate_target_health = false # Route 53 can't: a distribution has no health
  }
}

# Traffic moves only when somebody moves it, so no health of a target is looked at: a region that answers slowly for a
# minute must not lose its shop to one that has no writable database, and one that has no instances yet must get it
# when it is told to. The API reference asks for true; the service takes false where there is a health check
# (https://github.com/boto/boto/pull/1473).
#
# A failover record even where there is no secondary yet: it can't stand beside a simple one, and would have to take
# its place. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html
resource "aws_route53_record" "origin" {
  #checkov:skip=CKV2_AWS_23:the load balancers belong to other stacks
  for_each = local.origins

  zone_id         = var.zone_id
  name            = "origin.${var.domain}"
  type            = "A"
  set_identifier  = each.key
  health_check_id = each.key == "primary" ? one(aws_route53_health_check.switch[*].id) : null

  alias {
    name                   = each.value.dns_name
    zone_id                = each.value.zone_id
    evaluate_target_health = false
  }

  failover_routing_policy {
    type = upper(each.key)
  }
}
