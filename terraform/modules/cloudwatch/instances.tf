locals {
  # One period of five minutes, because that is how often an instance without detailed monitoring reports.
  _instances = {
    for what, alarm in {
      instances-cpu = {
        description = "Instances have been busy for 5 minutes; scaling doesn't keep up, or is at its maximum."
        namespace   = "AWS/EC2"
        metric      = "CPUUtilization"
        threshold   = var.thresholds.cpu_percent
      }
      instances-memory = {
        description = "Instances run out of memory."
        namespace   = "CWAgent" # only an agent on the instance sees its memory
        metric      = "mem_used_percent"
        threshold   = var.thresholds.memory_percent
      }
    } :
    what => merge(alarm, { dimensions = { AutoScalingGroupName = var.group_name }, periods = 1, period_seconds = 300 })
    if var.group_name != null
  }
}
