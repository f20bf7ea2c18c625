output "arn" {
  description = "The load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "The load balancer as CloudWatch's metrics name it: app/<name>/<id>."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "Name that the load balancer answers under, for an alias record. Once it answers."
  value       = aws_lb.this.dns_name

  depends_on = [aws_lb_listener.http, aws_lb_listener_rule.origin]
}

output "security_group_id" {
  description = "Group that the load balancer's requests to instances come from. It lets nothing out by itself."
  value       = aws_security_group.this["https"].id
}

output "target_group_arn" {
  description = "Group that instances register with. Once the listener forwards to it, or shows the maintenance page."
  value       = aws_lb_target_group.this.arn

  depends_on = [aws_lb_listener_rule.maintenance, aws_lb_listener_rule.origin]
}

output "target_group_arn_suffix" {
  description = "The target group as CloudWatch's metrics name it: targetgroup/<name>/<id>."
  value       = aws_lb_target_group.this.arn_suffix
}

output "zone_id" {
  description = "Hosted zone of dns_name, for an alias record."
  value       = aws_lb.this.zone_id
}
