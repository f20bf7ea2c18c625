variable "domain" {
  description = "Domain of the shop, without a dot at the end; the certificate is for it and for every name right below it."
  type        = string
  nullable    = false

  # https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html (DomainName)
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain)) && length(var.domain) <= 64
    error_message = "domain is \"${var.domain}\": write a name such as shop.example.com, lower-case, without a dot at the end, of at most 64 characters."
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

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}

# Null has a meaning here: only one stack of an account may keep the record that all its certificates share.
variable "zone_id" {
  description = "Hosted zone of the domain, where the validation record is put; null where another stack keeps it."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null || can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "zone_id is \"${coalesce(var.zone_id, "null")}\": write the id alone, such as Z0123456789ABCDEFGHIJ."
  }
}
