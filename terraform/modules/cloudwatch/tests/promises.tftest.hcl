mock_provider "aws" {
  override_during = plan
}

variables {
  database = { identifier = "shop-test-g1", max_connections = 1365, storage_gib = 500, is_replica = true }

  group_name  = "shop-test"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"

  load_balancer = {
    arn_suffix              = "app/shop-test/50dc6c495c0c9188"
    target_group_arn_suffix = "targetgroup/shop-test/73e2d6bc24d8a067"
  }

  distribution = { id = "E1234567890ABC" }
  log_groups   = { app = 365, nginx = 90 }
  name         = "shop-test"
  queues       = { jobs = { name = "shop-test-jobs", dead_letter_name = "shop-test-jobs-dead", max_age_seconds = 900 } }
  region       = "us-east-1"
  tags         = { Team = "shop" }
  topic_arn    = "arn:aws:sns:us-east-1:111122223333:shop-test-alerts"
}

run "logs_end_and_are_under_the_customer_key" {
  command = plan

  assert {
    condition     = { for purpose, group in aws_cloudwatch_log_group.this : group.name => group.retention_in_days } == { "/shop-test/app" = 365, "/shop-test/nginx" = 90 }
    error_message = "Each group has its purpose's name and days."
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.kms_key_id == var.kms_key_arn])
    error_message = "Each group is encrypted with the customer key."
  }
}

run "everything_that_is_there_is_watched" {
  command = plan

  assert {
    condition = output.alarm_names == tolist([
      "shop-test-alb-5xx", "shop-test-app-5xx", "shop-test-cdn-5xx", "shop-test-database-connections",
      "shop-test-database-cpu", "shop-test-database-replica-lag", "shop-test-database-storage",
      "shop-test-instances-cpu", "shop-test-instances-memory", "shop-test-latency-p95", "shop-test-queue-jobs-age",
      "shop-test-queue-jobs-dead", "shop-test-unhealthy-hosts",
    ])
    error_message = "Each part of the stack has its alarms."
  }
}

run "nothing_is_watched_that_is_not_there" {
  command = plan

  variables {
    database      = null
    distribution  = null
    group_name    = null
    load_balancer = null
    log_groups    = {}
    queues        = {}
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "An alarm on nothing would never be raised."
  }
}

run "a_database_of_its_own_has_no_replica_to_lag" {
  command = plan
  variables { database = { identifier = "shop-test-g1", max_connections = 1365, storage_gib = 500 } }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "database-replica-lag")
    error_message = "Only a replica reports a lag."
  }
}

run "somebody_hears_when_it_begins_and_when_it_is_over" {
  command = plan

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([var.topic_arn]) && alarm.ok_actions == toset([var.topic_arn])])
    error_message = "Each alarm tells the topic of both."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.actions_enabled != false])
    error_message = "No alarm is mute."
  }
}

run "the_critical_alarms_have_the_promised_thresholds" {
  command = plan

  assert {
    condition = {
      for what, alarm in aws_cloudwatch_metric_alarm.this : what => "${alarm.threshold} ${alarm.period * alarm.evaluation_periods}s"
      } == {
      alb-5xx              = "100 60s"
      app-5xx              = "100 60s"
      cdn-5xx              = "5 300s"
      database-connections = "1092 300s"
      database-cpu         = "75 300s"
      database-replica-lag = "60 300s"
      database-storage     = "80530636800 300s"
      instances-cpu        = "80 300s"
      instances-memory     = "85 300s"
      latency-p95          = "1 300s"
      queue-jobs-age       = "900 300s"
      queue-jobs-dead      = "0 60s"
      unhealthy-hosts      = "0 300s"
    }
    error_message = "Thresholds and times are those of the README."
  }

  assert {
    condition     = [for what, alarm in aws_cloudwatch_metric_alarm.this : what if alarm.comparison_operator != "GreaterThanThreshold"] == ["database-storage"]
    error_message = "Only free storage can be too little."
  }
}

run "latency_is_a_percentile" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["latency-p95"].extended_statistic == "p95" && aws_cloudwatch_metric_alarm.this["latency-p95"].statistic == null
    error_message = "An average hides the customers who wait."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["latency-p95"].evaluate_low_sample_count_percentiles == "ignore"
    error_message = "A few requests at night wake nobody."
  }
}

run "no_data_is_no_fault_where_nobody_asked" {
  command = plan

  assert {
    condition = [for what, alarm in aws_cloudwatch_metric_alarm.this : what if alarm.treat_missing_data == "notBreaching"] == [
      "alb-5xx", "app-5xx", "cdn-5xx", "latency-p95", "queue-jobs-age", "queue-jobs-dead", "unhealthy-hosts",
    ]
    error_message = "Without customers these report nothing."
  }
}

run "each_resource_has_a_name_tag_of_its_own" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-cpu"].tags == tomap({ Name = "shop-test-database-cpu", Team = "shop" })
    error_message = "The Name tag is the alarm's name; given tags stay."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this["app"].tags == tomap({ Name = "/shop-test/app", Team = "shop" })
    error_message = "The Name tag is the group's name; given tags stay."
  }
}
