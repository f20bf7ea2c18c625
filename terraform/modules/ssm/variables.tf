variable "name" {
  description = "Prefix of every name, <project>-<env>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\": write 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen."
  }

  # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Name)
  validation {
    condition     = !startswith(var.name, "aws") && !startswith(var.name, "ssm")
    error_message = "name is \"${var.name}\": AWS keeps parameters that begin with \"aws\" or \"ssm\" for itself."
  }
}

variable "parameters" {
  description = "Parameters by key; a key is the end of the name, /<name>/<key>. No secrets: the values stand in plans and state."
  type = map(object({
    value       = string
    description = string
  }))
  nullable = false

  # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Name: at most 15 levels)
  validation {
    condition     = alltrue([for key in keys(var.parameters) : can(regex("^[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$", key)) && length(split("/", key)) <= 14])
    error_message = "A key is letters, digits, \"_\", \".\" and \"-\", in at most 14 levels with slashes between: ${join(", ", keys(var.parameters))}."
  }

  validation {
    condition     = alltrue([for key in keys(var.parameters) : length(key) <= 500])
    error_message = "A key has at most 500 characters."
  }

  # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
  validation {
    condition     = alltrue([for parameter in values(var.parameters) : length(parameter.value) >= 1 && length(parameter.value) <= 4096])
    error_message = "Each value has 1 to 4096 characters: ${join(", ", [for key, parameter in var.parameters : key if length(parameter.value) < 1 || length(parameter.value) > 4096])}."
  }

  validation {
    condition     = !anytrue([for parameter in values(var.parameters) : strcontains(parameter.value, "{{")])
    error_message = "A value can't refer to another parameter by {{...}}: AWS refuses it."
  }

  validation {
    condition     = alltrue([for parameter in values(var.parameters) : length(parameter.description) >= 1 && length(parameter.description) <= 1024])
    error_message = "Each parameter needs a description of 1 to 1024 characters that says who reads it."
  }
}

variable "tags" {
  description = "Tags beside the provider's default tags and the Name that each resource gets."
  type        = map(string)
  default     = {}
  nullable    = false
}
