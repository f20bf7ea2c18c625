variable "account_id" {
  description = "Account that owns backups and databases."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the AWS account."
  }
}

# AWS Backup makes a copy's lock known only when the copy has failed, so it is given here and asked at once.
variable "copy" {
  description = "Vault in another region that each backup is copied to, for how many days, and that vault's lock; null for no copy."
  type = object({
    retention_days = number
    vault_arn      = string
    lock = optional(object({
      max_retention_days = number
      min_retention_days = number
    }))
  })
  default = null

  validation {
    condition     = var.copy == null ? true : can(regex("^arn:aws:backup:[a-z0-9-]+:${var.account_id}:backup-vault:[a-zA-Z0-9_-]{2,50}$", var.copy.vault_arn))
    error_message = "copy.vault_arn is \"${try(var.copy.vault_arn, "")}\": name a vault of this account by its ARN."
  }

  validation {
    condition     = var.copy == null ? true : !startswith(var.copy.vault_arn, "arn:aws:backup:${var.region}:")
    error_message = "copy.vault_arn lies in ${var.region} too: a copy that outlives the region goes to another one."
  }

  validation {
    condition     = var.copy == null ? true : var.copy.retention_days >= 1 && var.copy.retention_days <= 36500 && floor(var.copy.retention_days) == var.copy.retention_days
    error_message = "copy.retention_days is whole days from 1 to 36500."
  }

  validation {
    condition = try(var.copy.lock, null) == null ? true : (
      var.copy.retention_days >= var.copy.lock.min_retention_days && var.copy.retention_days <= var.copy.lock.max_retention_days
    )
    error_message = "The lock of the vault that receives the copies would fail each one: keep copy.retention_days (${try(var.copy.retention_days, 0)}) between ${try(var.copy.lock.min_retention_days, 0)} and ${try(var.copy.lock.max_retention_days, 0)} days."
  }
}

variable "force_destroy" {
  description = "Whether the vault is deleted with the backups in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "Key of the region that encrypts the vault, and the databases that are backed up."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": name a KMS key of ${var.region} by its ARN."
  }
}

# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
variable "lock" {
  description = "Lock of the vault in governance mode: nobody deletes a backup before its time, and its time lies between these days; null for none."
  type = object({
    max_retention_days = number
    min_retention_days = number
  })
  default = null

  validation {
    condition = var.lock == null ? true : alltrue([
      for days in values(var.lock) : days >= 1 && days <= 36500 && floor(days) == days
    ])
    error_message = "A lock counts whole days from 1 to 36500."
  }

  validation {
    condition     = var.lock == null ? true : var.lock.min_retention_days <= var.lock.max_retention_days
    error_message = "lock.min_retention_days is longer than lock.max_retention_days: no backup could enter the vault."
  }
}

variable "name" {
  description = "Prefix of every name, <project>-<env>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "plan_enabled" {
  description = "Whether backups are taken here by plan: where the database is; the standby keeps its vault only."
  type        = bool
  default     = true
  nullable    = false
}

variable "region" {
  description = "Region of the vault and of what is backed up."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region such as eu-central-1."
  }
}

# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html
variable "retention_days" {
  description = "Days after which a backup is deleted."
  type        = number
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 36500 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is ${var.retention_days}: AWS keeps a backup for whole days from 1 to 36500."
  }

  validation {
    condition     = var.lock == null ? true : var.retention_days >= var.lock.min_retention_days && var.retention_days <= var.lock.max_retention_days
    error_message = "The vault's lock would fail each backup: keep retention_days (${var.retention_days}) between ${try(var.lock.min_retention_days, 0)} and ${try(var.lock.max_retention_days, 0)} days."
  }
}

# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html: of day and weekday, one is a "?".
variable "schedule" {
  description = "When backups begin, as a cron expression of AWS in UTC. RDS takes none in the hour before maintenance."
  type        = string
  default     = "cron(0 3 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^cron\\(([^ ()]+ ){5}[^ ()]+\\)$", var.schedule))
    error_message = "schedule is \"${var.schedule}\": write six fields, cron(minutes hours day month weekday year)."
  }

  validation {
    condition = !can(regex("^cron\\(([^ ()]+ ){5}[^ ()]+\\)$", var.schedule)) ? true : (
      (split(" ", var.schedule)[2] == "?") != (split(" ", var.schedule)[4] == "?")
    )
    error_message = "schedule is \"${var.schedule}\": of day and weekday, exactly one is written as ?."
  }
}

# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html: 30 ARNs with wildcards.
variable "selection_arns" {
  description = "Databases that the plan backs up, as ARNs, with * for what may differ."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.selection_arns : can(regex("^arn:aws:rds:(\\*|${var.region}):${var.account_id}:db:[a-z*][a-z0-9*-]*$", arn))])
    error_message = "selection_arns names databases of this account in ${var.region}: arn:aws:rds:${var.region}:${var.account_id}:db:<identifier>."
  }

  validation {
    condition     = length(var.selection_arns) <= 30
    error_message = "A selection takes 30 ARNs with wildcards, and these are ${length(var.selection_arns)}."
  }

  validation {
    condition     = !var.plan_enabled || length(var.selection_arns) >= 1
    error_message = "A plan that selects nothing backs up nothing: name selection_arns, or set plan_enabled to false."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
