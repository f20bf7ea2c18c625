mock_provider "aws" {
  override_during = plan

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
      domain_validation_options = [
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
  zone_id = "Z0123456789ABCDEFGHIJ"
}

run "a_domain_with_a_dot_at_the_end_is_refused" {
  command = plan
  variables { domain = "shop.example.com." }
  expect_failures = [var.domain]
}

run "a_domain_in_capitals_is_refused" {
  command = plan
  variables { domain = "Shop.example.com" }
  expect_failures = [var.domain]
}

run "a_wildcard_is_refused_because_the_module_adds_it" {
  command = plan
  variables { domain = "*.shop.example.com" }
  expect_failures = [var.domain]
}

run "a_domain_of_65_characters_is_refused" {
  command = plan
  variables { domain = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com" }
  expect_failures = [var.domain]
}

run "a_domain_is_accepted" {
  command = plan

  assert {
    condition     = aws_acm_certificate.this.domain_name == "shop.example.com"
    error_message = "The certificate is for the domain."
  }
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}

run "a_zone_s_path_in_place_of_its_id_is_refused" {
  command = plan
  variables { zone_id = "/hostedzone/Z0123456789ABCDEFGHIJ" }
  expect_failures = [var.zone_id]
}

run "no_zone_is_accepted" {
  command = plan
  variables { zone_id = null }

  assert {
    condition     = length(aws_route53_record.validation) == 0
    error_message = "Another stack keeps the record."
  }
}
