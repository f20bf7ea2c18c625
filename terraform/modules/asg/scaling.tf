# One of both: two policies on the same metric would pull the group in two directions.

resource "aws_autoscaling_policy" "target" {
  count = var.scaling.target_cpu_percent == null ? 0 : 1

  name                   = "${var.name}-target-cpu"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = var.scaling.target_cpu_percent

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

locals {
  steps = var.scaling.steps == null ? {} : {
    scale-in = {
      adjustment    = -var.scaling.steps.adjustment
      after_minutes = var.scaling.steps.in_after_minutes
      operator      = "LessThanThreshold"
      percent       = var.scaling.steps.in_below_percent
    }
    scale-out = {
      adjustment    = var.scaling.steps.adjustment
      after_minutes = var.scaling.steps.out_after_minutes
      operator      = "GreaterThanThreshold"
      percent       = var.scaling.steps.out_above_percent
    }
  }
}

resource "aws_autoscaling_policy" "step" {
  for_each = local.steps

  name                    = "${var.name}-${each.key}"
  adjustment_type         = "ChangeInCapacity"
  autoscaling_group_name  = aws_autoscaling_group.this.name
  metric_aggregation_type = "Average"
  policy_type             = "StepScaling"

  # One step, which begins at the alarm's threshold and has no end.
  step_adjustment {
    metric_interval_lower_bound = each.key == "scale-out" ? 0 : null
    metric_interval_upper_bound = each.key == "scale-in" ? 0 : null
    scaling_adjustment          = each.value.adjustment
  }
}

resource "aws_cloudwatch_metric_alarm" "step" {
  for_each = local.steps

  alarm_name          = "${var.name}-${each.key}"
  alarm_actions       = [aws_autoscaling_policy.step[each.key].arn]
  alarm_description   = "Average CPU of ${var.name} for ${each.value.after_minutes} min: starts ${each.key}."
  comparison_operator = each.value.operator
  dimensions          = { AutoScalingGroupName = aws_autoscaling_group.this.name }
  evaluation_periods  = each.value.after_minutes
  metric_name         = "CPUUtilization"
  namespace           = "AWS/EC2"
  period              = 60 # seconds
  statistic           = "Average"
  threshold           = each.value.percent

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
