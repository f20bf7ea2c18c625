# What the root itself refuses; the first run is the twin that is accepted: the variables as they are rendered for the
# environment `local`, which come with -var-file.

mock_provider "aws" {}

override_data {
  target = data.aws_secretsmanager_secret_version.origin_verify
  values = { secret_string = "0123456789abcdef0123456789abcdef" }
}

run "what_is_rendered_is_accepted" {
  command = plan

  assert {
    condition     = output.shop_url == "https://local.shop.test"
    error_message = "The shop is at its domain."
  }
}

run "a_region_that_cloudfront_is_not_run_from_is_refused" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "eu-central-1"
  }
}

run "an_unknown_cloud_is_refused" {
  command         = plan
  expect_failures = [var.cloud]

  variables {
    cloud = "azure"
  }
}

run "an_environment_that_is_not_in_the_name_is_refused" {
  command         = plan
  expect_failures = [var.env]

  variables {
    env = "prod"
  }
}
