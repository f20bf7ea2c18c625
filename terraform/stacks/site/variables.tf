variable "account_id" {
  description = "Account of the environment; the provider refuses every other."
  type        = string
  nullable    = false
}

variable "alerts" {
  description = "Who gets the region's alerts, by e-mail."
  type        = object({ emails = set(string) })
  nullable    = false
}

variable "base" {
  description = "What this region's base stack gives: its buckets and keys by purpose, and its certificate."
  type = object({
    bucket_arns     = map(string)
    bucket_names    = map(string)
    certificate_arn = string
    kms_key_arns    = map(string)
  })
  nullable = false

  validation {
    condition     = alltrue([for purpose in ["compute", "data", "logs", "messaging"] : contains(keys(var.base.kms_key_arns), purpose)])
    error_message = "base.kms_key_arns needs the keys compute, data, logs and messaging."
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

variable "compute" {
  description = "The application servers: how many, of which type, and the machine image; null before the first ship."
  type = object({
    capacity      = object({ max = number, min = number })
    image_id      = optional(string)
    instance_type = string
    scaling = object({
      steps = optional(object({
        in_after_minutes  = number
        in_below_percent  = number
        instances         = number
        out_above_percent = number
        out_after_minutes = number
      }))
      target_cpu_percent = optional(number)
      warm_up_seconds    = number
    })
    volume_gib = number
  })
  nullable = false
}

variable "control_buckets" {
  description = "Buckets of the control store by region: one, or three of which two decide."
  type        = map(string)
  nullable    = false

  validation {
    condition     = contains([1, 3], length(var.control_buckets))
    error_message = "control_buckets has ${length(var.control_buckets)} buckets: a control store has one or three."
  }
}

variable "database" {
  description = "The region's database, writable or (with a source) a replica; null where a failover would restore it."
  type = object({
    backup = object({
      retention_days = number
      window         = string
    })
    engine = object({
      name    = string
      version = string
    })
    generation         = number
    instance_class     = string
    maintenance_window = string
    max_connections    = number
    monitoring = object({
      enhanced_interval_seconds = number
      performance_insights_days = number
    })
    multi_az      = bool
    read_replicas = number
    source_arn    = optional(string)
    storage = object({
      iops             = optional(number)
      max_size_gib     = optional(number)
      size_gib         = number
      throughput_mibps = optional(number)
    })
  })
}

variable "deletion_protection" {
  description = "Whether database and load balancer refuse to be deleted, and the database leaves a last snapshot."
  type        = bool
  nullable    = false
}

variable "domain" {
  description = "Domain of the shop."
  type        = string
  nullable    = false
}

variable "env" {
  description = "Name of the environment."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the application's logs are kept."
  type        = number
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
    max_age_seconds               = number
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

variable "secret_arns" {
  description = "Secrets by purpose, as this region knows them."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for purpose in ["app", "database", "operator", "origin"] : contains(keys(var.secret_arns), purpose)])
    error_message = "secret_arns needs the purposes app, database, operator and origin."
  }
}

variable "tags" {
  description = "Tags of every resource: Project, Environment, Stack, ManagedBy, CostCenter, Owner."
  type        = map(string)
  nullable    = false
}
