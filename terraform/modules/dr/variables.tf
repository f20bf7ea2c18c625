variable "account_id" {
  description = "Account that owns the copies, and the only one that copies in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the AWS account."
  }
}

variable "force_destroy" {
  description = "Whether the vault is deleted with the copies in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "Key of the region that encrypts the copies, and the database that is restored from one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": name a KMS key of ${var.region} by its ARN."
  }
}

# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
variable "lock" {
  description = "Lock of the vault in governance mode: nobody deletes a copy before its time, and its time lies between these days; null for none."
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
    error_message = "lock.min_retention_days is longer than lock.max_retention_days: no copy could enter the vault."
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

variable "region" {
  description = "Region that receives the copies, and the traffic when it is moved."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region such as eu-central-1."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
