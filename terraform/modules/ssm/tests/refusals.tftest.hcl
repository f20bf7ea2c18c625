mock_provider "aws" {}

variables {
  name       = "shop-test"
  parameters = { "queue/jobs" = { value = "jobs", description = "Queue of the worker's jobs." } }
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}

run "a_name_that_aws_keeps_for_itself_is_refused" {
  command = plan
  variables { name = "aws-shop" }
  expect_failures = [var.name]
}

run "a_name_with_aws_inside_is_accepted" {
  command = plan
  variables { name = "shop-aws" }

  assert {
    condition     = aws_ssm_parameter.this["queue/jobs"].name == "/shop-aws/queue/jobs"
    error_message = "Only the beginning is reserved."
  }
}

run "a_key_that_begins_with_a_slash_is_refused" {
  command = plan
  variables { parameters = { "/queue" = { value = "jobs", description = "Queue." } } }
  expect_failures = [var.parameters]
}

run "a_key_with_a_space_is_refused" {
  command = plan
  variables { parameters = { "queue jobs" = { value = "jobs", description = "Queue." } } }
  expect_failures = [var.parameters]
}

run "a_key_of_fifteen_levels_is_refused" {
  command = plan
  variables { parameters = { "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o" = { value = "jobs", description = "Queue." } } }
  expect_failures = [var.parameters]
}

run "a_key_of_fourteen_levels_is_accepted" {
  command = plan
  variables { parameters = { "a/b/c/d/e/f/g/h/i/j/k/l/m/n" = { value = "jobs", description = "Queue." } } }

  assert {
    condition     = aws_ssm_parameter.this["a/b/c/d/e/f/g/h/i/j/k/l/m/n"].tier == "Standard"
    error_message = "AWS takes fifteen levels with the environment's."
  }
}

run "an_empty_value_is_refused" {
  command = plan
  variables { parameters = { queue = { value = "", description = "Queue." } } }
  expect_failures = [var.parameters]
}

run "a_value_of_4097_characters_is_refused" {
  command = plan
  variables { parameters = { queue = { value = format("%04097d", 0), description = "Queue." } } }
  expect_failures = [var.parameters]
}

run "a_value_of_4096_characters_is_accepted" {
  command = plan
  variables { parameters = { queue = { value = format("%04096d", 0), description = "Queue." } } }

  assert {
    condition     = length(aws_ssm_parameter.this["queue"].insecure_value) == 4096
    error_message = "The standard tier takes 4 KiB."
  }
}

run "a_reference_to_another_parameter_is_refused" {
  command = plan
  variables { parameters = { queue = { value = "{{ssm:other}}", description = "Queue." } } }
  expect_failures = [var.parameters]
}

run "a_parameter_that_does_not_say_who_reads_it_is_refused" {
  command = plan
  variables { parameters = { queue = { value = "jobs", description = "" } } }
  expect_failures = [var.parameters]
}
