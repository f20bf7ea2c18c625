mock_provider "aws" {
  override_during = plan

  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/shop-test/queue/jobs" }
  }
}

variables {
  name       = "shop-test"
  parameters = { "queue/jobs" = { value = "shop-test-jobs", description = "Queue of the worker's jobs." } }
  tags       = { Team = "shop" }
}

run "a_parameter_is_found_by_environment_and_key" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.this["queue/jobs"].name == "/shop-test/queue/jobs"
    error_message = "The name is /<name>/<key>."
  }

  assert {
    condition     = aws_ssm_parameter.this["queue/jobs"].tags == tomap({ Name = "/shop-test/queue/jobs", Team = "shop" })
    error_message = "The Name tag is the parameter's name; given tags stay."
  }

  assert {
    condition     = output.prefix == "/shop-test" && output.parameter_arns == { "queue/jobs" = "arn:aws:ssm:eu-central-1:111122223333:parameter/shop-test/queue/jobs" }
    error_message = "Consumers get the prefix and the ARNs."
  }
}

run "a_value_is_plain_text_that_a_plan_shows" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.this["queue/jobs"].type == "String" && nonsensitive(aws_ssm_parameter.this["queue/jobs"].insecure_value) == "shop-test-jobs"
    error_message = "Nothing here is secret."
  }

  assert {
    condition     = !coalesce(aws_ssm_parameter.this["queue/jobs"].overwrite, false)
    error_message = "What stands already is not overwritten."
  }
}
