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

variable "region" {
  description = "Region of CloudFront's control plane, certificates and alarms."
  type        = string
  nullable    = false

  validation {
    condition     = var.region == "us-east-1"
    error_message = "region is \"${var.region}\": CloudFront is run from us-east-1, and so is this stack."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  nullable    = false
}
