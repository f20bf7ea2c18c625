mock_provider "aws" {}

variables {
  account_id = "111122223333"
  name       = "shop-test"
  keys       = { data = { description = "Data at rest." } }
}

run "an_account_without_twelve_digits_is_refused" {
  command = plan
  variables { account_id = "11112222333" }
  expect_failures = [var.account_id]
}

run "a_deletion_within_a_week_is_refused" {
  command = plan
  variables { deletion_window_days = 6 }
  expect_failures = [var.deletion_window_days]
}

run "a_deletion_after_a_week_is_accepted" {
  command = plan
  variables { deletion_window_days = 7 }

  assert {
    condition     = aws_kms_key.this["data"].deletion_window_in_days == 7
    error_message = "The window goes to the key as it was given."
  }
}

run "a_deletion_after_more_than_thirty_days_is_refused" {
  command = plan
  variables { deletion_window_days = 31 }
  expect_failures = [var.deletion_window_days]
}

run "a_deletion_after_part_of_a_day_is_refused" {
  command = plan
  variables { deletion_window_days = 7.5 }
  expect_failures = [var.deletion_window_days]
}

run "a_purpose_that_no_alias_can_hold_is_refused" {
  command = plan
  variables {
    keys = { "data key" = { description = "Data at rest." } }
  }
  expect_failures = [var.keys]
}

run "a_purpose_with_digits_and_hyphens_is_accepted" {
  command = plan
  variables {
    keys = { "data-2" = { description = "Data at rest." } }
  }

  assert {
    condition     = aws_kms_alias.this["data-2"].name == "alias/shop-test-data-2"
    error_message = "The purpose ends the alias."
  }
}

run "a_key_that_does_not_say_what_it_encrypts_is_refused" {
  command = plan
  variables {
    keys = { data = { description = "" } }
  }
  expect_failures = [var.keys]
}

run "a_service_that_is_no_principal_is_refused" {
  command = plan
  variables {
    keys = { data = { description = "Data at rest.", services = ["cloudwatch"] } }
  }
  expect_failures = [var.keys]
}

run "a_service_principal_is_accepted" {
  command = plan
  variables {
    keys = { data = { description = "Data at rest.", services = ["cloudwatch.amazonaws.com"] } }
  }

  assert {
    condition     = jsondecode(aws_kms_key.this["data"].policy).Statement[1].Principal.Service == "cloudwatch.amazonaws.com"
    error_message = "The principal gets a statement of its own."
  }
}

run "cloudwatch_logs_without_its_region_is_refused" {
  command = plan
  variables {
    keys = { logs = { description = "Logs.", services = ["logs.amazonaws.com"] } }
  }
  expect_failures = [var.keys]
}

run "cloudwatch_logs_of_a_region_is_accepted" {
  command = plan
  variables {
    keys = { logs = { description = "Logs.", services = ["logs.eu-central-1.amazonaws.com"] } }
  }

  assert {
    condition     = jsondecode(aws_kms_key.this["logs"].policy).Statement[1].Principal.Service == "logs.eu-central-1.amazonaws.com"
    error_message = "The regional principal gets a statement of its own."
  }
}

run "eventbridge_is_refused_because_it_sends_no_source_account" {
  command = plan
  variables {
    keys = { data = { description = "Data at rest.", services = ["events.amazonaws.com"] } }
  }
  expect_failures = [var.keys]
}

run "a_grantee_that_is_a_user_is_refused" {
  command = plan
  variables {
    keys = { compute = { description = "Disks.", grantees = ["arn:aws:iam::111122223333:user/ada"] } }
  }
  expect_failures = [var.keys]
}

run "a_grantee_of_another_account_is_refused" {
  command = plan
  variables {
    keys = { compute = { description = "Disks.", grantees = ["arn:aws:iam::444455556666:role/ada"] } }
  }
  expect_failures = [var.keys]
}

run "every_role_as_a_grantee_is_refused" {
  command = plan
  variables {
    keys = { compute = { description = "Disks.", grantees = ["arn:aws:iam::111122223333:role/*"] } }
  }
  expect_failures = [var.keys]
}

run "a_service_linked_role_as_a_grantee_is_accepted" {
  command = plan
  variables {
    keys = {
      compute = {
        description = "Disks."
        grantees    = ["arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"]
      }
    }
  }

  assert {
    condition     = length(jsondecode(aws_kms_key.this["compute"].policy).Statement) == 3
    error_message = "A grantee uses the key and hands it on."
  }
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}
