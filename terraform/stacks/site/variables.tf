variable "account_id" {
  description = "Account of the environment; the provider refuses every other."
  type        = string
  nullable    = false
}

variable "base" {
  description = "What this region's base stack gives: its keys by purpose."
  type = object({
    kms_key_arns = map(string)
  })
  nullable = false

  validation {
    condition     = alltrue([for purpose in ["logs", "messaging"] : contains(keys(var.base.kms_key_arns), purpose)])
    error_message = "base.kms_key_arns needs the keys `logs` and `messaging`."
  }
}

variable "cloud" {
  description = "Where the environment lives: `aws` or `local`. Only decides how the provider writes S3 addresses."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["aws", "local"], var.cloud)
    error_message = "cloud is \"${var.cloud}\": write aws or local."
  }
}

variable "env" {
  description = "Name of the environment."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Prefix of every name: <project>-<environment>."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.name, "-${var.env}")
    error_message = "name is \"${var.name}\": it must end in \"-${var.env}\", the environment's name."
  }
}

variable "network" {
  description = "The VPC of this region."
  type = object({
    cidr                    = string
    flow_log_retention_days = number
    nat                     = string
    subnets = map(object({
      availability_zone = string
      cidr              = string
      tier              = string
    }))
  })
  nullable = false
}

variable "queues" {
  description = "Queues by purpose."
  type = map(object({
    dead_letter_retention_seconds = number
    max_receive_count             = number
    message_retention_seconds     = number
    visibility_timeout_seconds    = number
  }))
  nullable = false
}

variable "region" {
  description = "Region that the stack stands in."
  type        = string
  nullable    = false
}

variable "role" {
  description = "What the region is at present: `active`, with capacity and a writable database, or `standby`, the pilot light."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["active", "standby"], var.role)
    error_message = "role is \"${var.role}\": write active or standby."
  }
}

variable "tags" {
  description = "Tags of every resource: Project, Environment, Stack, ManagedBy, CostCenter, Owner."
  type        = map(string)
  nullable    = false
}
