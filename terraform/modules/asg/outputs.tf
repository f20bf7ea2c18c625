output "group_name" {
  description = "The Auto Scaling group, once it scales."
  value       = aws_autoscaling_group.this.name

  depends_on = [aws_autoscaling_policy.step, aws_autoscaling_policy.target]
}

output "launch_template_id" {
  description = "What instances are started from."
  value       = aws_launch_template.this.id
}

output "launch_template_version" {
  description = "Version of the launch template that the group starts: a number."
  value       = aws_launch_template.this.latest_version
}

output "role_arn" {
  description = "Role of the instances."
  value       = aws_iam_role.this.arn
}

output "security_group_id" {
  description = "Group of the instances. It lets out HTTPS; whoever else is to be reached adds a rule."
  value       = aws_security_group.this.id
}
