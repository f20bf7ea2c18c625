variable "account_id" {
  description = "Account of the web ACL and its logs: 12 digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the account, in quotes."
  }
}

variable "blocked_countries" {
  description = "Countries whose visitors are turned away, by their code of two letters (ISO 3166-1)."
  type        = set(string)
  default     = []
  nullable    = false

  # https://docs.aws.amazon.com/waf/latest/APIReference/API_GeoMatchStatement.html
  validation {
    condition     = alltrue([for country in var.blocked_countries : can(regex("^[A-Z]{2}$", country))])
    error_message = "A country is its code of two capital letters, such as KP: ${join(", ", var.blocked_countries)}."
  }

  # A statement takes 50 codes at most.
  validation {
    condition     = length(var.blocked_countries) <= 50
    error_message = "blocked_countries names ${length(var.blocked_countries)} countries; one rule takes 50."
  }
}

variable "counted_rules" {
  description = "Rules of the managed groups (common, known_bad_inputs, sqli) that only count: for what the shop itself sends and a rule would block."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for group in keys(var.counted_rules) : contains(["common", "known_bad_inputs", "sqli"], group)])
    error_message = "counted_rules is keyed by common, known_bad_inputs or sqli: ${join(", ", keys(var.counted_rules))}."
  }

  # The provider takes 100 overrides for a group.
  validation {
    condition     = alltrue([for rules in var.counted_rules : length(rules) <= 100 && alltrue([for rule in rules : can(regex("^[A-Za-z0-9_]{1,128}$", rule))])])
    error_message = "A rule is written as AWS names it, such as SizeRestrictions_BODY, and a group has 100 at most."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the logs; CloudWatch Logs must be able to use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:us-east-1:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": name a KMS key of us-east-1 by its ARN."
  }
}

variable "log_retention_days" {
  description = "Days that the logs are kept."
  type        = number
  default     = 365
  nullable    = false

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days is ${var.log_retention_days}: CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "name" {
  description = "Prefix of every name, complete: <project>-<environment>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "rate_limit_per_5_minutes" {
  description = "Requests of one address within five minutes, from which on it is blocked until it calms down."
  type        = number
  default     = 1000
  nullable    = false

  # https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
  validation {
    condition     = var.rate_limit_per_5_minutes >= 10 && var.rate_limit_per_5_minutes <= 2000000000
    error_message = "rate_limit_per_5_minutes is ${var.rate_limit_per_5_minutes}: write 10 to 2000000000."
  }
}

variable "region" {
  description = "Region that CloudFront's web ACLs are kept in, which is us-east-1."
  type        = string
  nullable    = false

  # https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html (Scope)
  validation {
    condition     = var.region == "us-east-1"
    error_message = "region is \"${var.region}\": a web ACL for CloudFront stands in us-east-1."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
