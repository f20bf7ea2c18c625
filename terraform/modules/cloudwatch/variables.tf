# Null has a meaning in several inputs here: what a stack doesn't have is not watched.

variable "database" {
  description = "Database to watch: its identifier, how many connections it takes, its storage, and whether it replicates another; null for none."
  type = object({
    identifier      = string
    is_replica      = optional(bool, false)
    max_connections = number
    storage_gib     = number
  })
  default = null

  validation {
    condition     = var.database == null || try(var.database.max_connections >= 1 && var.database.storage_gib >= 1, false)
    error_message = "database.max_connections and database.storage_gib are at least 1: the thresholds are a share of them."
  }
}

# An object, because whether there is one must be known before its id is.
variable "distribution" {
  description = "CloudFront distribution to watch, as {id}; null for none."
  type        = object({ id = string })
  default     = null

  # CloudFront reports to us-east-1 only: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
  validation {
    condition     = var.distribution == null || var.region == "us-east-1"
    error_message = "CloudFront reports its metrics to us-east-1 only: watch the distribution from there, not from ${var.region}."
  }
}

variable "group_name" {
  description = "Auto Scaling group to watch; null for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of the customer managed key of the logs; its policy must let logs.<region>.amazonaws.com use it. Needed with log_groups."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is \"${coalesce(var.kms_key_arn, "null")}\": write the ARN of a customer managed key."
  }

  validation {
    condition     = var.kms_key_arn != null || length(var.log_groups) == 0
    error_message = "Log groups are encrypted with a customer managed key: give kms_key_arn."
  }
}

variable "load_balancer" {
  description = "Load balancer and target group to watch, as their ARNs end (app/… and targetgroup/…); null for none."
  type = object({
    arn_suffix              = string
    target_group_arn_suffix = string
  })
  default = null

  validation {
    condition     = var.load_balancer == null || try(startswith(var.load_balancer.arn_suffix, "app/") && startswith(var.load_balancer.target_group_arn_suffix, "targetgroup/"), false)
    error_message = "CloudWatch knows a load balancer by the end of its ARN: app/<name>/<id> and targetgroup/<name>/<id>."
  }
}

variable "log_groups" {
  description = "For how many days logs are kept, by purpose; the group's name is /<name>/<purpose>."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for purpose in keys(var.log_groups) : can(regex("^[a-z][a-z0-9-]*$", purpose))])
    error_message = "A purpose ends a log group's name: write lower-case letters, digits and hyphens, beginning with a letter."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html (retentionInDays)
  validation {
    condition = alltrue([for days in values(var.log_groups) : contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], days,
    )])
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
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

variable "queues" {
  description = "Queues to watch, by purpose: name, name of the dead-letter queue, and how long a message may wait."
  type = map(object({
    dead_letter_name = string
    max_age_seconds  = number
    name             = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for purpose in keys(var.queues) : can(regex("^[a-z][a-z0-9-]*$", purpose))])
    error_message = "A purpose is a part of an alarm's name: write lower-case letters, digits and hyphens, beginning with a letter."
  }

  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html (MessageRetentionPeriod)
  validation {
    condition     = alltrue([for queue in values(var.queues) : queue.max_age_seconds >= 60 && queue.max_age_seconds <= 1209600])
    error_message = "max_age_seconds is from 60, a period of the metric, to 1209600: no message waits longer than 14 days."
  }
}

variable "region" {
  description = "Region of the alarms and logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region such as us-east-1."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "thresholds" {
  description = "From where on an alarm is raised; each has a default."
  type = object({
    cdn_errors_percent   = optional(number, 5)
    connections_percent  = optional(number, 80)
    cpu_percent          = optional(number, 80)
    database_cpu_percent = optional(number, 75)
    errors_per_minute    = optional(number, 100)
    free_storage_percent = optional(number, 15)
    latency_p95_seconds  = optional(number, 1)
    memory_percent       = optional(number, 85)
    replica_lag_seconds  = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for percent in [
        var.thresholds.cdn_errors_percent, var.thresholds.connections_percent, var.thresholds.cpu_percent,
        var.thresholds.database_cpu_percent, var.thresholds.free_storage_percent, var.thresholds.memory_percent,
      ] : percent > 0 && percent < 100
    ])
    error_message = "A threshold in percent is above 0 and below 100: at 100 no alarm is ever raised."
  }

  validation {
    condition     = var.thresholds.errors_per_minute >= 0 && var.thresholds.latency_p95_seconds > 0 && var.thresholds.replica_lag_seconds > 0
    error_message = "errors_per_minute is at least 0, latency_p95_seconds and replica_lag_seconds are above 0."
  }
}

variable "topic_arn" {
  description = "SNS topic of the region that gets every alarm, and hears when it's over."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.topic_arn))
    error_message = "topic_arn is \"${var.topic_arn}\": write the ARN of an SNS topic."
  }

  # CloudWatch refuses a topic of another region: "Invalid region eu-west-1 specified. Only us-east-1 is supported."
  validation {
    condition     = try(split(":", var.topic_arn)[3], "") == var.region
    error_message = "Alarms of ${var.region} can't publish to ${var.topic_arn}: give a topic of their own region."
  }
}
