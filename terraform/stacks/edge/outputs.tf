output "alerts_topic_arn" {
  description = "ARN of the topic that alarms publish to."
  value       = module.sns.alerts_topic_arn
}

output "record_names" {
  description = "Names of the DNS records, sorted."
  value       = module.route53.record_names
}
