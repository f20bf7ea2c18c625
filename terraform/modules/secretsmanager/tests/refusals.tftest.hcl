# A mock provider has no ephemeral resources, so the real one plans here, against the cloud that AWS_ENDPOINT_URL names.
provider "aws" {
  region = "eu-central-1"
}

variables {
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  secrets     = { app = { description = "Key that signs sessions." } }
}

run "a_secret_that_is_drawn_and_given_is_refused" {
  command = plan
  variables { given = { app = "Key that signs sessions." } }
  expect_failures = [var.given]
}

run "a_given_secret_that_looks_like_the_end_of_an_arn_is_refused" {
  command = plan
  variables { given = { "payment-abc123" = "Key of the payment provider." } }
  expect_failures = [var.given]
}

run "a_given_secret_that_does_not_say_who_reads_it_is_refused" {
  command = plan
  variables { given = { operator = "" } }
  expect_failures = [var.given]
}

run "an_alias_in_place_of_the_key_is_refused" {
  command = plan
  variables { kms_key_arn = "alias/aws/secretsmanager" }
  expect_failures = [var.kms_key_arn]
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}

run "a_window_of_less_than_a_week_is_refused" {
  command = plan
  variables { recovery_window_days = 6 }
  expect_failures = [var.recovery_window_days]
}

run "a_window_of_a_week_is_accepted" {
  command = plan
  variables { recovery_window_days = 7 }

  assert {
    condition     = aws_secretsmanager_secret.this["app"].recovery_window_in_days == 7
    error_message = "The window goes to the secret as it was given."
  }
}

run "deletion_at_once_is_accepted" {
  command = plan
  variables { recovery_window_days = 0 }

  assert {
    condition     = aws_secretsmanager_secret.this["app"].recovery_window_in_days == 0
    error_message = "0 goes to the secret as it was given."
  }
}

run "a_window_of_31_days_is_refused" {
  command = plan
  variables { recovery_window_days = 31 }
  expect_failures = [var.recovery_window_days]
}

run "a_purpose_that_looks_like_the_end_of_an_arn_is_refused" {
  command = plan
  variables { secrets = { "payment-abc123" = { description = "Key of the payment provider." } } }
  expect_failures = [var.secrets]
}

run "a_purpose_with_a_hyphen_is_accepted" {
  command = plan
  variables { secrets = { "payment-key" = { description = "Key of the payment provider." } } }

  assert {
    condition     = aws_secretsmanager_secret.this["payment-key"].name == "shop-test/payment-key"
    error_message = "The purpose ends the name."
  }
}

run "a_secret_that_does_not_say_who_reads_it_is_refused" {
  command = plan
  variables { secrets = { app = { description = "" } } }
  expect_failures = [var.secrets]
}

run "a_zone_in_place_of_a_region_is_refused" {
  command = plan
  variables { replica_regions = ["eu-west-1a"] }
  expect_failures = [var.replica_regions]
}

run "a_copy_in_the_secret_s_own_region_is_refused" {
  command = plan
  variables { replica_regions = ["eu-central-1"] }
  expect_failures = [var.replica_regions]
}

run "a_copy_in_another_region_is_accepted" {
  command = plan
  variables { replica_regions = ["eu-west-1"] }

  assert {
    condition     = [for replica in aws_secretsmanager_secret.this["app"].replica : replica.region] == ["eu-west-1"]
    error_message = "The region goes to the secret as it was given."
  }
}

run "a_secret_that_can_be_guessed_is_refused" {
  command = plan
  variables { secrets = { app = { description = "Key that signs sessions.", length = 31 } } }
  expect_failures = [var.secrets]
}

run "a_secret_as_short_as_mysql_wants_it_is_accepted" {
  command = plan
  variables { secrets = { database = { description = "Password of the database.", length = 41 } } }

  assert {
    condition     = var.secrets.database.length == 41
    error_message = "The length is taken as it is given."
  }
}
