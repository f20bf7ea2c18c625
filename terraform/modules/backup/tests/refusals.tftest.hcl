# What the module refuses before AWS Backup would, or before a job would fail; each refusal beside a twin that is
# accepted.

mock_provider "aws" {}

variables {
  account_id     = "111122223333"
  kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/0a1b"
  name           = "shop-test"
  region         = "eu-central-1"
  retention_days = 35
  selection_arns = ["arn:aws:rds:eu-central-1:111122223333:db:shop-test-*"]
}

run "an_account_without_twelve_digits_is_refused" {
  command         = plan
  expect_failures = [var.account_id]
  variables { account_id = "11112222333" }
}

run "a_copy_into_the_same_region_is_refused" {
  command         = plan
  expect_failures = [var.copy]

  variables {
    copy = { retention_days = 35, vault_arn = "arn:aws:backup:eu-central-1:111122223333:backup-vault:shop-test-copies" }
  }
}

run "a_copy_into_another_account_is_refused" {
  command         = plan
  expect_failures = [var.copy]

  variables {
    copy = { retention_days = 35, vault_arn = "arn:aws:backup:eu-west-1:444455556666:backup-vault:shop-test-copies" }
  }
}

run "a_vault_s_name_in_place_of_its_arn_is_refused" {
  command         = plan
  expect_failures = [var.copy]

  variables {
    copy = { retention_days = 35, vault_arn = "shop-test-copies" }
  }
}

run "a_copy_that_ends_at_once_is_refused" {
  command         = plan
  expect_failures = [var.copy]

  variables {
    copy = { retention_days = 0, vault_arn = "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies" }
  }
}

run "a_copy_into_another_region_is_accepted" {
  command = plan

  variables {
    copy = { retention_days = 90, vault_arn = "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies" }
  }

  assert {
    condition     = one(one(one(aws_backup_plan.this[0].rule).copy_action).lifecycle).delete_after == 90
    error_message = "The copy has its own retention."
  }
}

run "a_copy_shorter_than_its_vault_s_lock_is_refused" {
  command         = plan
  expect_failures = [var.copy]

  variables {
    copy = {
      lock           = { max_retention_days = 365, min_retention_days = 7 }
      retention_days = 6
      vault_arn      = "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies"
    }
  }
}

run "a_copy_longer_than_its_vault_s_lock_is_refused" {
  command         = plan
  expect_failures = [var.copy]

  variables {
    copy = {
      lock           = { max_retention_days = 365, min_retention_days = 7 }
      retention_days = 366
      vault_arn      = "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies"
    }
  }
}

run "a_copy_at_the_edge_of_its_vault_s_lock_is_accepted" {
  command = plan

  variables {
    copy = {
      lock           = { max_retention_days = 365, min_retention_days = 7 }
      retention_days = 7
      vault_arn      = "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies"
    }
  }

  assert {
    condition     = one(one(one(aws_backup_plan.this[0].rule).copy_action).lifecycle).delete_after == 7
    error_message = "The lock's ends belong to it."
  }
}

run "a_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]
  variables { kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b" }
}

run "a_lock_that_nothing_fits_is_refused" {
  command         = plan
  expect_failures = [var.lock]
  variables { lock = { max_retention_days = 30, min_retention_days = 40 } }
}

run "a_lock_of_part_of_a_day_is_refused" {
  command         = plan
  expect_failures = [var.lock]
  variables { lock = { max_retention_days = 365, min_retention_days = 1.5 } }
}

run "a_lock_of_more_than_a_hundred_years_is_refused" {
  command         = plan
  expect_failures = [var.lock]
  variables { lock = { max_retention_days = 36501, min_retention_days = 1 } }
}

run "a_backup_shorter_than_the_lock_is_refused" {
  command         = plan
  expect_failures = [var.retention_days]
  variables { lock = { max_retention_days = 365, min_retention_days = 36 } }
}

run "a_backup_longer_than_the_lock_is_refused" {
  command         = plan
  expect_failures = [var.retention_days]
  variables { lock = { max_retention_days = 34, min_retention_days = 7 } }
}

run "a_backup_at_the_edge_of_the_lock_is_accepted" {
  command = plan
  variables { lock = { max_retention_days = 35, min_retention_days = 35 } }

  assert {
    condition     = aws_backup_vault_lock_configuration.this[0].min_retention_days == 35
    error_message = "The lock is taken as it is given."
  }
}

run "a_name_with_capitals_is_refused" {
  command         = plan
  expect_failures = [var.name]
  variables { name = "Shop-Test" }
}

run "a_zone_in_place_of_a_region_is_refused" {
  command         = plan
  expect_failures = [var.region]
  variables { region = "eu-central-1a" }
}

run "a_backup_that_ends_at_once_is_refused" {
  command         = plan
  expect_failures = [var.retention_days]
  variables { retention_days = 0 }
}

run "a_backup_of_one_day_is_accepted" {
  command = plan
  variables { retention_days = 1 }

  assert {
    condition     = one(one(aws_backup_plan.this[0].rule).lifecycle).delete_after == 1
    error_message = "The retention goes to the plan as it was given."
  }
}

run "a_schedule_of_five_fields_is_refused" {
  command         = plan
  expect_failures = [var.schedule]
  variables { schedule = "cron(0 3 * * *)" }
}

run "a_schedule_that_names_day_and_weekday_is_refused" {
  command         = plan
  expect_failures = [var.schedule]
  variables { schedule = "cron(0 3 * * * *)" }
}

run "a_schedule_by_weekday_is_accepted" {
  command = plan
  variables { schedule = "cron(30 1 ? * MON-FRI *)" }

  assert {
    condition     = one(aws_backup_plan.this[0].rule).schedule == "cron(30 1 ? * MON-FRI *)"
    error_message = "The schedule goes to the plan as it was given."
  }
}

run "a_plan_that_selects_nothing_is_refused" {
  command         = plan
  expect_failures = [var.selection_arns]
  variables { selection_arns = [] }
}

run "nothing_selected_without_a_plan_is_accepted" {
  command = plan

  variables {
    plan_enabled   = false
    selection_arns = []
  }

  assert {
    condition     = length(aws_backup_selection.this) == 0
    error_message = "Without a plan nothing is selected."
  }
}

run "a_selection_of_another_service_is_refused" {
  command         = plan
  expect_failures = [var.selection_arns]
  variables { selection_arns = ["arn:aws:dynamodb:eu-central-1:111122223333:table/orders"] }
}

run "a_selection_of_another_account_is_refused" {
  command         = plan
  expect_failures = [var.selection_arns]
  variables { selection_arns = ["arn:aws:rds:eu-central-1:444455556666:db:shop-test-*"] }
}

run "a_selection_of_every_region_is_accepted" {
  command = plan
  variables { selection_arns = ["arn:aws:rds:*:111122223333:db:shop-test-*"] }

  assert {
    condition     = aws_backup_selection.this[0].resources == toset(["arn:aws:rds:*:111122223333:db:shop-test-*"])
    error_message = "The pattern goes to the selection as it was given."
  }
}

run "more_patterns_than_a_selection_takes_are_refused" {
  command         = plan
  expect_failures = [var.selection_arns]
  variables { selection_arns = [for number in range(31) : "arn:aws:rds:eu-central-1:111122223333:db:shop-${number}-*"] }
}
