module "rds" {
  source = "../../modules/rds"
  count  = var.database == null ? 0 : 1

  account_id                = var.account_id
  backup                    = var.database.backup
  client_security_group_ids = { app = module.asg.security_group_id }
  deletion_protection       = var.deletion_protection
  engine                    = var.database.engine
  generation                = var.database.generation
  instance_class            = var.database.instance_class
  kms_key_arn               = var.base.kms_key_arns["data"]
  maintenance_window        = var.database.maintenance_window
  max_connections           = var.database.max_connections
  monitoring                = var.database.monitoring
  multi_az                  = var.database.multi_az
  name                      = var.name
  read_replicas             = var.database.read_replicas
  region                    = var.region
  secret_arn                = var.database.source_arn == null ? var.secret_arns["database"] : null
  source_arn                = var.database.source_arn
  storage                   = var.database.storage
  subnet_ids                = module.vpc.db_subnet_ids
  vpc_id                    = module.vpc.vpc_id

  logs = {
    kms_key_arn    = var.base.kms_key_arns["logs"]
    retention_days = var.log_retention_days
  }
}
