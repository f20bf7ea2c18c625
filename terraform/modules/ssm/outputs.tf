output "parameter_arns" {
  description = "Parameter ARN by key."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.arn }
}

output "prefix" {
  description = "What every parameter's name begins with, /<name>, without a slash at the end."
  value       = local.prefix
  depends_on  = [aws_ssm_parameter.this]
}
