locals {
  identifier          = "${var.name}-g${var.generation}"
  replica_identifiers = { for number in range(1, var.read_replicas + 1) : "r${number}" => "${local.identifier}-r${number}" }
  is_standby          = var.source_arn != null
  username            = "shop"
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Subnets of the databases of ${var.name}."
  subnet_ids  = values(var.subnet_ids)

  tags = merge(var.tags, { Name = var.name })
}

# The value passes through memory only: neither plan nor state nor log has it. It has no condition of its own, because
# `terraform show -json` 1.11 crashes on one ("unsupported resource mode 69"); RDS refuses what it can't take.
ephemeral "aws_secretsmanager_secret_version" "password" {
  count = local.is_standby ? 0 : 1

  secret_id = var.secret_arn
}

# The database that takes writes, or the replica of another region's. Its name carries the generation, so that a restored
# database never needs the name of the one that it replaces; subnets, parameters and security group serve every generation.
resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118:enhanced monitoring is on unless var.monitoring turns it off, and checkov doesn't follow its default
  #checkov:skip=CKV_AWS_161:the application signs in with the password from Secrets Manager; no second way in is opened
  identifier = local.identifier

  engine         = var.engine.name
  engine_version = var.engine.version
  instance_class = var.instance_class

  replicate_source_db = var.source_arn
  db_name             = local.is_standby ? null : var.database_name
  username            = local.is_standby ? null : local.username
  password_wo         = one(ephemeral.aws_secretsmanager_secret_version.password[*].secret_string)
  password_wo_version = local.is_standby ? null : var.secret_version

  allocated_storage     = local.is_standby ? null : var.storage.size_gib # a replica is as large as its source
  iops                  = var.storage.iops
  kms_key_id            = var.kms_key_arn
  max_allocated_storage = var.storage.max_size_gib
  storage_encrypted     = true
  storage_throughput    = var.storage.throughput_mibps
  storage_type          = "gp3"

  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  db_subnet_group_name   = aws_db_subnet_group.this.name
  multi_az               = var.multi_az
  parameter_group_name   = aws_db_parameter_group.this.name
  port                   = local.engine.port
  publicly_accessible    = false
  vpc_security_group_ids = [aws_security_group.this.id]

  # A replica is not backed up: its source is, and promotion begins with its own backup.
  backup_retention_period = local.is_standby ? 0 : var.backup.retention_days
  backup_window           = local.is_standby ? null : var.backup.window
  copy_tags_to_snapshot   = true

  # What is agreed to in a plan happens when it is applied, and not in some later night.
  apply_immediately          = true
  auto_minor_version_upgrade = true
  maintenance_window         = var.maintenance_window

  enabled_cloudwatch_logs_exports       = local.engine.log_types
  monitoring_interval                   = var.monitoring.enhanced_interval_seconds
  monitoring_role_arn                   = one(aws_iam_role.monitoring[*].arn)
  performance_insights_enabled          = local.insights.enabled
  performance_insights_kms_key_id       = local.insights.kms_key_arn
  performance_insights_retention_period = local.insights.retention_days

  deletion_protection       = var.deletion_protection
  final_snapshot_identifier = "${local.identifier}-final"
  skip_final_snapshot       = local.is_standby || !var.deletion_protection # RDS takes none of a replica

  tags = merge(var.tags, { Name = local.identifier })

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]

  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (PreferredBackupWindow,
  # PreferredMaintenanceWindow)
  lifecycle {
    precondition {
      condition     = local.backup_minutes.length >= 30 && local.maintenance_minutes.length >= 30
      error_message = "backup.window is ${var.backup.window} and maintenance_window ${var.maintenance_window}: RDS takes no less than half an hour for each."
    }

    precondition {
      condition     = !local.windows_overlap
      error_message = "backup.window is ${var.backup.window} and maintenance_window ${var.maintenance_window}: RDS takes no windows that overlap."
    }
  }
}

# Replicas beside the database, to read from. RDS gives them the source's subnets and key, and takes no others.
resource "aws_db_instance" "replica" {
  #checkov:skip=CKV_AWS_118:enhanced monitoring is on unless var.monitoring turns it off, and checkov doesn't follow its default
  #checkov:skip=CKV_AWS_133:the source is backed up
  #checkov:skip=CKV_AWS_157:a replica that fails is one reader less; the source has its standby
  #checkov:skip=CKV_AWS_161:the application signs in with the password from Secrets Manager; no second way in is opened
  #checkov:skip=CKV_AWS_293:a replica holds nothing that its source doesn't, and comes and goes with read_replicas
  for_each = local.replica_identifiers

  identifier          = each.value
  instance_class      = var.instance_class
  replicate_source_db = aws_db_instance.this.identifier

  iops                  = var.storage.iops
  max_allocated_storage = var.storage.max_size_gib
  storage_encrypted     = true
  storage_throughput    = var.storage.throughput_mibps
  storage_type          = "gp3"

  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  multi_az               = false
  parameter_group_name   = aws_db_parameter_group.this.name
  port                   = local.engine.port
  publicly_accessible    = false
  vpc_security_group_ids = [aws_security_group.this.id]

  apply_immediately          = true
  auto_minor_version_upgrade = true
  backup_retention_period    = 0
  copy_tags_to_snapshot      = true
  maintenance_window         = var.maintenance_window

  enabled_cloudwatch_logs_exports       = local.engine.log_types
  monitoring_interval                   = var.monitoring.enhanced_interval_seconds
  monitoring_role_arn                   = one(aws_iam_role.monitoring[*].arn)
  performance_insights_enabled          = local.insights.enabled
  performance_insights_kms_key_id       = local.insights.kms_key_arn
  performance_insights_retention_period = local.insights.retention_days

  deletion_protection = false
  skip_final_snapshot = true # RDS takes none of a replica

  tags = merge(var.tags, { Name = each.value })

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.monitoring]
}
