variable "app" {
  description = "How the instances are asked: port, path that answers 200 when they are well, and for how long their server keeps an idle connection."
  type = object({
    health_path        = optional(string, "/health")
    keep_alive_seconds = optional(number, 75)
    port               = optional(number, 8000)
  })
  default  = {}
  nullable = false

  # Source: Elastic Load Balancing API Reference, CreateTargetGroup (HealthCheckPath).
  validation {
    condition     = can(regex("^/[^ ]*$", var.app.health_path)) && length(var.app.health_path) <= 1024
    error_message = "app.health_path is \"${var.app.health_path}\": write a path that begins with /, such as /health."
  }

  validation {
    condition     = var.app.port >= 1 && var.app.port <= 65535 && floor(var.app.port) == var.app.port
    error_message = "app.port is ${var.app.port}: write a port, 1 to 65535."
  }
}

variable "certificate_arn" {
  description = "Certificate of the region. Waited for, 15 minutes at most, until it is issued."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:acm:${var.region}:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "certificate_arn is \"${var.certificate_arn}\": name an ACM certificate of ${var.region} by its ARN."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted until this is turned off."
  type        = bool
  default     = true
  nullable    = false
}

variable "deregistration_delay_seconds" {
  description = "For how long an instance that leaves may finish what it has begun."
  type        = number
  default     = 60
  nullable    = false

  # Source: Elastic Load Balancing API Reference, TargetGroupAttribute (deregistration_delay.timeout_seconds).
  validation {
    condition     = var.deregistration_delay_seconds >= 0 && var.deregistration_delay_seconds <= 3600
    error_message = "deregistration_delay_seconds is ${var.deregistration_delay_seconds}: write 0 to 3600."
  }
}

variable "idle_timeout_seconds" {
  description = "How long the load balancer keeps a connection on which nothing is said. Shorter than app.keep_alive_seconds."
  type        = number
  default     = 60
  nullable    = false

  # Source: Elastic Load Balancing API Reference, LoadBalancerAttribute (idle_timeout.timeout_seconds).
  validation {
    condition     = var.idle_timeout_seconds >= 1 && var.idle_timeout_seconds <= 4000
    error_message = "idle_timeout_seconds is ${var.idle_timeout_seconds}: write 1 to 4000."
  }

  # A server that closes first does so while a request is on its way, and the customer reads 502.
  # Source: Application Load Balancer User Guide, "Troubleshoot", section "HTTP 502: Bad gateway".
  validation {
    condition     = var.idle_timeout_seconds < var.app.keep_alive_seconds
    error_message = "idle_timeout_seconds is ${var.idle_timeout_seconds} and app.keep_alive_seconds is ${var.app.keep_alive_seconds}: the load balancer must let go first, or customers read 502. Raise keep_alive_seconds of the server and here."
  }
}

variable "log_bucket" {
  description = "Bucket of the region, with S3's own encryption, that access logs go to, under alb/."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.log_bucket))
    error_message = "log_bucket is \"${var.log_bucket}\": write a bucket's name, without s3:// and without a path."
  }
}

variable "maintenance" {
  description = "Whether customers read a maintenance page, with status 503, instead of reaching the instances."
  type        = bool
  default     = false
  nullable    = false
}

variable "name" {
  description = "Name of the load balancer and its target group: <project>-<environment>."
  type        = string
  nullable    = false

  # ELB takes 32 characters, and no name that begins with "internal-".
  # Source: Elastic Load Balancing API Reference, CreateLoadBalancer (Name).
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name)) && !startswith(var.name, "internal-")
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter, not with \"internal-\", and not ending with a hyphen."
  }
}

variable "origin_secret" {
  description = "What CloudFront sends in X-Origin-Verify. Without it everybody reads 403."
  type        = string
  nullable    = false
  sensitive   = true

  # ELB takes 128 characters, of which * and ? stand for others.
  # Source: Elastic Load Balancing API Reference, HttpHeaderConditionConfig.
  validation {
    condition     = can(regex("^[A-Za-z0-9]{16,128}$", var.origin_secret))
    error_message = "origin_secret must be 16 to 128 letters and digits; its value is not shown here."
  }
}

variable "region" {
  description = "Region that the load balancer stands in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region's code, such as eu-central-1."
  }
}

variable "subnet_ids" {
  description = "Public subnets by availability zone, two at least."
  type        = map(string)
  nullable    = false

  # Source: Elastic Load Balancing API Reference, CreateLoadBalancer (Subnets).
  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids has ${length(var.subnet_ids)} zone(s): a load balancer needs subnets of two availability zones at least."
  }

  validation {
    condition     = alltrue([for zone in keys(var.subnet_ids) : startswith(zone, var.region)])
    error_message = "subnet_ids has the zones ${join(", ", keys(var.subnet_ids))}: all must be zones of ${var.region}."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "vpc_id" {
  description = "VPC of the subnets."
  type        = string
  nullable    = false
}
