mock_provider "aws" {}

variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  region      = "us-east-1"
}

run "an_account_without_twelve_digits_is_refused" {
  command = plan
  variables { account_id = "11112222333" }
  expect_failures = [var.account_id]
}

run "an_address_without_a_domain_is_refused" {
  command = plan
  variables { emails = ["ops@example"] }
  expect_failures = [var.emails]
}

run "an_address_is_accepted" {
  command = plan
  variables { emails = ["ops@example.com"] }

  assert {
    condition     = aws_sns_topic_subscription.email["ops@example.com"].protocol == "email"
    error_message = "The address subscribes by mail."
  }
}

run "the_key_of_aws_is_refused_because_alarms_cannot_use_it" {
  command = plan
  variables { kms_key_arn = "alias/aws/sns" }
  expect_failures = [var.kms_key_arn]
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}

run "a_zone_in_place_of_a_region_is_refused" {
  command = plan
  variables { region = "us-east-1a" }
  expect_failures = [var.region]
}
