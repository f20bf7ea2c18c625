mock_provider "aws" {}

variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-prod"
  region      = "us-east-1"
}

run "an_account_that_is_no_number_is_refused" {
  command = plan
  variables { account_id = "shop" }
  expect_failures = [var.account_id]
}

run "a_country_by_its_name_is_refused" {
  command = plan
  variables { blocked_countries = ["North Korea"] }
  expect_failures = [var.blocked_countries]
}

run "a_country_in_lower_case_is_refused" {
  command = plan
  variables { blocked_countries = ["kp"] }
  expect_failures = [var.blocked_countries]
}

run "more_countries_than_a_rule_takes_are_refused" {
  command = plan
  variables {
    blocked_countries = [
      for pair in slice(setproduct(["A", "B", "C"], split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")), 0, 51) : join("", pair)
    ]
  }
  expect_failures = [var.blocked_countries]
}

run "as_many_countries_as_a_rule_takes_are_accepted" {
  command = plan
  variables {
    blocked_countries = [
      for pair in slice(setproduct(["A", "B", "C"], split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")), 0, 50) : join("", pair)
    ]
  }

  assert {
    condition     = length([for rule in aws_wafv2_web_acl.this.rule : rule if rule.name == "blocked-countries"]) == 1
    error_message = "All countries are in one rule."
  }
}

run "a_group_that_the_module_does_not_use_is_refused" {
  command = plan
  variables { counted_rules = { php = ["PHPHighRiskMethodsVariables_BODY"] } }
  expect_failures = [var.counted_rules]
}

run "a_rule_that_is_no_name_is_refused" {
  command = plan
  variables { counted_rules = { common = ["Size Restrictions"] } }
  expect_failures = [var.counted_rules]
}

run "a_key_of_another_region_is_refused" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000" }
  expect_failures = [var.kms_key_arn]
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan
  variables { log_retention_days = 100 }
  expect_failures = [var.log_retention_days]
}

run "a_retention_that_cloudwatch_knows_is_accepted" {
  command = plan
  variables { log_retention_days = 90 }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 90
    error_message = "The group keeps what is written as long as that."
  }
}

run "a_name_in_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Prod" }
  expect_failures = [var.name]
}

run "a_rate_below_ten_is_refused" {
  command = plan
  variables { rate_limit_per_5_minutes = 9 }
  expect_failures = [var.rate_limit_per_5_minutes]
}

run "a_rate_of_ten_is_accepted" {
  command = plan
  variables { rate_limit_per_5_minutes = 10 }

  assert {
    condition     = one([for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].rate_based_statement[0].limit if rule.name == "rate-limit"]) == 10
    error_message = "The limit goes to the rule."
  }
}

run "a_region_other_than_cloudfront_s_is_refused" {
  command = plan
  variables { region = "eu-central-1" }
  expect_failures = [var.region]
}
