# What the module promises, read from planned values. A mock provider has no ephemeral resources, so the real one plans
# here, against the cloud that AWS_ENDPOINT_URL names, in which the first run puts a password.

provider "aws" {
  region = "eu-central-1"
}

variables {
  account_id                = "000000000000"
  client_security_group_ids = { app = "sg-0123456789abcdef0", worker = "sg-0123456789abcdef1" }
  engine                    = { name = "postgres", version = "14" }
  instance_class            = "db.r5.xlarge"
  kms_key_arn               = "arn:aws:kms:eu-central-1:000000000000:key/0a1b"
  name                      = "shop-test"
  read_replicas             = 2
  region                    = "eu-central-1"
  secret_arn                = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-test/database"
  storage                   = { size_gib = 500, max_size_gib = 1000 }
  subnet_ids                = { eu-central-1a = "subnet-a", eu-central-1b = "subnet-b" }
  tags                      = { Team = "shop" }
  vpc_id                    = "vpc-0123456789abcdef0"
}

run "there_is_a_password" {
  command = apply

  module {
    source = "./tests/secret"
  }

  assert {
    condition     = endswith(aws_secretsmanager_secret.this.name, "/database")
    error_message = "The runs below read this secret."
  }
}

run "a_database_is_named_by_its_generation_and_replicas_after_it" {
  command = plan

  variables {
    generation = 3
  }

  assert {
    condition = (
      aws_db_instance.this.identifier == "shop-test-g3" &&
      { for key, replica in aws_db_instance.replica : key => replica.identifier } == { r1 = "shop-test-g3-r1", r2 = "shop-test-g3-r2" }
    )
    error_message = "Identifiers are <name>-g<generation>, and -r1, -r2 after it."
  }

  assert {
    condition     = aws_db_subnet_group.this.name == "shop-test" && aws_db_parameter_group.this.name == "shop-test-postgres14" && aws_security_group.this.name == "shop-test-rds"
    error_message = "What serves every generation doesn't carry one."
  }

  assert {
    condition     = aws_db_instance.this.final_snapshot_identifier == "shop-test-g3-final"
    error_message = "The last snapshot is named after the database."
  }
}

run "the_password_is_in_no_plan" {
  command = plan

  assert {
    condition     = aws_db_instance.this.password_wo == null && aws_db_instance.this.password == null
    error_message = "The password is written, and not kept."
  }

  assert {
    condition     = aws_db_instance.this.password_wo_version == 1 && aws_db_instance.this.username == "shop"
    error_message = "It is written when its version changes, and only then."
  }
}

run "a_password_is_written_again_when_its_version_is_raised" {
  command = plan

  variables {
    secret_version = 2
  }

  assert {
    condition     = aws_db_instance.this.password_wo_version == 2
    error_message = "The secret's version goes to the database."
  }
}

run "everything_is_encrypted_with_the_given_key" {
  command = plan

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == var.kms_key_arn && aws_db_instance.this.performance_insights_kms_key_id == var.kms_key_arn
    error_message = "Storage and Performance Insights have the given key."
  }

  assert {
    condition     = alltrue([for replica in aws_db_instance.replica : replica.storage_encrypted])
    error_message = "Replicas are encrypted as their source is."
  }
}

run "nobody_talks_to_postgresql_in_clear" {
  command = plan

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1"
    error_message = "PostgreSQL refuses connections without TLS."
  }

  assert {
    condition     = aws_db_instance.this.ca_cert_identifier == "rds-ca-rsa2048-g1"
    error_message = "The server's certificate is from the authority that clients know."
  }
}

run "nobody_talks_to_mysql_in_clear_and_the_shop_may_make_triggers" {
  command = plan

  variables {
    engine = { name = "mysql", version = "8.0" }
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "require_secure_transport"]) == "1"
    error_message = "MySQL refuses connections without TLS."
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : parameter.value if parameter.name == "log_bin_trust_function_creators"]) == "1"
    error_message = "With binary logs, whoever is no administrator makes triggers only if this is on."
  }

  assert {
    condition     = aws_db_parameter_group.this.family == "mysql8.0" && aws_db_parameter_group.this.name == "shop-test-mysql8-0"
    error_message = "The parameters are of the engine's major version."
  }

  assert {
    condition     = aws_db_instance.this.port == 3306 && output.port == 3306
    error_message = "MySQL listens on 3306."
  }
}

run "only_clients_reach_the_database_and_it_reaches_nobody" {
  command = plan

  assert {
    condition = { for client, rule in aws_vpc_security_group_ingress_rule.client : client => [rule.referenced_security_group_id, rule.from_port, rule.to_port] } == {
      app    = ["sg-0123456789abcdef0", 5432, 5432]
      worker = ["sg-0123456789abcdef1", 5432, 5432]
    }
    error_message = "Each client is let in on the port, and nobody else."
  }

  assert {
    condition     = { for client, rule in aws_vpc_security_group_egress_rule.client : client => rule.security_group_id } == { app = "sg-0123456789abcdef0", worker = "sg-0123456789abcdef1" }
    error_message = "Each client is let out to the database."
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && alltrue([for replica in aws_db_instance.replica : !replica.publicly_accessible])
    error_message = "No database has a public address."
  }
}

run "a_database_survives_its_zone_its_week_and_its_deletion" {
  command = plan

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.backup_retention_period == 7 && aws_db_instance.this.copy_tags_to_snapshot
    error_message = "By default there is a standby, and backups of seven days."
  }

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "By default it can't be deleted, and not without a last snapshot."
  }
}

run "without_protection_it_goes_without_a_trace" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_db_instance.this.deletion_protection && aws_db_instance.this.skip_final_snapshot
    error_message = "No last snapshot is left behind."
  }
}

run "storage_is_gp3_and_grows_by_itself" {
  command = plan

  assert {
    condition     = aws_db_instance.this.storage_type == "gp3" && aws_db_instance.this.allocated_storage == 500 && aws_db_instance.this.max_allocated_storage == 1000
    error_message = "Storage has the given size, and the given threshold."
  }
}

run "logs_and_figures_are_sent" {
  command = plan

  assert {
    condition     = toset(keys(aws_cloudwatch_log_group.this)) == toset(flatten([for identifier in ["shop-test-g1", "shop-test-g1-r1", "shop-test-g1-r2"] : [for kind in ["postgresql", "upgrade"] : "/aws/rds/instance/${identifier}/${kind}"]]))
    error_message = "Each log of each database has the group that RDS writes to."
  }

  assert {
    condition     = aws_db_instance.this.enabled_cloudwatch_logs_exports == toset(["postgresql", "upgrade"]) && alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 365])
    error_message = "Logs are exported and kept for a year."
  }

  assert {
    condition     = aws_db_instance.this.monitoring_interval == 60 && aws_iam_role.monitoring[0].name == "shop-test-rds-monitoring-eu-central-1" && aws_db_instance.this.performance_insights_retention_period == 7
    error_message = "Figures of the operating system come every minute, by a role of this region."
  }
}

run "the_monitoring_role_is_for_this_account_s_databases_only" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.monitoring[0].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:rds:eu-central-1:000000000000:db:shop-test-*" }
        StringEquals = { "aws:SourceAccount" = "000000000000" }
      }
    }]
    error_message = "No other account's database borrows the role."
  }
}

run "without_figures_there_is_no_role" {
  command = plan

  variables {
    monitoring = { enhanced_interval_seconds = 0 }
  }

  assert {
    condition     = length(aws_iam_role.monitoring) == 0 && length(aws_iam_role_policy_attachment.monitoring) == 0
    error_message = "A role that nobody uses isn't made."
  }
}

run "a_change_happens_when_it_is_applied" {
  command = plan

  assert {
    condition     = aws_db_instance.this.apply_immediately && alltrue([for replica in aws_db_instance.replica : replica.apply_immediately])
    error_message = "Nothing waits for a later night."
  }
}

run "a_replica_of_another_region_brings_neither_user_nor_password" {
  command = plan

  variables {
    read_replicas = 0
    source_arn    = "arn:aws:rds:eu-west-1:000000000000:db:shop-test-g1"
  }

  assert {
    condition     = aws_db_instance.this.replicate_source_db == var.source_arn && aws_db_instance.this.kms_key_id == var.kms_key_arn
    error_message = "It follows its source, under the key of its own region."
  }

  assert {
    condition     = aws_db_instance.this.password_wo_version == null && aws_db_instance.this.backup_retention_period == 0 && aws_db_instance.this.skip_final_snapshot
    error_message = "Password and backups are its source's, and RDS takes no last snapshot of it."
  }
}

run "every_name_is_used_once" {
  command = plan

  assert {
    condition = alltrue([
      for names in [
        concat([aws_db_instance.this.tags.Name], [for replica in aws_db_instance.replica : replica.tags.Name]),
        [for group in aws_cloudwatch_log_group.this : group.tags.Name],
        concat([for rule in aws_vpc_security_group_ingress_rule.client : rule.tags.Name], [for rule in aws_vpc_security_group_egress_rule.client : rule.tags.Name]),
      ] : length(distinct(names)) == length(names)
    ])
    error_message = "Name tags repeat within no type."
  }

  assert {
    condition     = aws_db_instance.this.tags == tomap({ Name = "shop-test-g1", Team = "shop" })
    error_message = "Given tags stay."
  }
}

run "the_engine_counts_connections_unless_a_number_is_given" {
  command = plan

  assert {
    condition     = !contains([for parameter in aws_db_parameter_group.this.parameter : parameter.name], "max_connections")
    error_message = "Without a number the engine derives it from memory."
  }
}

run "a_number_of_connections_waits_for_a_restart" {
  command = plan

  variables {
    max_connections = 200
  }

  assert {
    condition     = one([for parameter in aws_db_parameter_group.this.parameter : [parameter.value, parameter.apply_method] if parameter.name == "max_connections"]) == ["200", "pending-reboot"]
    error_message = "PostgreSQL takes the number when it starts."
  }
}
