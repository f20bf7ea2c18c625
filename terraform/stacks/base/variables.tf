variable "account_id" {
  description = "Account of the environment; the provider refuses any other."
  type        = string
  nullable    = false
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

variable "kms_keys" {
  description = "Customer managed keys by purpose, and the AWS service principals that may use each; data encrypts buckets and secrets."
  type = map(object({
    description = string
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

variable "secrets" {
  description = "Secrets by purpose; their values are made by AWS and pass through no file."
  type        = map(object({ description = string }))
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  nullable    = false
}
