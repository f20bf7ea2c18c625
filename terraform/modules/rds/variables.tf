variable "account_id" {
  description = "Account that the databases stand in: 12 digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the account, in quotes."
  }
}

variable "backup" {
  description = "Days for which automated backups are kept, and the half hour or more of each day, in UTC, in which they are made. A replica's begin when it is promoted."
  type = object({
    retention_days = optional(number, 7)
    window         = optional(string, "02:00-02:30")
  })
  default  = {}
  nullable = false

  # Without backups there are no replicas, and no way back to a moment.
  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (BackupRetentionPeriod)
  validation {
    condition     = contains(range(1, 36), var.backup.retention_days)
    error_message = "backup.retention_days is ${var.backup.retention_days}: keep backups for 1 to 35 whole days."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup.window))
    error_message = "backup.window is \"${var.backup.window}\": write a part of the day in UTC, such as 02:00-02:30."
  }
}

variable "client_security_group_ids" {
  description = "Security groups that reach the databases, by what their members are. Each gets the rule that lets it out."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for purpose in keys(var.client_security_group_ids) : can(regex("^[a-z][a-z0-9-]{0,29}$", purpose))])
    error_message = "A client is named by 1 to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "database_name" {
  description = "Name of the database that is made within the server."
  type        = string
  default     = "shop"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name is \"${var.database_name}\": write 1 to 63 lower-case letters, digits and underscores, beginning with a letter."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database, and takes a last snapshot, <identifier>-final, when it is deleted after all."
  type        = bool
  default     = true
  nullable    = false
}

variable "engine" {
  description = "mysql or postgres, and its version: a major one (8.0, 8.4; 14, 17), of which AWS takes its default and later minor ones, or a complete one."
  type = object({
    name    = string
    version = string
  })
  nullable = false

  validation {
    condition     = contains(["mysql", "postgres"], var.engine.name)
    error_message = "engine.name is \"${var.engine.name}\": write mysql or postgres."
  }

  validation {
    condition     = can(regex({ mysql = "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$", postgres = "^[0-9]{2}(\\.[0-9]+)?$" }[var.engine.name], var.engine.version))
    error_message = "engine.version is \"${var.engine.version}\": write a version such as 8.0 or 8.4.7 for mysql, 14 or 17.6 for postgres."
  }
}

variable "generation" {
  description = "How many times the database was restored, plus one: the end of its identifier."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.generation >= 1 && var.generation <= 99999 && floor(var.generation) == var.generation
    error_message = "generation is ${var.generation}: generations are counted from 1."
  }
}

variable "instance_class" {
  description = "Class of the database and its replicas, such as db.t4g.medium."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z][a-z0-9]*\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class is \"${var.instance_class}\": write a class of RDS, such as db.t4g.medium."
  }

  validation {
    condition = try(
      !contains(local._foreign_families, split(".", var.instance_class)[1]) &&
      contains(lookup(local._class_sizes, split(".", var.instance_class)[1], [split(".", var.instance_class)[2]]), split(".", var.instance_class)[2]),
      true,
    )
    error_message = "instance_class is \"${var.instance_class}\", which RDS does not sell for ${var.engine.name}: see \"Supported DB engines for DB instance classes\" in the RDS User Guide."
  }

  validation {
    condition = try(
      local._minor == null || local._minor >= lookup(lookup(local._first_minors, split(".", var.instance_class)[1], {}), local.family, 0),
      true,
    )
    error_message = "instance_class is \"${var.instance_class}\", on which RDS does not run ${var.engine.name} ${var.engine.version}: write a later minor version, or the major one alone."
  }
}

variable "kms_key_arn" {
  description = "Key of the region that encrypts storage, backups, snapshots and Performance Insights."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": name a KMS key of ${var.region} by its ARN."
  }
}

variable "logs" {
  description = "How long the databases' logs are kept, and the key of the region that encrypts them, which CloudWatch Logs must be let use; null leaves that to AWS's own key."
  type = object({
    kms_key_arn    = optional(string)
    retention_days = optional(number, 365)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.logs.kms_key_arn == null || can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.logs.kms_key_arn))
    error_message = "logs.kms_key_arn is \"${coalesce(var.logs.kms_key_arn, "null")}\": name a KMS key of ${var.region} by its ARN."
  }

  # Source: CloudWatch Logs API Reference, PutRetentionPolicy.
  validation {
    condition = contains(
      [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
      ],
      var.logs.retention_days,
    )
    error_message = "logs.retention_days is ${var.logs.retention_days}: CloudWatch Logs keeps for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "maintenance_window" {
  description = "Half an hour or more of the week, in UTC, in which AWS may patch and restart."
  type        = string
  default     = "sun:03:00-sun:04:00"
  nullable    = false

  validation {
    condition     = can(regex("^((mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9](-|$)){2}$", var.maintenance_window))
    error_message = "maintenance_window is \"${var.maintenance_window}\": write a part of the week in UTC, such as sun:03:00-sun:04:00."
  }
}

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
variable "max_connections" {
  description = "How many connections the database takes; null for what its engine derives from the memory of its class."
  type        = number
  default     = null

  validation {
    condition     = var.max_connections == null ? true : var.max_connections >= 6 && var.max_connections <= 262143 && floor(var.max_connections) == var.max_connections
    error_message = "max_connections is ${coalesce(var.max_connections, 0)}: write a whole number from 6 to 262143."
  }
}

variable "monitoring" {
  description = "Seconds between figures of the operating system, 0 for none; days for which Performance Insights keeps its figures, 0 for none."
  type = object({
    enhanced_interval_seconds = optional(number, 60)
    performance_insights_days = optional(number, 7)
  })
  default  = {}
  nullable = false

  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (MonitoringInterval,
  # PerformanceInsightsRetentionPeriod)
  validation {
    condition     = contains([0, 1, 5, 10, 15, 30, 60], var.monitoring.enhanced_interval_seconds)
    error_message = "monitoring.enhanced_interval_seconds is ${var.monitoring.enhanced_interval_seconds}: write 0, 1, 5, 10, 15, 30 or 60."
  }

  validation {
    condition     = contains(concat([0, 7, 731], [for months in range(1, 24) : months * 31]), var.monitoring.performance_insights_days)
    error_message = "monitoring.performance_insights_days is ${var.monitoring.performance_insights_days}: write 0, 7, a multiple of 31 up to 713, or 731."
  }

  validation {
    condition     = var.monitoring.performance_insights_days == 0 || !contains(try(local._without_insights[var.engine.name], []), var.instance_class)
    error_message = "${var.engine.name} on ${var.instance_class} has no Performance Insights: write performance_insights_days = 0, or take a larger class."
  }
}

variable "multi_az" {
  description = "Whether a standby in a second zone takes over when the database's zone fails."
  type        = bool
  default     = true
  nullable    = false
}

variable "name" {
  description = "Prefix of every name, complete: <project>-<environment>."
  type        = string
  nullable    = false

  # IAM takes 64 characters; the longest name made here adds "-rds-monitoring-<region>".
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }

  validation {
    condition     = !strcontains(var.name, "--")
    error_message = "name is \"${var.name}\": RDS takes no name with two hyphens in a row."
  }
}

variable "read_replicas" {
  description = "How many replicas stand beside the database to read from."
  type        = number
  default     = 0
  nullable    = false

  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
  validation {
    condition     = contains(range(0, 16), var.read_replicas)
    error_message = "read_replicas is ${var.read_replicas}: RDS takes 0 to 15."
  }

  validation {
    condition     = var.read_replicas == 0 || var.source_arn == null
    error_message = "read_replicas is ${var.read_replicas}, but this is itself a replica of ${coalesce(var.source_arn, "another")}: replicas of it wait until it is promoted."
  }
}

variable "region" {
  description = "Region that the databases stand in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region's code, such as eu-central-1."
  }
}

variable "secret_arn" {
  description = "Secret of the region whose value is the master user's password; null for a replica, which has its source's."
  type        = string
  default     = null

  validation {
    condition     = var.secret_arn == null || can(regex("^arn:aws:secretsmanager:${var.region}:[0-9]{12}:secret:.+$", var.secret_arn))
    error_message = "secret_arn is \"${coalesce(var.secret_arn, "null")}\": name a secret of ${var.region} by its ARN."
  }

  validation {
    condition     = var.secret_arn != null || var.source_arn != null
    error_message = "A database that is no replica needs a password: name a secret of ${var.region} as secret_arn."
  }
}

variable "secret_version" {
  description = "Raised to write the secret's present value to the database once more."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.secret_version >= 1 && floor(var.secret_version) == var.secret_version
    error_message = "secret_version is ${var.secret_version}: count from 1."
  }
}

variable "source_arn" {
  description = "Database of another region that this one is a replica of; null for one that takes writes. Once it is null, the replica is promoted."
  type        = string
  default     = null

  validation {
    condition     = var.source_arn == null || can(regex("^arn:aws:rds:[a-z0-9-]+:${var.account_id}:db:[a-z][a-z0-9-]*$", var.source_arn))
    error_message = "source_arn is \"${coalesce(var.source_arn, "null")}\": name a database of account ${var.account_id} by its ARN."
  }

  validation {
    condition     = !startswith(coalesce(var.source_arn, "none"), "arn:aws:rds:${var.region}:")
    error_message = "source_arn is \"${coalesce(var.source_arn, "null")}\", of the same region: read_replicas counts those."
  }
}

variable "storage" {
  description = "gp3 storage: size, and up to what it grows by itself (null: not at all); I/O operations and MiB per second beyond what the size brings, from 400 GiB on."
  type = object({
    iops             = optional(number)
    max_size_gib     = optional(number)
    size_gib         = number
    throughput_mibps = optional(number)
  })
  nullable = false

  # Source of these limits, for MySQL and PostgreSQL:
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html (gp3)
  validation {
    condition     = var.storage.size_gib >= 20 && var.storage.size_gib <= 65536 && floor(var.storage.size_gib) == var.storage.size_gib
    error_message = "storage.size_gib is ${var.storage.size_gib}: RDS takes 20 to 65536 GiB of gp3."
  }

  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
  validation {
    condition     = var.storage.max_size_gib == null || try(var.storage.max_size_gib >= var.storage.size_gib * 1.1 && var.storage.max_size_gib <= 65536, false)
    error_message = "storage.max_size_gib is ${coalesce(var.storage.max_size_gib, 0)}: storage grows by at least a tenth, to at most 65536 GiB; leave it out for storage that doesn't grow."
  }

  validation {
    condition     = var.storage.size_gib >= 400 || (var.storage.iops == null && var.storage.throughput_mibps == null)
    error_message = "storage.size_gib is ${var.storage.size_gib}: below 400 GiB gp3 has 3000 operations and 125 MiB per second, and takes no other; leave iops and throughput_mibps out."
  }

  validation {
    condition = var.storage.size_gib < 400 || (
      try(var.storage.iops >= 12000 && var.storage.iops <= min(64000, 500 * var.storage.size_gib), var.storage.iops == null) &&
      try(var.storage.throughput_mibps >= 500 && var.storage.throughput_mibps <= min(4000, coalesce(var.storage.iops, 12000) / 4), var.storage.throughput_mibps == null)
    )
    error_message = "From 400 GiB on, storage.iops is 12000 to 64000 and at most 500 for each GiB, storage.throughput_mibps 500 to 4000 and at most a quarter of iops."
  }
}

variable "subnet_ids" {
  description = "Subnets of the databases, by availability zone."
  type        = map(string)
  nullable    = false

  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids has ${length(var.subnet_ids)} zone(s): RDS takes no fewer than two, even for a database in one."
  }

  validation {
    condition     = alltrue([for zone in keys(var.subnet_ids) : can(regex("^${var.region}[a-z]$", zone))])
    error_message = "subnet_ids has the zones ${join(", ", keys(var.subnet_ids))}: every one must be of ${var.region}."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "vpc_id" {
  description = "VPC that the subnets lie in."
  type        = string
  nullable    = false
}
