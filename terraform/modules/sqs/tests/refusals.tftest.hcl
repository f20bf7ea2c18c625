# What the module refuses before SQS would, each refusal beside a twin that is accepted.

mock_provider "aws" {}

variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/0a1b"
  name        = "shop-dev"
  region      = "eu-central-1"

  queues = {
    jobs = {}
  }
}

run "an_account_id_of_11_digits_is_refused" {
  command         = plan
  expect_failures = [var.account_id]

  variables {
    account_id = "11112222333"
  }
}

run "an_account_id_of_12_digits_is_accepted" {
  command = plan

  variables {
    account_id = "000000000000"
  }

  assert {
    condition     = strcontains(aws_sqs_queue.this["jobs"].policy, "arn:aws:sqs:eu-central-1:000000000000:shop-dev-jobs")
    error_message = "The account enters the queue's ARN."
  }
}

run "a_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b"
  }
}

run "an_alias_in_place_of_a_key_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    kms_key_arn = "alias/aws/sqs"
  }
}

run "another_region_with_its_own_key_is_accepted" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b"
    region      = "eu-west-1"
  }

  assert {
    condition     = aws_sqs_queue.this["jobs"].kms_master_key_id == var.kms_key_arn
    error_message = "The queue is encrypted with the key of its region."
  }
}

run "a_name_with_an_underscore_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop_dev"
  }
}

run "a_purpose_with_a_dot_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { "jobs.fifo" = {} }
  }
}

run "the_longest_names_are_accepted" {
  command = plan

  variables {
    name   = "shop-abcdefghijklmnopqrstuvwxyz1"
    queues = { "jobs-abcdefghijklmnopqrstuvwxy" = {} }
  }

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.dead_letters : length(queue.name) <= 80])
    error_message = "SQS takes a queue's name of 80 characters."
  }
}

run "a_visibility_timeout_beyond_12_hours_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { jobs = { visibility_timeout_seconds = 43201 } }
  }
}

run "a_visibility_timeout_of_12_hours_is_accepted" {
  command = plan

  variables {
    queues = { jobs = { visibility_timeout_seconds = 43200 } }
  }

  assert {
    condition     = aws_sqs_queue.this["jobs"].visibility_timeout_seconds == 43200
    error_message = "The timeout is taken as it is given."
  }
}

run "a_retention_under_a_minute_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { jobs = { message_retention_seconds = 59, visibility_timeout_seconds = 30 } }
  }
}

run "a_dead_letter_retention_beyond_14_days_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { jobs = { dead_letter_retention_seconds = 1209601 } }
  }
}

run "a_dead_letter_queue_that_keeps_no_longer_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { jobs = { message_retention_seconds = 86400, dead_letter_retention_seconds = 86400 } }
  }
}

run "a_dead_letter_queue_that_keeps_longer_is_accepted" {
  command = plan

  variables {
    queues = { jobs = { message_retention_seconds = 86400, dead_letter_retention_seconds = 86401 } }
  }

  assert {
    condition     = aws_sqs_queue.dead_letters["jobs"].message_retention_seconds == 86401
    error_message = "The dead-letter queue keeps for as long as asked."
  }
}

run "a_message_that_expires_while_it_is_worked_on_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { jobs = { message_retention_seconds = 600, visibility_timeout_seconds = 600 } }
  }
}

run "no_try_at_all_is_refused" {
  command         = plan
  expect_failures = [var.queues]

  variables {
    queues = { jobs = { max_receive_count = 0 } }
  }
}

run "a_single_try_is_accepted" {
  command = plan

  variables {
    queues = { jobs = { max_receive_count = 1 } }
  }

  assert {
    condition     = var.queues.jobs.max_receive_count == 1
    error_message = "One try is enough where a message must not be worked on twice."
  }
}

run "a_region_that_is_a_zone_is_refused" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "eu-central-1a"
  }
}
