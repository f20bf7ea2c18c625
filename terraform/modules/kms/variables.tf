variable "account_id" {
  description = "Account that owns the keys; services may use them only on its behalf."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the AWS account."
  }
}

variable "deletion_window_days" {
  description = "Days between the order to delete a key and its end; until then the order can be taken back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30 && floor(var.deletion_window_days) == var.deletion_window_days
    error_message = "deletion_window_days is ${var.deletion_window_days}: AWS takes whole days from 7 to 30."
  }
}

variable "keys" {
  description = "Keys by purpose, the AWS service principals that may use each one for this account, and the roles that may also hand it on to what AWS makes for them."
  type = map(object({
    description = string
    grantees    = optional(set(string), [])
    services    = optional(set(string), [])
  }))
  nullable = false

  validation {
    condition     = alltrue([for purpose in keys(var.keys) : can(regex("^[a-z][a-z0-9-]*$", purpose)) && length("alias/${var.name}-${purpose}") <= 256])
    error_message = "A key's purpose becomes a part of its alias: write lower-case letters, digits and hyphens, beginning with a letter (alias at most 256 characters)."
  }

  validation {
    condition     = alltrue([for key in values(var.keys) : length(key.description) >= 1 && length(key.description) <= 8192])
    error_message = "Each key needs a description of 1 to 8192 characters that says what it encrypts."
  }

  validation {
    condition = alltrue([
      for service in flatten([for key in values(var.keys) : tolist(key.services)]) :
      can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)?\\.amazonaws\\.com$", service))
    ])
    error_message = "A service is written as its principal: cloudwatch.amazonaws.com, logs.eu-central-1.amazonaws.com."
  }

  # CloudWatch Logs has one principal for each region, and signs with no other.
  validation {
    condition     = !anytrue([for key in values(var.keys) : contains(key.services, "logs.amazonaws.com")])
    error_message = "CloudWatch Logs uses a key as the principal of its region: write logs.<region>.amazonaws.com."
  }

  validation {
    condition = alltrue([
      for grantee in flatten([for key in values(var.keys) : tolist(key.grantees)]) :
      can(regex("^arn:aws:iam::${var.account_id}:role/[\\w+=,.@/-]+$", grantee))
    ])
    error_message = "A grantee is a role of this account, by its ARN and without *: arn:aws:iam::${var.account_id}:role/<path><name>."
  }

  # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: EventBridge sends no source account.
  validation {
    condition     = !anytrue([for key in values(var.keys) : contains(key.services, "events.amazonaws.com")])
    error_message = "EventBridge can't use a key that is limited to one account: let its rule send to a target that does."
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

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
