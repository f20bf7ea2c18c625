variable "account_id" {
  description = "Account that the VPC stands in: 12 digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the account, in quotes."
  }
}

variable "cidr" {
  description = "IPv4 addresses of the VPC, /16 to /28."
  type        = string
  nullable    = false

  validation {
    condition     = try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false) && !strcontains(var.cidr, ":")
    error_message = "cidr is \"${var.cidr}\": write an IPv4 network by its first address, such as 10.0.0.0/16."
  }

  # Source: AWS, VPC User Guide, "VPC CIDR blocks".
  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 28, true)
    error_message = "cidr is \"${var.cidr}\": AWS takes a VPC of /16 to /28."
  }
}

variable "flow_logs" {
  description = "Where the record of accepted and rejected traffic is kept: encrypted with this key, for this long."
  type = object({
    kms_key_arn    = string
    retention_days = number
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:aws:kms:${var.region}:[0-9]{12}:key/.+$", var.flow_logs.kms_key_arn))
    error_message = "flow_logs.kms_key_arn is \"${var.flow_logs.kms_key_arn}\": name a KMS key of ${var.region} by its ARN."
  }

  # Source: CloudWatch Logs API Reference, PutRetentionPolicy.
  validation {
    condition = contains(
      [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
      ],
      var.flow_logs.retention_days,
    )
    error_message = "flow_logs.retention_days is ${var.flow_logs.retention_days}: CloudWatch Logs keeps for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "name" {
  description = "Prefix of every name, complete: <project>-<environment>."
  type        = string
  nullable    = false

  # IAM takes 64 characters; the longest name made here adds "-vpc-flow-<region>".
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }
}

variable "nat" {
  description = "How the app tier reaches the internet: a NAT gateway `per_az`, a `single` one, or `none`."
  type        = string
  default     = "per_az"
  nullable    = false

  validation {
    condition     = contains(["none", "per_az", "single"], var.nat)
    error_message = "nat is \"${var.nat}\": write per_az, single or none."
  }
}

variable "region" {
  description = "Region that the VPC stands in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\": write a region's code, such as eu-central-1."
  }
}

variable "subnets" {
  description = "Subnets by key <tier>-<letter of the zone>: the tiers public, app and db, each in the same two or three zones."
  type = map(object({
    availability_zone = string
    cidr              = string
    tier              = string
  }))
  nullable = false

  validation {
    condition     = alltrue([for subnet in var.subnets : contains(["public", "app", "db"], subnet.tier)])
    error_message = "A subnet's tier is public, app or db."
  }

  validation {
    condition = alltrue([
      for subnet in var.subnets : can(regex("^${var.region}[a-z]$", subnet.availability_zone))
    ])
    error_message = "Every availability_zone must be one of ${var.region}, such as ${var.region}a."
  }

  validation {
    condition = alltrue([
      for key, subnet in var.subnets : key == "${subnet.tier}-${substr(subnet.availability_zone, -1, 1)}"
    ])
    error_message = "A subnet's key is <tier>-<letter of its zone>, such as public-a for tier public in ${var.region}a."
  }

  validation {
    condition = alltrue([
      for place in setproduct(["public", "app", "db"], distinct(values(var.subnets)[*].availability_zone)) :
      contains([for subnet in var.subnets : [subnet.tier, subnet.availability_zone]], [place[0], place[1]])
    ])
    error_message = "Every tier needs a subnet in every zone: public, app and db stand side by side."
  }

  # Load balancers and Multi-AZ databases take no fewer than two; with four, an ACL would pass AWS's 20 rules.
  validation {
    condition     = contains([2, 3], length(distinct(values(var.subnets)[*].availability_zone)))
    error_message = "The subnets lie in ${length(distinct(values(var.subnets)[*].availability_zone))} zone(s); spread them over two or three."
  }

  validation {
    condition = alltrue([
      for subnet in var.subnets : try(cidrhost(subnet.cidr, 0) == split("/", subnet.cidr)[0], false)
    ])
    error_message = "Every subnet's cidr must be an IPv4 network by its first address, such as 10.0.1.0/24."
  }

  # Source: AWS, VPC User Guide, "Subnet CIDR blocks".
  validation {
    condition = alltrue([
      for subnet in var.subnets : try(tonumber(split("/", subnet.cidr)[1]) <= 28, true)
    ])
    error_message = "AWS takes no subnet smaller than /28."
  }

  validation {
    condition = alltrue([
      for subnet in var.subnets : try(
        tonumber(split("/", subnet.cidr)[1]) >= tonumber(split("/", var.cidr)[1]) &&
        cidrhost("${split("/", subnet.cidr)[0]}/${split("/", var.cidr)[1]}", 0) == cidrhost(var.cidr, 0),
        true,
      )
    ])
    error_message = "Every subnet's cidr must lie within the VPC's, ${var.cidr}."
  }

  # Two networks overlap when, cut to the shorter of their prefixes, they are the same.
  validation {
    condition = alltrue(flatten([
      for one, subnet in var.subnets : [
        for two, other in var.subnets : try(
          cidrhost("${split("/", subnet.cidr)[0]}/${split("/", other.cidr)[1]}", 0) != cidrhost(other.cidr, 0),
          true,
        ) if one != two
      ]
    ]))
    error_message = "Two subnets overlap; give each addresses of its own."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
