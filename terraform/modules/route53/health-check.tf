# The switch. Route 53 reads the alarm's metric in the region that takes over and asks nothing of the one that is
# left; without news it stays where it was put last.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
resource "aws_route53_health_check" "switch" {
  count = var.switch == null ? 0 : 1

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = var.switch.alarm_name
  cloudwatch_alarm_region         = var.switch.region
  insufficient_data_health_status = "LastKnownStatus"

  tags = merge(var.tags, { Name = "${var.name}-traffic-switch" })
}

# Whether visitors reach the shop, as the world sees it. Nothing hangs on it but alarms.
resource "aws_route53_health_check" "probe" {
  count = var.probe == null ? 0 : 1

  type              = "HTTPS"
  enable_sni        = true
  failure_threshold = 3
  fqdn              = var.domain
  measure_latency   = true
  port              = 443
  request_interval  = 30 # seconds
  resource_path     = var.probe.path

  tags = merge(var.tags, { Name = "${var.name}-probe" })
}
