locals {
  # What is the same for most alarms: five bad minutes in a row. Each kind of alarm says what differs.
  _usual = {
    comparison     = "GreaterThanThreshold"
    missing_data   = "missing"
    periods        = 5
    period_seconds = 60
    percentile     = null
    statistic      = "Average"
  }

  alarms = {
    for what, alarm in merge(local._instances, local._load_balancer, local._database, local._queues, local._cdn) :
    what => merge(local._usual, alarm)
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description
  alarm_actions     = [var.topic_arn]
  ok_actions        = [var.topic_arn] # so that people hear when it's over

  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.percentile == null ? each.value.statistic : null
  extended_statistic  = each.value.percentile
  period              = each.value.period_seconds
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing_data

  # A percentile of a handful of requests says nothing.
  evaluate_low_sample_count_percentiles = each.value.percentile == null ? null : "ignore"

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
