output "alerts_topic_arn" {
  description = "ARN of the topic that alarms publish to."
  value       = module.sns.alerts_topic_arn
}

output "cdn" {
  description = "The distribution, and the host name under which CloudFront itself knows it."
  value = {
    arn         = module.cloudfront.distribution_arn
    domain_name = module.cloudfront.domain_name
    id          = module.cloudfront.distribution_id
  }
}

output "health_check_ids" {
  description = "Health checks by purpose."
  value       = module.route53.health_check_ids
}

output "record_names" {
  description = "Names of the DNS records, sorted."
  value       = module.route53.record_names
}

output "shop_url" {
  description = "Where the shop is."
  value       = "https://${var.dns.domain}"
}

output "web_acl_arn" {
  description = "The firewall before the CDN."
  value       = module.waf.web_acl_arn
}
