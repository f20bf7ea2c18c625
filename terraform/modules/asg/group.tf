locals {
  # Without an image there is nothing to start.
  capacity = local.has_image ? var.capacity : { min = 0, max = 0 }
}

resource "aws_autoscaling_group" "this" {
  name = var.name

  default_instance_warmup   = var.scaling.warm_up_seconds
  enabled_metrics           = var.enabled_metrics
  health_check_grace_period = var.scaling.warm_up_seconds
  health_check_type         = local.has_load_balancer ? "ELB" : "EC2"
  # desired_capacity is left to scaling. AWS raises it to min and lowers it to max.
  max_size            = local.capacity.max
  min_size            = local.capacity.min
  metrics_granularity = "1Minute"
  target_group_arns   = local.has_load_balancer ? [var.load_balancer.target_group_arn] : []
  vpc_zone_identifier = values(var.subnet_ids)

  # Terraform remembers how many instances there were, and would wait for them while they go.
  wait_for_capacity_timeout = local.capacity.max == 0 ? "0" : "10m"

  # A new instance is there before an old one goes.
  instance_maintenance_policy {
    max_healthy_percentage = 200
    min_healthy_percentage = 100
  }

  # By number: "$Latest" would start an image that nobody tried, and hide a new one from the plan.
  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  dynamic "tag" {
    for_each = merge(local.all_tags, { Name = var.name })

    content {
      key                 = tag.key
      propagate_at_launch = false # the launch template tags what it starts
      value               = tag.value
    }
  }

  # For as long as this the provider repeats a change that AWS refuses, an unknown image for instance.
  timeouts {
    update = "2m"
  }

  # While instances leave, the load balancer must still reach them, and they AWS.
  depends_on = [
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.load_balancer,
    aws_vpc_security_group_ingress_rule.cloudfront,
    aws_vpc_security_group_ingress_rule.load_balancer,
  ]
}
