# The wildcard stands in for www, origin and whatever else is put in front of the domain.
resource "aws_acm_certificate" "this" {
  domain_name               = var.domain
  subject_alternative_names = ["*.${var.domain}"]
  validation_method         = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED" # browsers distrust a certificate that is in no log
  }

  tags = merge(var.tags, { Name = var.name })

  # A listener can't let go of its certificate before it has another one.
  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # The domain and its wildcard are validated by one record, and so are the certificates of all regions of an account:
  # https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
  _validation = one([for option in aws_acm_certificate.this.domain_validation_options : option if option.domain_name == var.domain])
}

# It stays as long as the certificate: ACM renews a certificate only while its record stands.
resource "aws_route53_record" "validation" {
  count = var.zone_id == null ? 0 : 1

  zone_id = var.zone_id
  name    = trimsuffix(local._validation.resource_record_name, ".")
  type    = local._validation.resource_record_type
  ttl     = 300
  records = [local._validation.resource_record_value]
}
