variable "account_id" {
  description = "Account of the environment; the provider refuses any other."
  type        = string
  nullable    = false
}

variable "backup" {
  description = "Daily backups: when, for how long, the copy in the other region (null without one), and what the vaults refuse; only the active region makes any."
  type = object({
    copy = optional(object({
      retention_days = number
      vault_arn      = string
    }))
    lock = optional(object({
      max_retention_days = number
      min_retention_days = number
    }))
    plan_enabled   = bool
    retention_days = number
    schedule       = string
    selection_arns = set(string)
  })
  nullable = false
}

variable "buckets" {
  description = "Buckets by purpose: full name, encryption (kms or s3) and after how many days what happens to an object; null means never."
  type = map(object({
    name       = string
    encryption = string
    lifecycle = object({
      intelligent_tiering_after_days = optional(number)
      standard_ia_after_days         = optional(number)
      glacier_after_days             = optional(number)
      expire_after_days              = optional(number)
      noncurrent_expire_after_days   = number
      abort_multipart_after_days     = number
    })
  }))
  nullable = false
}

variable "cdn_buckets" {
  description = "Purposes of the buckets that CloudFront may read."
  type        = set(string)
  nullable    = false
}

variable "certificate" {
  description = "Domain of the region's certificate; with a zone, this stack keeps the record that validates it in every region."
  type = object({
    domain  = string
    zone_id = optional(string)
  })
  nullable = false
}

variable "cloud" {
  description = "Where the environment lives: aws or local."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["aws", "local"], var.cloud)
    error_message = "cloud is \"${var.cloud}\": write aws or local."
  }
}

variable "deletion_protection" {
  description = "Whether deleted keys and secrets can be restored for 30 days; false deletes secrets at once and keys after 7 days."
  type        = bool
  nullable    = false
}

variable "env" {
  description = "Name of the environment, the end of every name's prefix."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.name, "-${var.env}")
    error_message = "name is \"${var.name}\" but env is \"${var.env}\": a name is <project>-<env>."
  }
}

variable "given_secrets" {
  description = "Secrets by purpose that an operator gives a value to, with their description. Only the primary region has any."
  type        = map(string)
  nullable    = false
}

variable "has_dr" {
  description = "Whether there is a second region, whose backups are copied here and to which the shop can move."
  type        = bool
  nullable    = false
}

variable "kms_keys" {
  description = "Customer managed keys by purpose, the AWS service principals and the roles that may use each; data encrypts what is kept."
  type = map(object({
    description = string
    grantees    = set(string)
    services    = set(string)
  }))
  nullable = false

  validation {
    condition     = contains(keys(var.kms_keys), "data")
    error_message = "kms_keys needs the purpose data: buckets and secrets are encrypted with it."
  }
}

variable "name" {
  description = "Prefix of every name, <project>-<env>."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the stack."
  type        = string
  nullable    = false
}

variable "replication" {
  description = "The other region's buckets by purpose and its key for the replicas; null where nothing is replicated."
  type = object({
    bucket_arns = map(string)
    kms_key_arn = string
    region      = string
  })
}

variable "secret_replica_regions" {
  description = "Regions in which the secrets can be read too."
  type        = set(string)
  nullable    = false
}

variable "secrets" {
  description = "Secrets by purpose; their values are made by AWS and pass through no file. Only the primary region has any."
  type        = map(object({ description = string, length = number }))
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  nullable    = false
}
