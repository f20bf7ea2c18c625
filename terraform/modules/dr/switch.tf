locals {
  switch_namespace = "${var.name}/dr"
  switch_metric    = "TrafficMoved"
}

# Whoever puts a 1 here moves the traffic to this region, and a 0 moves it back: putting a metric is work of the
# region's own data plane, so that no control plane of another region is asked. The health check of Route 53 reads the
# metric by these settings and not the alarm's state, and takes neither metric math nor M out of N.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
resource "aws_cloudwatch_metric_alarm" "switch" {
  alarm_name          = "${var.name}-traffic-switch"
  alarm_description   = "Traffic of ${var.name} is moved to ${var.region}."
  namespace           = local.switch_namespace
  metric_name         = local.switch_metric
  statistic           = "Maximum"
  period              = 60 # seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "ignore" # traffic stays where it is until somebody says otherwise

  tags = merge(var.tags, { Name = "${var.name}-traffic-switch" })
}
