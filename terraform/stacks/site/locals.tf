locals {
  app_port  = 8000
  mail_from = "shop@${var.domain}"
  proxies   = 2 # before the application: the CDN and the load balancer, each of which notes whom it was asked by
  scaling = {
    steps = var.compute.scaling.steps == null ? null : {
      adjustment        = var.compute.scaling.steps.instances
      in_after_minutes  = var.compute.scaling.steps.in_after_minutes
      in_below_percent  = var.compute.scaling.steps.in_below_percent
      out_above_percent = var.compute.scaling.steps.out_above_percent
      out_after_minutes = var.compute.scaling.steps.out_after_minutes
    }
    target_cpu_percent = var.compute.scaling.target_cpu_percent
    warm_up_seconds    = var.compute.scaling.warm_up_seconds
  }
  # What the application reads; what the CDN says to the load balancers is not for it.
  secret_arns = { for purpose, arn in var.secret_arns : purpose => arn if purpose != "origin" }
}
