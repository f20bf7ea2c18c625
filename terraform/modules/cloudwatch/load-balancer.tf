locals {
  _balancer_dimensions = { LoadBalancer = try(var.load_balancer.arn_suffix, "") }
  _target_dimensions   = merge(local._balancer_dimensions, { TargetGroup = try(var.load_balancer.target_group_arn_suffix, "") })

  # Nobody asking is no data, and no fault.
  # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
  _load_balancer = {
    for what, alarm in {
      app-5xx = {
        description = "The application answers customers with errors."
        metric      = "HTTPCode_Target_5XX_Count"
        dimensions  = local._target_dimensions
        statistic   = "Sum"
        periods     = 1
        threshold   = var.thresholds.errors_per_minute
      }
      alb-5xx = {
        description = "The load balancer itself answers customers with errors: no healthy instance, or none that answers in time."
        metric      = "HTTPCode_ELB_5XX_Count"
        dimensions  = local._balancer_dimensions
        statistic   = "Sum"
        periods     = 1
        threshold   = var.thresholds.errors_per_minute
      }
      latency-p95 = {
        description = "One customer in twenty waits too long for the application."
        metric      = "TargetResponseTime"
        dimensions  = local._target_dimensions
        percentile  = "p95"
        threshold   = var.thresholds.latency_p95_seconds
      }
      unhealthy-hosts = {
        description = "Instances fail the load balancer's health check for 5 minutes."
        metric      = "UnHealthyHostCount"
        dimensions  = local._target_dimensions
        statistic   = "Maximum"
        threshold   = 0
      }
    } :
    what => merge(alarm, { namespace = "AWS/ApplicationELB", missing_data = "notBreaching" }) if var.load_balancer != null
  }
}
