variable "account_id" {
  description = "Account of the environment; the provider refuses any other."
  type        = string
  nullable    = false
}

variable "alerts" {
  description = "Who gets the alerts, by e-mail."
  type        = object({ emails = set(string) })
  nullable    = false
}

variable "cdn" {
  description = "Names that the CDN answers to, from how many places, and by path the buckets that hold what never changes."
  type = object({
    aliases     = set(string)
    price_class = string
    static = map(object({
      failover = optional(string)
      primary  = string
    }))
  })
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

variable "dns" {
  description = "The shop's domain and the hosted zone that holds its records."
  type = object({
    domain  = string
    zone_id = string
  })
  nullable = false
}

variable "egress_ips" {
  description = "Public addresses from which each region calls out, by region."
  type        = map(set(string))
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

variable "name" {
  description = "Prefix of every name, <project>-<env>."
  type        = string
  nullable    = false
}

variable "origins" {
  description = "The load balancers behind origin.<domain>: the primary region's, and the one that the switch moves to."
  type = object({
    primary   = object({ dns_name = string, zone_id = string })
    secondary = optional(object({ dns_name = string, zone_id = string }))
  })
  nullable = false
}

variable "region" {
  description = "Region of CloudFront's control plane, certificates and alarms."
  type        = string
  nullable    = false

  validation {
    condition     = var.region == "us-east-1"
    error_message = "region is \"${var.region}\": CloudFront is run from us-east-1, and so is this stack."
  }
}

variable "switch" {
  description = "The alarm that moves the shop's traffic to its region; null without a second region."
  type = object({
    alarm_name = string
    region     = string
  })
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  nullable    = false
}

variable "waf" {
  description = "What the firewall refuses, and how long its log is kept."
  type = object({
    blocked_countries        = set(string)
    log_retention_days       = number
    rate_limit_per_5_minutes = number
  })
  nullable = false
}
