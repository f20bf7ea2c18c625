module "asg" {
  source = "../../modules/asg"

  account_id  = var.account_id
  app_port    = local.app_port
  capacity    = var.compute.capacity
  kms_key_arn = var.base.kms_key_arns["compute"]
  name        = var.name
  region      = var.region
  scaling     = local.scaling
  subnet_ids  = module.vpc.app_subnet_ids
  vpc_id      = module.vpc.vpc_id

  access = {
    bucket_arns_read  = [for purpose in ["assets", "images", "uploads"] : var.base.bucket_arns[purpose]]
    bucket_arns_write = [for purpose in ["images", "uploads"] : var.base.bucket_arns[purpose]]
    kms_key_arns      = [for purpose in ["data", "messaging"] : var.base.kms_key_arns[purpose]]
    log_group_prefix  = "/${var.name}/"
    mail_from         = local.mail_from
    parameter_prefix  = "/${var.name}/"
    queue_arns        = values(module.sqs.queue_arns)
    secret_arns       = values(local.secret_arns)

    control_store = {
      bucket_arns = formatlist("arn:aws:s3:::%s", values(var.control_buckets))
      environment = var.env
    }
  }

  instance = {
    image_id   = var.compute.image_id
    type       = var.compute.instance_type
    volume_gib = var.compute.volume_gib
  }

  load_balancer = {
    security_group_id = module.alb.security_group_id
    target_group_arn  = module.alb.target_group_arn
  }
}
