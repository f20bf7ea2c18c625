variable "account_id" {
  description = "Account that the queues stand in: 12 digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the account, in quotes."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the messages."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": name a KMS key of ${var.region} by its ARN."
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

variable "queues" {
  description = "Queues by purpose. Each has a dead-letter queue beside it, which takes a message after max_receive_count failed tries."
  type = map(object({
    dead_letter_retention_seconds = optional(number, 1209600) # 14 days, the longest
    max_receive_count             = optional(number, 5)
    message_retention_seconds     = optional(number, 345600) # 4 days
    visibility_timeout_seconds    = optional(number, 60)
  }))
  default  = {}
  nullable = false

  # SQS takes 80 characters; "<name>-<purpose>-dead-letters" stays within.
  validation {
    condition     = alltrue([for purpose in keys(var.queues) : can(regex("^[a-z][a-z0-9-]{0,29}$", purpose))])
    error_message = "A queue's purpose is 1 to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }

  # The ranges below: Amazon SQS API Reference, SetQueueAttributes.
  validation {
    condition = alltrue([
      for queue in var.queues : queue.visibility_timeout_seconds >= 0 && queue.visibility_timeout_seconds <= 43200
    ])
    error_message = "visibility_timeout_seconds is 0 to 43200 (12 hours)."
  }

  validation {
    condition = alltrue(flatten([
      for queue in var.queues : [
        for seconds in [queue.message_retention_seconds, queue.dead_letter_retention_seconds] :
        seconds >= 60 && seconds <= 1209600
      ]
    ]))
    error_message = "message_retention_seconds and dead_letter_retention_seconds are 60 to 1209600 (14 days)."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.max_receive_count >= 1 && queue.max_receive_count <= 1000])
    error_message = "max_receive_count is 1 to 1000."
  }

  # A message keeps its age when it is moved: a dead-letter queue that keeps no longer would drop it unseen.
  # Source: Amazon SQS Developer Guide, "Using dead-letter queues", section on message retention.
  validation {
    condition = alltrue([
      for queue in var.queues : queue.dead_letter_retention_seconds > queue.message_retention_seconds
    ])
    error_message = "dead_letter_retention_seconds must be longer than message_retention_seconds: a message keeps its age when it is moved."
  }

  # A message that is still being worked on must not expire.
  validation {
    condition = alltrue([
      for queue in var.queues : queue.message_retention_seconds > queue.visibility_timeout_seconds
    ])
    error_message = "message_retention_seconds must be longer than visibility_timeout_seconds."
  }
}

variable "region" {
  description = "Region that the queues stand in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region's code, such as eu-central-1."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
