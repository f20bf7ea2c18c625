mock_provider "aws" {
  override_during = plan

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
      domain_validation_options = [
        {
          domain_name           = "*.shop.example.com"
          resource_record_name  = "_token.shop.example.com."
          resource_record_type  = "CNAME"
          resource_record_value = "_value.acm-validations.aws."
        },
        {
          domain_name           = "shop.example.com"
          resource_record_name  = "_token.shop.example.com."
          resource_record_type  = "CNAME"
          resource_record_value = "_value.acm-validations.aws."
        },
      ]
    }
  }
}

variables {
  domain  = "shop.example.com"
  name    = "shop-test"
  tags    = { Team = "shop" }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

run "the_certificate_covers_the_domain_and_what_is_right_below_it" {
  command = plan

  assert {
    condition     = aws_acm_certificate.this.subject_alternative_names == toset(["*.shop.example.com"])
    error_message = "The wildcard is an alternative name."
  }

  assert {
    condition     = aws_acm_certificate.this.validation_method == "DNS" && aws_acm_certificate.this.options[0].certificate_transparency_logging_preference == "ENABLED"
    error_message = "It is validated by DNS and logged."
  }

  assert {
    condition     = aws_acm_certificate.this.tags == tomap({ Name = "shop-test", Team = "shop" })
    error_message = "The Name tag is the environment's name; given tags stay."
  }
}

run "one_record_validates_both_names" {
  command = plan

  assert {
    condition     = length(aws_route53_record.validation) == 1 && aws_route53_record.validation[0].name == "_token.shop.example.com" && aws_route53_record.validation[0].type == "CNAME"
    error_message = "The record has the name that ACM gave, once."
  }

  assert {
    condition     = aws_route53_record.validation[0].records == toset(["_value.acm-validations.aws."]) && aws_route53_record.validation[0].zone_id == var.zone_id
    error_message = "The record has the value that ACM gave, in the given zone."
  }
}

run "consumers_get_the_certificate_and_what_validates_it" {
  command = plan

  assert {
    condition     = output.certificate_arn == "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
    error_message = "The ARN goes out."
  }

  assert {
    condition     = output.validation_record == { name = "_token.shop.example.com", type = "CNAME", value = "_value.acm-validations.aws." }
    error_message = "The record goes out as it would be typed."
  }
}
