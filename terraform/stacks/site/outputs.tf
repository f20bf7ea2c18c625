output "alerts_topic_arn" {
  description = "ARN of the topic that the region's alarms publish to."
  value       = module.sns.alerts_topic_arn
}

output "compute" {
  description = "The group of application servers, the numbered launch template that it starts them from, and what they run as."
  value = {
    group_name              = module.asg.group_name
    launch_template_id      = module.asg.launch_template_id
    launch_template_version = module.asg.launch_template_version
    role_arn                = module.asg.role_arn
    security_group_id       = module.asg.security_group_id
  }
}

output "database" {
  description = "The region's database; null where there is none."
  value = one([for database in module.rds : {
    address           = database.address
    arn               = database.arn
    identifier        = database.identifier
    name              = database.database_name
    port              = database.port
    reader_addresses  = database.reader_addresses
    security_group_id = database.security_group_id
    username          = database.username
  }])
}

output "load_balancer" {
  description = "The load balancer and the group that it sends requests to."
  value = {
    arn              = module.alb.arn
    dns_name         = module.alb.dns_name
    target_group_arn = module.alb.target_group_arn
    zone_id          = module.alb.zone_id
  }
}

output "nat_public_ips" {
  description = "Addresses that the shop is seen under from outside, by availability zone."
  value       = module.vpc.nat_public_ips
}

output "parameter_prefix" {
  description = "Where the application's parameters begin."
  value       = module.ssm.prefix
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
