output "web_acl_arn" {
  description = "ARN of the web ACL, once its requests are logged."
  value       = aws_wafv2_web_acl.this.arn
  depends_on  = [aws_wafv2_web_acl_logging_configuration.this]
}
