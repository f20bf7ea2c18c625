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

variable "zone_id" {
  description = "Hosted zone of the domain."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id is \"${var.zone_id}\": write the id alone, such as Z0123456789ABCDEFGHIJ."
  }
}
