variable "account_id" {
  description = "Account of the distribution: 12 digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\": write the 12 digits of the account, in quotes."
  }
}

variable "aliases" {
  description = "Names that visitors reach the shop by: the domain itself, or one label below it."
  type        = set(string)
  nullable    = false

  # The certificate is for the domain and *.<domain>, and CloudFront takes no other names.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html#alternate-domain-names-requirements
  validation {
    condition = alltrue([
      for alias in var.aliases : alias == var.domain || can(regex("^(\\*|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$", trimsuffix(alias, ".${var.domain}")))
    ])
    error_message = "The certificate covers ${var.domain} and names one label below it: ${join(", ", var.aliases)}."
  }

  # https://docs.aws.amazon.com/general/latest/gr/cf_region.html (alternate domain names per distribution)
  validation {
    condition     = length(var.aliases) >= 1 && length(var.aliases) <= 100
    error_message = "aliases has ${length(var.aliases)} names: write 1 to 100."
  }
}

variable "app" {
  description = "Where the application answers: a name that is moved to the other region in a failover, how long it may take for an answer, and how long it keeps a connection open."
  type = object({
    domain_name             = string
    keep_alive_seconds      = optional(number, 30) # below the load balancer's idle timeout, which would cut it
    read_timeout_seconds    = optional(number, 30)
    connect_attempts        = optional(number, 2)
    connect_timeout_seconds = optional(number, 5)
  })
  nullable = false

  # A distribution that asks itself answers 508 or worse.
  validation {
    condition     = can(regex("^[a-z0-9.-]+$", var.app.domain_name)) && endswith(var.app.domain_name, ".${var.domain}") && !contains(var.aliases, var.app.domain_name)
    error_message = "app.domain_name is \"${var.app.domain_name}\": write a name below ${var.domain} that isn't an alias of the distribution, such as origin.${var.domain}."
  }

  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
  validation {
    condition = alltrue([
      for seconds in [var.app.keep_alive_seconds, var.app.read_timeout_seconds] : seconds >= 1 && seconds <= 60
    ])
    error_message = "app.keep_alive_seconds and app.read_timeout_seconds are 1 to 60."
  }

  validation {
    condition = (
      var.app.connect_attempts >= 1 && var.app.connect_attempts <= 3
      && var.app.connect_timeout_seconds >= 1 && var.app.connect_timeout_seconds <= 10
    )
    error_message = "app.connect_attempts is 1 to 3, app.connect_timeout_seconds 1 to 10."
  }
}

variable "certificate_arn" {
  description = "Certificate for the domain and *.<domain>; it may still wait for its validation."
  type        = string
  nullable    = false

  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
  validation {
    condition     = can(regex("^arn:aws:acm:us-east-1:${var.account_id}:certificate/.+$", var.certificate_arn))
    error_message = "certificate_arn is \"${var.certificate_arn}\": name a certificate of the account in us-east-1, the only region that CloudFront takes certificates from."
  }
}

variable "content_security_policy" {
  description = "What pages may load and whom they may talk to, unless the application says so itself."
  type        = string
  default     = "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z-]+ ", var.content_security_policy)) && !strcontains(var.content_security_policy, "\n")
    error_message = "content_security_policy is one line of directives, such as default-src 'self'."
  }
}

variable "domain" {
  description = "Domain of the shop, without a dot at the end."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain))
    error_message = "domain is \"${var.domain}\": write a name such as shop.example.com, lower-case, without a dot at the end."
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

variable "origin_secret" {
  description = "What the load balancer asks for in the header X-Origin-Verify."
  type        = string
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]{16,128}$", var.origin_secret))
    error_message = "origin_secret is 16 to 128 letters and digits; its value is not shown here."
  }
}

variable "price_class" {
  description = "Where visitors are served from: PriceClass_100 (Europe, North America), PriceClass_200 (Asia, Africa and the Middle East too) or PriceClass_All."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is \"${var.price_class}\": write PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "region" {
  description = "Region that CloudFront is run from, which is us-east-1."
  type        = string
  nullable    = false

  validation {
    condition     = var.region == "us-east-1"
    error_message = "region is \"${var.region}\": CloudFront is run from us-east-1."
  }
}

variable "static" {
  description = "Buckets by the first part of their paths: static serves /static/*. Each is named by its regional domain name; the failover bucket, a copy in another region, answers when the primary doesn't."
  type = map(object({
    failover = optional(string)
    primary  = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for prefix in keys(var.static) : can(regex("^[a-z][a-z0-9-]{0,29}$", prefix)) && prefix != "api" && prefix != "app"])
    error_message = "The first part of a path is 1 to 30 lower-case letters, digits and hyphens, beginning with a letter; api and app are the application's."
  }

  # The global name would be redirected to the region, past the access control.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html (Origin domain)
  validation {
    condition = alltrue(flatten([
      for buckets in var.static : [
        for domain_name in compact([buckets.primary, buckets.failover]) :
        can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\\.s3\\.[a-z]{2}(-[a-z]+)+-[0-9]\\.amazonaws\\.com$", domain_name))
      ]
    ]))
    error_message = "A bucket is named by its regional domain name: <bucket>.s3.<region>.amazonaws.com."
  }

  validation {
    condition     = alltrue([for buckets in var.static : buckets.primary != buckets.failover])
    error_message = "A bucket can't be its own failover."
  }

  # A distribution takes 25 origins, and the application is one.
  validation {
    condition     = length(flatten([for buckets in var.static : compact([buckets.primary, buckets.failover])])) <= 24
    error_message = "A distribution takes 24 buckets beside the application."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "web_acl_arn" {
  description = "Web ACL that every request passes."
  type        = string
  nullable    = false

  # https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html (WebACLId)
  validation {
    condition     = can(regex("^arn:aws:wafv2:us-east-1:${var.account_id}:global/webacl/[^/]+/[^/]+$", var.web_acl_arn))
    error_message = "web_acl_arn is \"${var.web_acl_arn}\": name a web ACL of the account with the scope CLOUDFRONT by its ARN."
  }
}
