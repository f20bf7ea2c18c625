variable "cdn" {
  description = "Distribution that answers for the domain and for www below it: CloudFront's name of it, and the hosted zone of such names."
  type = object({
    domain_name = string
    zone_id     = string
  })
  default = null

  validation {
    condition     = var.cdn == null || can(regex("^[a-z0-9]+\\.cloudfront\\.net$", var.cdn.domain_name))
    error_message = "cdn.domain_name is \"${try(var.cdn.domain_name, "")}\": write CloudFront's own name of the distribution, such as d111111abcdef8.cloudfront.net."
  }

  # https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html (HostedZoneId)
  validation {
    condition     = var.cdn == null || try(var.cdn.zone_id == "Z2FDTNDATAQYW2", false)
    error_message = "cdn.zone_id is \"${try(var.cdn.zone_id, "")}\": all distributions are in the zone Z2FDTNDATAQYW2."
  }
}

variable "certificate_authorities" {
  description = "Domains of the authorities that may issue certificates for the domain and below."
  type        = set(string)
  default     = ["amazon.com"] # ACM: https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
  nullable    = false

  validation {
    condition     = length(var.certificate_authorities) > 0
    error_message = "Without an authority no certificate can be issued at all: name at least amazon.com."
  }

  validation {
    condition     = alltrue([for authority in var.certificate_authorities : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", authority))])
    error_message = "An authority is written as its domain: amazon.com."
  }
}

variable "domain" {
  description = "Domain of the shop, without a dot at the end."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain)) && length(var.domain) <= 232
    error_message = "domain is \"${var.domain}\": write a name such as shop.example.com, lower-case, without a dot at the end, of at most 232 characters."
  }
}

variable "egress_ips" {
  description = "Public addresses from which each region calls out, by region; a region without any gets no record."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for region in keys(var.egress_ips) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "egress_ips is keyed by region: ${join(", ", keys(var.egress_ips))}."
  }

  validation {
    condition     = alltrue([for ip in flatten([for ips in values(var.egress_ips) : tolist(ips)]) : can(cidrnetmask("${ip}/32"))])
    error_message = "egress_ips holds IPv4 addresses: ${join(", ", flatten([for ips in values(var.egress_ips) : tolist(ips)]))}."
  }
}

variable "mail" {
  description = "Who may send mail as the domain; by default nobody."
  type = object({
    dmarc = optional(string, "v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s")
    spf   = optional(string, "v=spf1 -all")
  })
  default  = {}
  nullable = false

  # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
  validation {
    condition     = startswith(var.mail.spf, "v=spf1 ") && length(var.mail.spf) <= 255
    error_message = "mail.spf begins with \"v=spf1 \" and has at most 255 characters."
  }

  validation {
    condition     = startswith(var.mail.dmarc, "v=DMARC1; p=") && length(var.mail.dmarc) <= 255
    error_message = "mail.dmarc begins with \"v=DMARC1; p=\" and has at most 255 characters."
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

variable "origins" {
  description = "Load balancers behind origin.<domain>, each by its name and the hosted zone of that name. The secondary answers only while the switch says so."
  type = object({
    primary = object({
      dns_name = string
      zone_id  = string
    })
    secondary = optional(object({
      dns_name = string
      zone_id  = string
    }))
  })
  default = null

  validation {
    condition = var.origins == null || alltrue([
      for origin in [try(var.origins.primary, null), try(var.origins.secondary, null)] :
      can(regex("^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", origin.dns_name)) && can(regex("^Z[A-Z0-9]{1,31}$", origin.zone_id)) if origin != null
    ])
    error_message = "An origin is a load balancer's name, without a dot at the end, and its hosted zone, such as Z215JYRZR1TBD5."
  }

  validation {
    condition     = try(var.origins.secondary, null) == null || try(var.origins.secondary.dns_name != var.origins.primary.dns_name, false)
    error_message = "origins.secondary is the primary once more: name the load balancer of the other region."
  }
}

variable "probe" {
  description = "Path that Route 53's health checkers ask the shop for by HTTPS, from all over the world; null asks nothing."
  type        = object({ path = optional(string, "/health") })
  default     = null

  validation {
    condition     = var.probe == null || can(regex("^/[^\\s]{0,254}$", var.probe.path))
    error_message = "probe.path is \"${try(var.probe.path, "")}\": write a path of at most 255 characters, such as /health."
  }

  validation {
    condition     = var.probe == null || var.cdn != null
    error_message = "probe asks the domain, which leads nowhere without cdn."
  }
}

variable "switch" {
  description = "Alarm that moves origin.<domain> to the secondary while it is on, and the region that it stands in."
  type = object({
    alarm_name = string
    region     = string
  })
  default = null

  validation {
    condition     = var.switch == null || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.switch.region)) && try(length(var.switch.alarm_name) >= 1 && length(var.switch.alarm_name) <= 256, false)
    error_message = "switch is an alarm's name and the code of its region, such as eu-west-1."
  }

  # A switch that moves to nowhere would answer nobody; a secondary without a switch would never answer.
  validation {
    condition     = (var.switch == null) == (try(var.origins.secondary, null) == null)
    error_message = "switch and origins.secondary belong together: give both or neither."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each health check gets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "zone_id" {
  description = "Hosted zone of the domain."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id is \"${var.zone_id}\": write the id alone, such as Z0123456789ABCDEFGHIJ."
  }
}
