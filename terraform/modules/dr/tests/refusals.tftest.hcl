# What the module refuses before AWS would, each refusal beside a twin that is accepted.

mock_provider "aws" {}

variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b"
  name        = "shop-test"
  region      = "eu-west-1"
}

run "an_account_without_twelve_digits_is_refused" {
  command         = plan
  expect_failures = [var.account_id]
  variables { account_id = "11112222333" }
}

run "a_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]
  variables { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/0a1b" }
}

run "an_alias_in_place_of_the_key_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]
  variables { kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/shop-test-data" }
}

run "another_region_with_its_own_key_is_accepted" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/0a1b"
    region      = "us-east-1"
  }

  assert {
    condition     = output.switch.region == "us-east-1"
    error_message = "The switch stands where traffic moves to."
  }
}

run "a_lock_that_nothing_fits_is_refused" {
  command         = plan
  expect_failures = [var.lock]
  variables { lock = { max_retention_days = 6, min_retention_days = 7 } }
}

run "a_lock_of_no_day_is_refused" {
  command         = plan
  expect_failures = [var.lock]
  variables { lock = { max_retention_days = 365, min_retention_days = 0 } }
}

run "a_lock_of_more_than_a_hundred_years_is_refused" {
  command         = plan
  expect_failures = [var.lock]
  variables { lock = { max_retention_days = 36501, min_retention_days = 7 } }
}

run "a_lock_of_one_length_is_accepted" {
  command = plan
  variables { lock = { max_retention_days = 7, min_retention_days = 7 } }

  assert {
    condition     = aws_backup_vault_lock_configuration.this[0].max_retention_days == 7
    error_message = "The lock is taken as it is given."
  }
}

run "a_name_with_an_underscore_is_refused" {
  command         = plan
  expect_failures = [var.name]
  variables { name = "shop_test" }
}

run "the_longest_name_is_accepted" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:ap-southeast-2:111122223333:key/0a1b"
    name        = "shop-abcdefghijklmnopqrstuvwxyz1"
    region      = "ap-southeast-2"
  }

  assert {
    condition     = length(aws_backup_vault.this.name) <= 50 && length(aws_iam_role.restore.name) <= 64
    error_message = "AWS takes a vault's name of 50 characters, and a role's of 64."
  }
}

run "a_zone_in_place_of_a_region_is_refused" {
  command         = plan
  expect_failures = [var.region]
  variables { region = "eu-west-1a" }
}
