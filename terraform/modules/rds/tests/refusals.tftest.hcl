# What the module refuses before RDS would, each refusal beside a twin that is accepted. A mock provider has no ephemeral
# resources, so the real one plans here, against the cloud that AWS_ENDPOINT_URL names; a replica needs nothing there.

provider "aws" {
  region = "eu-west-1"
}

variables {
  account_id                = "000000000000"
  client_security_group_ids = { app = "sg-0123456789abcdef0" }
  engine                    = { name = "postgres", version = "17" }
  instance_class            = "db.t4g.micro"
  kms_key_arn               = "arn:aws:kms:eu-west-1:000000000000:key/0a1b"
  name                      = "shop-test"
  region                    = "eu-west-1"
  source_arn                = "arn:aws:rds:eu-central-1:000000000000:db:shop-test-g1"
  storage                   = { size_gib = 20 }
  subnet_ids                = { eu-west-1a = "subnet-a", eu-west-1b = "subnet-b" }
  vpc_id                    = "vpc-0123456789abcdef0"
}

run "an_account_id_of_11_digits_is_refused" {
  command         = plan
  expect_failures = [var.account_id]

  variables {
    account_id = "00000000000"
  }
}

run "no_backups_at_all_are_refused" {
  command         = plan
  expect_failures = [var.backup]

  variables {
    backup = { retention_days = 0 }
  }
}

run "backups_for_more_than_35_days_are_refused" {
  command         = plan
  expect_failures = [var.backup]

  variables {
    backup = { retention_days = 36 }
  }
}

run "backups_for_35_days_are_accepted" {
  command = plan

  variables {
    backup = { retention_days = 35 }
  }

  assert {
    condition     = var.backup.retention_days == 35
    error_message = "The days are taken as they are given."
  }
}

run "a_backup_window_with_a_day_is_refused" {
  command         = plan
  expect_failures = [var.backup]

  variables {
    backup = { window = "sun:02:00-sun:02:30" }
  }
}

run "a_backup_window_of_twenty_minutes_is_refused" {
  command         = plan
  expect_failures = [aws_db_instance.this]

  variables {
    backup = { window = "23:50-00:10" }
  }
}

run "a_backup_window_over_midnight_is_accepted" {
  command = plan

  variables {
    backup = { window = "23:50-00:20" }
  }

  assert {
    condition     = local.backup_minutes == { start = 1430, length = 30 }
    error_message = "The day begins anew at midnight."
  }
}

run "a_maintenance_window_without_a_day_is_refused" {
  command         = plan
  expect_failures = [var.maintenance_window]

  variables {
    maintenance_window = "03:00-04:00"
  }
}

run "a_maintenance_window_that_begins_during_the_backup_is_refused" {
  command         = plan
  expect_failures = [aws_db_instance.this]

  variables {
    maintenance_window = "tue:02:29-tue:03:00"
  }
}

run "a_maintenance_window_that_lasts_into_the_backup_is_refused" {
  command         = plan
  expect_failures = [aws_db_instance.this]

  variables {
    maintenance_window = "mon:23:00-tue:02:01"
  }
}

run "a_maintenance_window_over_the_end_of_the_week_into_the_backup_is_refused" {
  command         = plan
  expect_failures = [aws_db_instance.this]

  variables {
    maintenance_window = "sun:23:00-mon:02:01"
  }
}

run "a_maintenance_window_right_after_the_backup_is_accepted" {
  command = plan

  variables {
    maintenance_window = "tue:02:30-tue:03:00"
  }

  assert {
    condition     = aws_db_instance.this.maintenance_window == "tue:02:30-tue:03:00"
    error_message = "Windows that touch don't overlap."
  }
}

run "a_client_with_a_capital_is_refused" {
  command         = plan
  expect_failures = [var.client_security_group_ids]

  variables {
    client_security_group_ids = { App = "sg-0123456789abcdef0" }
  }
}

run "a_database_named_with_a_hyphen_is_refused" {
  command         = plan
  expect_failures = [var.database_name]

  variables {
    database_name = "the-shop"
  }
}

run "a_database_named_with_an_underscore_is_accepted" {
  command = plan

  variables {
    database_name = "the_shop"
  }

  assert {
    condition     = output.database_name == "the_shop"
    error_message = "The name is taken as it is given."
  }
}

run "another_engine_is_refused" {
  command         = plan
  expect_failures = [var.engine]

  variables {
    engine = { name = "mariadb", version = "11.4" }
  }
}

run "a_major_version_of_mysql_without_its_second_number_is_refused" {
  command         = plan
  expect_failures = [var.engine]

  variables {
    engine = { name = "mysql", version = "8" }
  }
}

run "a_version_of_postgresql_with_three_numbers_is_refused" {
  command         = plan
  expect_failures = [var.engine]

  variables {
    engine = { name = "postgres", version = "14.2.1" }
  }
}

run "a_complete_version_is_accepted" {
  command = plan

  variables {
    engine = { name = "postgres", version = "14.22" }
  }

  assert {
    condition     = aws_db_instance.this.engine_version == "14.22" && aws_db_parameter_group.this.family == "postgres14"
    error_message = "The version goes to the database, its major part to the parameters."
  }
}

run "a_generation_before_the_first_is_refused" {
  command         = plan
  expect_failures = [var.generation]

  variables {
    generation = 0
  }
}

run "an_instance_type_of_ec2_is_refused" {
  command         = plan
  expect_failures = [var.instance_class]

  variables {
    instance_class = "t4g.micro"
  }
}

run "a_size_that_its_family_lacks_is_refused" {
  command         = plan
  expect_failures = [var.instance_class]

  variables {
    instance_class = "db.r7g.micro"
  }
}

run "a_class_that_is_out_of_sale_is_refused" {
  command         = plan
  expect_failures = [var.instance_class]

  variables {
    instance_class = "db.t2.micro"
  }
}

run "a_class_of_other_engines_is_refused" {
  command         = plan
  expect_failures = [var.instance_class]

  variables {
    instance_class = "db.z1d.large"
  }
}

run "a_class_that_is_newer_than_the_version_is_refused" {
  command         = plan
  expect_failures = [var.instance_class]

  variables {
    engine         = { name = "postgres", version = "14.8" }
    instance_class = "db.m8g.large"
  }
}

run "a_class_that_is_newer_than_the_version_of_mysql_is_refused" {
  command         = plan
  expect_failures = [var.instance_class]

  variables {
    engine         = { name = "mysql", version = "8.0.31" }
    instance_class = "db.r8g.large"
  }
}

run "a_class_on_the_first_version_that_it_runs_is_accepted" {
  command = plan

  variables {
    engine         = { name = "postgres", version = "14.9" }
    instance_class = "db.m8g.large"
  }

  assert {
    condition     = aws_db_instance.this.instance_class == "db.m8g.large"
    error_message = "From 14.9 on PostgreSQL 14 runs on m8g."
  }
}

run "a_family_that_is_newer_than_the_module_is_left_to_aws" {
  command = plan

  variables {
    instance_class = "db.m12g.large"
  }

  assert {
    condition     = aws_db_instance.this.instance_class == "db.m12g.large"
    error_message = "What the module doesn't know it doesn't refuse."
  }
}

run "a_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:000000000000:key/0a1b"
  }
}

run "a_logs_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.logs]

  variables {
    logs = { kms_key_arn = "arn:aws:kms:eu-central-1:000000000000:key/0a1b" }
  }
}

run "logs_for_100_days_are_refused" {
  command         = plan
  expect_failures = [var.logs]

  variables {
    logs = { retention_days = 100 }
  }
}

run "logs_for_90_days_are_accepted" {
  command = plan

  variables {
    logs = { retention_days = 90 }
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 90])
    error_message = "Each group keeps for as long as asked."
  }
}

run "fewer_connections_than_postgresql_starts_with_are_refused" {
  command         = plan
  expect_failures = [var.max_connections]

  variables {
    max_connections = 5
  }
}

run "as_few_connections_as_postgresql_starts_with_are_accepted" {
  command = plan

  variables {
    max_connections = 6
  }

  assert {
    condition     = var.max_connections == 6
    error_message = "The number is taken as it is given."
  }
}

run "figures_every_20_seconds_are_refused" {
  command         = plan
  expect_failures = [var.monitoring]

  variables {
    monitoring = { enhanced_interval_seconds = 20 }
  }
}

run "performance_insights_for_30_days_are_refused" {
  command         = plan
  expect_failures = [var.monitoring]

  variables {
    monitoring = { performance_insights_days = 30 }
  }
}

run "performance_insights_for_three_months_are_accepted" {
  command = plan

  variables {
    monitoring = { performance_insights_days = 93 }
  }

  assert {
    condition     = aws_db_instance.this.performance_insights_retention_period == 93
    error_message = "Months are 31 days."
  }
}

run "performance_insights_on_a_small_class_of_mysql_are_refused" {
  command         = plan
  expect_failures = [var.monitoring]

  variables {
    engine = { name = "mysql", version = "8.4" }
  }
}

run "a_small_class_of_mysql_without_them_is_accepted" {
  command = plan

  variables {
    engine     = { name = "mysql", version = "8.4" }
    monitoring = { performance_insights_days = 0 }
  }

  assert {
    condition     = !aws_db_instance.this.performance_insights_enabled
    error_message = "0 turns Performance Insights off."
  }
}

run "a_name_with_an_underscore_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop_test"
  }
}

run "a_name_with_two_hyphens_in_a_row_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop--test"
  }
}

run "replicas_of_a_replica_are_refused" {
  command         = plan
  expect_failures = [var.read_replicas]

  variables {
    read_replicas = 1
  }
}

run "a_region_that_is_a_zone_is_refused" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "eu-west-1a"
  }
}

run "a_database_without_a_password_is_refused" {
  command         = plan
  expect_failures = [var.secret_arn]

  variables {
    source_arn = null
  }
}

run "a_secret_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.secret_arn]

  variables {
    secret_arn = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-test/database-0a1b2c"
  }
}

run "half_a_version_of_the_secret_is_refused" {
  command         = plan
  expect_failures = [var.secret_version]

  variables {
    secret_version = 1.5
  }
}

run "a_source_in_the_same_region_is_refused" {
  command         = plan
  expect_failures = [var.source_arn]

  variables {
    source_arn = "arn:aws:rds:eu-west-1:000000000000:db:shop-test-g1"
  }
}

run "a_source_by_its_identifier_is_refused" {
  command         = plan
  expect_failures = [var.source_arn]

  variables {
    source_arn = "shop-test-g1"
  }
}

run "storage_of_less_than_20_gib_is_refused" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { size_gib = 19 }
  }
}

run "storage_that_can_grow_by_less_than_a_tenth_is_refused" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { size_gib = 100, max_size_gib = 109 }
  }
}

run "storage_that_can_grow_by_a_tenth_is_accepted" {
  command = plan

  variables {
    storage = { size_gib = 100, max_size_gib = 110 }
  }

  assert {
    condition     = aws_db_instance.this.max_allocated_storage == 110
    error_message = "The threshold goes to the database."
  }
}

run "more_operations_on_small_storage_are_refused" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { size_gib = 399, iops = 12000 }
  }
}

run "fewer_operations_than_large_storage_has_are_refused" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { size_gib = 400, iops = 3000 }
  }
}

run "more_throughput_than_a_quarter_of_the_operations_is_refused" {
  command         = plan
  expect_failures = [var.storage]

  variables {
    storage = { size_gib = 400, iops = 12000, throughput_mibps = 3001 }
  }
}

run "faster_storage_from_400_gib_on_is_accepted" {
  command = plan

  variables {
    storage = { size_gib = 400, iops = 16000, throughput_mibps = 4000 }
  }

  assert {
    condition     = aws_db_instance.this.iops == 16000 && aws_db_instance.this.storage_throughput == 4000
    error_message = "Operations and throughput go to the database."
  }
}

run "a_single_zone_is_refused" {
  command         = plan
  expect_failures = [var.subnet_ids]

  variables {
    subnet_ids = { eu-west-1a = "subnet-a" }
  }
}

run "a_zone_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.subnet_ids]

  variables {
    subnet_ids = { eu-west-1a = "subnet-a", eu-central-1b = "subnet-b" }
  }
}
