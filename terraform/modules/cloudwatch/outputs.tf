output "alarm_names" {
  description = "Names of all alarms, sorted."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "log_group_arns" {
  description = "Log group ARN by purpose, without \":*\" at the end."
  value       = { for purpose, group in aws_cloudwatch_log_group.this : purpose => group.arn }
}

output "log_group_names" {
  description = "Log group name by purpose, /<name>/<purpose>."
  value       = { for purpose, group in aws_cloudwatch_log_group.this : purpose => group.name }
}
