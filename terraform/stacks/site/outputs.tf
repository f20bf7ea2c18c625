output "nat_public_ips" {
  description = "Addresses that the shop is seen under from outside, by availability zone."
  value       = module.vpc.nat_public_ips
}

output "queue_arns" {
  description = "Queues by purpose."
  value       = module.sqs.queue_arns
}

output "queue_urls" {
  description = "Addresses of the queues by purpose."
  value       = module.sqs.queue_urls
}

output "subnet_ids" {
  description = "Subnets by key, such as public-a."
  value       = module.vpc.subnet_ids
}

output "vpc_id" {
  description = "The VPC."
  value       = module.vpc.vpc_id
}
