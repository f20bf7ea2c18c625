variable "given" {
  description = "Secrets that an operator gives a value to, each with its description by purpose; they are made without one."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.given), keys(var.secrets))) == 0
    error_message = "given and secrets both have ${join(", ", setintersection(keys(var.given), keys(var.secrets)))}: a value is drawn or given."
  }

  validation {
    condition = alltrue([
      for purpose in keys(var.given) : can(regex("^[a-z][a-z0-9-]*$", purpose)) && !can(regex("-[a-z0-9]{6}$", purpose))
    ])
    error_message = "A purpose in given is lower-case letters, digits and hyphens, beginning with a letter, and not ending with a hyphen and six characters."
  }

  validation {
    condition     = alltrue([for description in values(var.given) : length(description) >= 1 && length(description) <= 2048])
    error_message = "Each secret in given needs a description of 1 to 2048 characters that says who reads it."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the secrets, in their region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn}\": write the ARN of a customer managed key."
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

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
variable "recovery_window_days" {
  description = "Days in which a deleted secret can be restored, and keeps its name; 0 deletes at once."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_window_days == 0 || contains(range(7, 31), var.recovery_window_days)
    error_message = "recovery_window_days is ${var.recovery_window_days}: AWS takes whole days from 7 to 30, or 0 to delete at once."
  }
}

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
variable "replica_regions" {
  description = "Regions besides the secrets' own that get a copy of each, under the same name and with the same end of the ARN."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.replica_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "replica_regions holds ${join(", ", var.replica_regions)}: write codes of regions, such as eu-west-1."
  }

  validation {
    condition     = !contains(var.replica_regions, try(split(":", var.kms_key_arn)[3], ""))
    error_message = "replica_regions holds the region of kms_key_arn, where the secrets stand themselves: leave it out."
  }
}

variable "secrets" {
  description = "Secrets by purpose, each with its length in letters and digits; the value of each is made once, by AWS, and is known to nobody here."
  type = map(object({
    description = string
    length      = optional(number, 64)
  }))
  nullable = false

  validation {
    # AWS appends a hyphen and six characters to the name in the ARN, and is confused by a name that ends so.
    condition = alltrue([
      for purpose in keys(var.secrets) :
      can(regex("^[a-z][a-z0-9-]*$", purpose)) && length("${var.name}/${purpose}") <= 512 && !can(regex("-[a-z0-9]{6}$", purpose))
    ])
    error_message = "A secret's purpose becomes a part of its name: write lower-case letters, digits and hyphens, beginning with a letter, and not ending with a hyphen and six characters."
  }

  validation {
    condition     = alltrue([for secret in values(var.secrets) : length(secret.description) >= 1 && length(secret.description) <= 2048])
    error_message = "Each secret needs a description of 1 to 2048 characters that says who reads it."
  }

  # 32 letters and digits hold 190 bits; AWS draws up to 4096 characters.
  validation {
    condition     = alltrue([for secret in values(var.secrets) : secret.length >= 32 && secret.length <= 4096 && floor(secret.length) == secret.length])
    error_message = "A secret's length is 32 to 4096 characters."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
