output "certificate_arn" {
  description = "ARN of the certificate. It may still wait for its validation: let aws_acm_certificate_validation wait where it is used."
  value       = aws_acm_certificate.this.arn
  depends_on  = [aws_route53_record.validation]
}

output "validation_record" {
  description = "Name, type and value of the record that validates the certificate, without a dot at the end of the name."
  value = {
    name  = trimsuffix(local._validation.resource_record_name, ".")
    type  = local._validation.resource_record_type
    value = local._validation.resource_record_value
  }
}
