module "cloudwatch" {
  source = "../../modules/cloudwatch"

  group_name  = module.asg.group_name
  kms_key_arn = var.base.kms_key_arns["logs"]
  log_groups  = { for purpose in ["app", "system", "worker"] : purpose => var.log_retention_days }
  name        = var.name
  region      = var.region
  topic_arn   = module.sns.alerts_topic_arn

  database = var.database == null ? null : {
    identifier      = module.rds[0].identifier
    is_replica      = var.database.source_arn != null
    max_connections = var.database.max_connections
    storage_gib     = var.database.storage.size_gib
  }

  load_balancer = {
    arn_suffix              = module.alb.arn_suffix
    target_group_arn_suffix = module.alb.target_group_arn_suffix
  }

  queues = {
    for purpose, name in module.sqs.queue_names : purpose => {
      dead_letter_name = module.sqs.dead_letter_queue_names[purpose]
      max_age_seconds  = var.queues[purpose].max_age_seconds
      name             = name
    }
  }
}
