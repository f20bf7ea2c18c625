locals {
  app_port = 8000
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
}
