mock_provider "aws" {}

variables {
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  region      = "eu-central-1"
  topic_arn   = "arn:aws:sns:eu-central-1:111122223333:shop-test-alerts"
}

run "a_database_without_connections_is_refused" {
  command = plan
  variables { database = { identifier = "shop-test-g1", max_connections = 0, storage_gib = 20 } }
  expect_failures = [var.database]
}

run "a_database_is_accepted" {
  command = plan
  variables { database = { identifier = "shop-test-g1", max_connections = 1, storage_gib = 1 } }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-cpu"].dimensions == tomap({ DBInstanceIdentifier = "shop-test-g1" })
    error_message = "The database is watched."
  }
}

run "a_distribution_outside_us_east_1_is_refused" {
  command = plan
  variables { distribution = { id = "E1234567890ABC" } }
  expect_failures = [var.distribution]
}

run "a_distribution_in_us_east_1_is_accepted" {
  command = plan

  variables {
    distribution = { id = "E1234567890ABC" }
    region       = "us-east-1"
    topic_arn    = "arn:aws:sns:us-east-1:111122223333:shop-test-alerts"
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["cdn-5xx"]
    error_message = "CloudFront is watched from there."
  }
}

run "the_key_of_aws_is_refused" {
  command = plan
  variables { kms_key_arn = "alias/aws/logs" }
  expect_failures = [var.kms_key_arn]
}

run "logs_without_a_key_are_refused" {
  command = plan

  variables {
    kms_key_arn = null
    log_groups  = { app = 30 }
  }

  expect_failures = [var.kms_key_arn]
}

run "no_logs_need_no_key" {
  command = plan
  variables { kms_key_arn = null }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 0
    error_message = "There is nothing to encrypt."
  }
}

run "a_load_balancer_s_whole_arn_is_refused" {
  command = plan
  variables { load_balancer = { arn_suffix = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188", target_group_arn_suffix = "targetgroup/shop/73e2d6bc24d8a067" } }
  expect_failures = [var.load_balancer]
}

run "the_end_of_a_load_balancer_s_arn_is_accepted" {
  command = plan
  variables { load_balancer = { arn_suffix = "app/shop/50dc6c495c0c9188", target_group_arn_suffix = "targetgroup/shop/73e2d6bc24d8a067" } }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["alb-5xx"].dimensions == tomap({ LoadBalancer = "app/shop/50dc6c495c0c9188" })
    error_message = "CloudWatch knows it by this."
  }
}

run "a_purpose_with_a_slash_is_refused" {
  command = plan
  variables { log_groups = { "app/access" = 30 } }
  expect_failures = [var.log_groups]
}

run "a_retention_that_cloudwatch_does_not_have_is_refused" {
  command = plan
  variables { log_groups = { app = 45 } }
  expect_failures = [var.log_groups]
}

run "logs_without_an_end_are_refused" {
  command = plan
  variables { log_groups = { app = 0 } }
  expect_failures = [var.log_groups]
}

run "a_retention_that_cloudwatch_has_is_accepted" {
  command = plan
  variables { log_groups = { app = 60 } }

  assert {
    condition     = aws_cloudwatch_log_group.this["app"].retention_in_days == 60
    error_message = "The days go to the group."
  }
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}

run "a_queue_s_purpose_in_capitals_is_refused" {
  command = plan
  variables { queues = { Jobs = { name = "jobs", dead_letter_name = "jobs-dead", max_age_seconds = 900 } } }
  expect_failures = [var.queues]
}

run "a_wait_shorter_than_a_period_is_refused" {
  command = plan
  variables { queues = { jobs = { name = "jobs", dead_letter_name = "jobs-dead", max_age_seconds = 59 } } }
  expect_failures = [var.queues]
}

run "a_wait_of_a_period_is_accepted" {
  command = plan
  variables { queues = { jobs = { name = "jobs", dead_letter_name = "jobs-dead", max_age_seconds = 60 } } }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["queue-jobs-age"].threshold == 60
    error_message = "The queue's own limit is the threshold."
  }
}

run "a_zone_in_place_of_a_region_is_refused" {
  command = plan

  variables {
    region    = "eu-central-1a"
    topic_arn = "arn:aws:sns:eu-central-1a:111122223333:shop-test-alerts"
  }

  expect_failures = [var.region]
}

run "a_threshold_that_is_never_reached_is_refused" {
  command = plan
  variables { thresholds = { cpu_percent = 100 } }
  expect_failures = [var.thresholds]
}

run "a_latency_of_nothing_is_refused" {
  command = plan
  variables { thresholds = { latency_p95_seconds = 0 } }
  expect_failures = [var.thresholds]
}

run "a_threshold_that_can_be_reached_is_accepted" {
  command = plan

  variables {
    group_name = "shop-test"
    thresholds = { cpu_percent = 99 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["instances-cpu"].threshold == 99
    error_message = "The threshold goes to the alarm."
  }
}

run "a_topic_s_name_in_place_of_its_arn_is_refused" {
  command = plan
  variables { topic_arn = "shop-test-alerts" }
  expect_failures = [var.topic_arn]
}

run "a_topic_of_another_region_is_refused" {
  command = plan
  variables { topic_arn = "arn:aws:sns:us-east-1:111122223333:shop-test-alerts" }
  expect_failures = [var.topic_arn]
}
