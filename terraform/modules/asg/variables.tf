variable "access" {
  description = "What the application may use: buckets to read and to write, its part of the control store, keys, log groups and parameters below a prefix, the address that it sends mail from, queues, secrets."
  type = object({
    bucket_arns_read  = optional(set(string), [])
    bucket_arns_write = optional(set(string), [])
    control_store = optional(object({
      bucket_arns = set(string)
      environment = string
    }))
    kms_key_arns     = optional(set(string), [])
    log_group_prefix = optional(string)
    mail_from        = optional(string)
    parameter_prefix = optional(string)
    queue_arns       = optional(set(string), [])
    secret_arns      = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for arn in setunion(
        var.access.bucket_arns_read, var.access.bucket_arns_write, var.access.kms_key_arns, var.access.queue_arns,
        var.access.secret_arns, try(var.access.control_store.bucket_arns, []),
      ) : can(regex("^arn:aws:[a-z0-9]+:[a-z0-9-]*:[0-9]*:[^*]+$", arn))
    ])
    error_message = "access names buckets, keys, queues and secrets by their whole ARNs, without *."
  }

  # Without the name between the slashes an instance could read every parameter and write every log of the account.
  validation {
    condition = alltrue([
      for prefix in compact([var.access.log_group_prefix, var.access.parameter_prefix]) :
      can(regex("^/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?$", prefix))
    ])
    error_message = "access.log_group_prefix and access.parameter_prefix begin with / and a name, such as /shop-prod."
  }

  # It is a folder in the store; with a * in its place an instance could read every environment's.
  validation {
    condition     = var.access.control_store == null ? true : can(regex("^[a-z0-9-]+$", var.access.control_store.environment))
    error_message = "access.control_store.environment is the environment's name, such as prod."
  }

  validation {
    condition     = var.access.mail_from == null ? true : can(regex("^[a-z0-9._-]+@[a-z0-9.-]+$", var.access.mail_from))
    error_message = "access.mail_from is \"${coalesce(var.access.mail_from, "null")}\": write an address, such as shop@example.com."
  }
}

variable "account_id" {
  description = "Account that the group stands in: 12 digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the account, in quotes."
  }
}

variable "app_port" {
  description = "Port that the application listens on."
  type        = number
  default     = 8000
  nullable    = false

  validation {
    condition     = var.app_port >= 1 && var.app_port <= 65535 && floor(var.app_port) == var.app_port
    error_message = "app_port is ${var.app_port}: write a port, 1 to 65535."
  }
}

variable "capacity" {
  description = "How many instances there are at least and at most. Without an image there are none, whatever is written here."
  type = object({
    max = number
    min = number
  })
  nullable = false

  validation {
    condition = alltrue([
      for size in [var.capacity.min, var.capacity.max] : size >= 0 && size <= 1000 && floor(size) == size
    ])
    error_message = "capacity is ${var.capacity.min} to ${var.capacity.max}: write whole numbers, 0 to 1000."
  }

  validation {
    condition     = var.capacity.min <= var.capacity.max
    error_message = "capacity.min is ${var.capacity.min} and capacity.max is ${var.capacity.max}: min can't be above max."
  }
}

variable "enabled_metrics" {
  description = "Metrics that the group keeps about itself, every minute."
  type        = set(string)
  default = [
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
  ]
  nullable = false

  # Source: Amazon EC2 Auto Scaling API Reference, EnableMetricsCollection.
  validation {
    condition = alltrue([
      for metric in var.enabled_metrics :
      can(regex("^(Group|WarmPool|GroupAndWarmPool)[A-Z][A-Za-z]+(Capacity|Instances|Size)$", metric))
    ])
    error_message = "enabled_metrics has ${join(", ", var.enabled_metrics)}: write names such as GroupInServiceInstances."
  }
}

variable "instance" {
  description = "What is started: instance type, size of the encrypted root volume in GiB, and image; null while there is none."
  type = object({
    image_id   = optional(string)
    type       = string
    volume_gib = optional(number, 20)
  })
  nullable = false

  validation {
    condition     = var.instance.image_id == null || can(regex("^ami-([0-9a-f]{8}|[0-9a-f]{17})$", var.instance.image_id))
    error_message = "instance.image_id is \"${coalesce(var.instance.image_id, "null")}\": write an image's id, ami- and 8 or 17 hexadecimal digits, or null."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.instance.type))
    error_message = "instance.type is \"${var.instance.type}\": write a type, such as t3.small."
  }

  # Below 8 GiB the image doesn't fit. Source: Amazon EBS User Guide, "General Purpose SSD volumes".
  validation {
    condition = (
      var.instance.volume_gib >= 8 && var.instance.volume_gib <= 16384 &&
      floor(var.instance.volume_gib) == var.instance.volume_gib
    )
    error_message = "instance.volume_gib is ${var.instance.volume_gib}: write 8 to 16384."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the volumes. Its policy must let the service-linked role of EC2 Auto Scaling use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": name a KMS key of ${var.region} by its ARN."
  }
}

variable "load_balancer" {
  description = "Load balancer before the instances: its security group and the target group that instances register with. Null: none, the instances have public addresses and CloudFront comes to them."
  type = object({
    security_group_id = string
    target_group_arn  = string
  })
  default = null
}

variable "name" {
  description = "Name of the group and of its launch template: <project>-<environment>."
  type        = string
  nullable    = false

  # IAM takes 64 characters; the longest name made here adds "-app-<region>".
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "region" {
  description = "Region that the group stands in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region's code, such as eu-central-1."
  }
}

variable "scaling" {
  description = "What makes the group grow and shrink: an average CPU that it keeps to, or steps; and how long a new instance takes until it counts."
  type = object({
    steps = optional(object({
      adjustment        = optional(number, 1)
      in_after_minutes  = number
      in_below_percent  = number
      out_above_percent = number
      out_after_minutes = number
    }))
    target_cpu_percent = optional(number)
    warm_up_seconds    = optional(number, 300)
  })
  nullable = false

  validation {
    condition     = (var.scaling.target_cpu_percent == null) != (var.scaling.steps == null)
    error_message = "scaling has ${var.scaling.steps == null ? "neither" : "both"} target_cpu_percent and steps: write exactly one."
  }

  validation {
    condition = (
      var.scaling.target_cpu_percent == null ? true :
      var.scaling.target_cpu_percent >= 10 && var.scaling.target_cpu_percent <= 90
    )
    error_message = "scaling.target_cpu_percent must be 10 to 90: below, the group never shrinks; above, it grows too late."
  }

  validation {
    condition = var.scaling.steps == null ? true : (
      var.scaling.steps.in_below_percent > 0 &&
      var.scaling.steps.in_below_percent < var.scaling.steps.out_above_percent &&
      var.scaling.steps.out_above_percent < 100
    )
    error_message = "scaling.steps: in_below_percent must be above 0 and below out_above_percent, and that below 100."
  }

  # An alarm looks back one day at most. Source: Amazon CloudWatch API Reference, PutMetricAlarm (EvaluationPeriods).
  validation {
    condition = alltrue([
      for minutes in var.scaling.steps == null ? [] : [
        var.scaling.steps.in_after_minutes, var.scaling.steps.out_after_minutes,
      ] : minutes >= 1 && minutes <= 1440 && floor(minutes) == minutes
    ])
    error_message = "scaling.steps: in_after_minutes and out_after_minutes must be 1 to 1440."
  }

  validation {
    condition = var.scaling.steps == null ? true : (
      var.scaling.steps.adjustment >= 1 && floor(var.scaling.steps.adjustment) == var.scaling.steps.adjustment
    )
    error_message = "scaling.steps.adjustment must be a whole number of instances, 1 or more."
  }

  # Source: Amazon EC2 Auto Scaling User Guide, "Set the default instance warmup for an Auto Scaling group".
  validation {
    condition     = var.scaling.warm_up_seconds >= 0 && var.scaling.warm_up_seconds <= 3600
    error_message = "scaling.warm_up_seconds is ${var.scaling.warm_up_seconds}: write 0 to 3600."
  }
}

variable "subnet_ids" {
  description = "Subnets of the instances by availability zone: the app tier behind a load balancer, the public tier without one."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= (var.load_balancer == null ? 1 : 2)
    error_message = "subnet_ids has ${length(var.subnet_ids)} zone(s): behind a load balancer instances stand in two availability zones at least, without one in one."
  }

  validation {
    condition     = alltrue([for zone in keys(var.subnet_ids) : startswith(zone, var.region)])
    error_message = "subnet_ids has the zones ${join(", ", keys(var.subnet_ids))}: all must be zones of ${var.region}."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets. What is started carries them too."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "vpc_id" {
  description = "VPC of the subnets."
  type        = string
  nullable    = false
}
