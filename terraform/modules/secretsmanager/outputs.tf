output "secret_arns" {
  description = "Secret ARN by purpose, with the six characters that AWS appends, once a secret that is not given has a value."
  value       = { for purpose, secret in aws_secretsmanager_secret.this : purpose => secret.arn }
  depends_on  = [aws_secretsmanager_secret_version.this]
}
