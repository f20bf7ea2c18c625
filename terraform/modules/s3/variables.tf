variable "account_id" {
  description = "Account that owns the buckets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the AWS account."
  }
}

# The limits of lifecycles:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
variable "buckets" {
  description = "Buckets by purpose: full name, encryption (kms or s3) and after how many days what happens to an object; null means never."
  type = map(object({
    name       = string
    encryption = optional(string, "kms")
    lifecycle = optional(object({
      intelligent_tiering_after_days = optional(number)
      standard_ia_after_days         = optional(number)
      glacier_after_days             = optional(number)
      expire_after_days              = optional(number)
      noncurrent_expire_after_days   = optional(number, 30)
      abort_multipart_after_days     = optional(number, 7)
    }), {})
  }))
  nullable = false

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; dots are legal but break TLS names.
  validation {
    condition = alltrue([
      for bucket in values(var.buckets) :
      can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", bucket.name))
      && !can(regex("^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|--x-s3|--table-s3)$", bucket.name))
    ])
    error_message = "Bucket names have 3 to 63 lower-case letters, digits and hyphens, and none of the beginnings and ends that AWS keeps for itself: ${join(", ", values(var.buckets)[*].name)}."
  }

  validation {
    condition     = length(distinct(values(var.buckets)[*].name)) == length(var.buckets)
    error_message = "Two purposes can't share a bucket name: ${join(", ", values(var.buckets)[*].name)}."
  }

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : contains(["kms", "s3"], bucket.encryption)])
    error_message = "A bucket's encryption is \"kms\" (the customer managed key) or \"s3\" (keys of S3, for the log bucket)."
  }

  validation {
    condition = alltrue(flatten([
      for bucket in values(var.buckets) : [
        for days in values(bucket.lifecycle) : floor(days) == days && days >= 0 if days != null
      ]
    ]))
    error_message = "Lifecycles count whole days from 0."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) :
      bucket.lifecycle.noncurrent_expire_after_days >= 1
      && bucket.lifecycle.abort_multipart_after_days >= 1
      && (bucket.lifecycle.expire_after_days == null ? true : bucket.lifecycle.expire_after_days >= 1)
    ])
    error_message = "Expiry, of current and of older versions, and the end of unfinished uploads take at least 1 day."
  }

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.lifecycle.standard_ia_after_days == null ? true : bucket.lifecycle.standard_ia_after_days >= 30])
    error_message = "S3 moves an object to Standard-IA after 30 days at the earliest: write standard_ia_after_days of 30 or more."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) :
      bucket.lifecycle.intelligent_tiering_after_days == null || bucket.lifecycle.standard_ia_after_days == null
    ])
    error_message = "Intelligent-Tiering does what Standard-IA would do, and S3 can't go back from it: keep one of intelligent_tiering_after_days and standard_ia_after_days."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) :
      anytrue([bucket.lifecycle.standard_ia_after_days == null, bucket.lifecycle.glacier_after_days == null])
      ? true : bucket.lifecycle.glacier_after_days >= bucket.lifecycle.standard_ia_after_days + 30
    ])
    error_message = "An object stays in Standard-IA for 30 days at least: write glacier_after_days of standard_ia_after_days + 30 or more."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) :
      anytrue([bucket.lifecycle.intelligent_tiering_after_days == null, bucket.lifecycle.glacier_after_days == null])
      ? true : bucket.lifecycle.glacier_after_days > bucket.lifecycle.intelligent_tiering_after_days
    ])
    error_message = "Glacier comes after Intelligent-Tiering: write a larger glacier_after_days."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) : bucket.lifecycle.expire_after_days == null ? true : alltrue([
        for days in [
          bucket.lifecycle.intelligent_tiering_after_days,
          bucket.lifecycle.standard_ia_after_days,
          bucket.lifecycle.glacier_after_days,
        ] : bucket.lifecycle.expire_after_days > days if days != null
      ])
    ])
    error_message = "An object can't move after it expired: write expire_after_days larger than every transition of its bucket."
  }
}

variable "cdn" {
  description = "Purposes of the buckets that CloudFront reads, for any distribution of the account."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.cdn, keys(var.buckets))) == 0
    error_message = "cdn names a purpose that has no bucket here: keep to ${join(", ", keys(var.buckets))}."
  }

  validation {
    condition     = var.log_bucket == null ? true : !contains(var.cdn, var.log_bucket)
    error_message = "cdn names the log bucket: logs are for nobody outside."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key for buckets with encryption kms, in the buckets' region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": write the ARN of a key (S3 doesn't follow a moved alias)."
  }
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html: the target takes SSE-S3 only.
variable "log_bucket" {
  description = "Purpose of the bucket that receives the access logs of the others and of load balancers; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.log_bucket == null ? true : contains(keys(var.buckets), var.log_bucket)
    error_message = "log_bucket names no bucket: write one of ${join(", ", keys(var.buckets))}."
  }

  validation {
    condition     = var.log_bucket == null ? true : try(var.buckets[var.log_bucket].encryption, "s3") == "s3"
    error_message = "S3 delivers access logs only to a bucket with encryption \"s3\"."
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
  description = "Region of the buckets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region such as eu-central-1."
  }
}

variable "replication" {
  description = "Other region's buckets by purpose, and the key there that encrypts the replicas; null for no replication."
  type = object({
    bucket_arns = map(string)
    kms_key_arn = string
    region      = string
  })
  default = null

  validation {
    condition     = var.replication == null ? true : var.replication.region != var.region
    error_message = "Replication goes to another region than ${var.region}."
  }

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:aws:kms:${var.replication.region}:[0-9]{12}:key/", var.replication.kms_key_arn))
    error_message = "replication.kms_key_arn is the ARN of a key in the region that receives the replicas."
  }

  validation {
    condition     = var.replication == null ? true : alltrue([for purpose in keys(var.replication.bucket_arns) : contains(keys(var.buckets), purpose)])
    error_message = "replication.bucket_arns names a purpose that has no bucket here: keep to ${join(", ", keys(var.buckets))}."
  }

  validation {
    condition     = var.replication == null ? true : alltrue([for purpose in keys(var.replication.bucket_arns) : try(var.buckets[purpose].encryption, "kms") == "kms"])
    error_message = "Only buckets with encryption \"kms\" are replicated: take the others out of replication.bucket_arns."
  }

  validation {
    condition     = var.replication == null ? true : alltrue([for arn in values(var.replication.bucket_arns) : can(regex("^arn:aws:s3:::[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", arn))])
    error_message = "replication.bucket_arns holds bucket ARNs: arn:aws:s3:::<bucket>."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
