mock_provider "aws" {}

variables {
  account_id      = "111122223333"
  aliases         = ["shop.example.com", "www.shop.example.com"]
  app             = { domain_name = "origin.shop.example.com" }
  certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
  domain          = "shop.example.com"
  name            = "shop-prod"
  origin_secret   = "0123456789abcdef"
  region          = "us-east-1"
  web_acl_arn     = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop-prod/00000000-0000-4000-8000-000000000001"
}

run "an_account_that_is_no_number_is_refused" {
  command = plan
  variables {
    account_id      = "shop"
    certificate_arn = "arn:aws:acm:us-east-1:shop:certificate/00000000-0000-4000-8000-000000000000"
    web_acl_arn     = "arn:aws:wafv2:us-east-1:shop:global/webacl/shop-prod/00000000-0000-4000-8000-000000000001"
  }
  expect_failures = [var.account_id]
}

run "an_alias_that_the_certificate_does_not_cover_is_refused" {
  command = plan
  variables { aliases = ["www.eu.shop.example.com"] }
  expect_failures = [var.aliases]
}

run "an_alias_of_another_domain_is_refused" {
  command = plan
  variables { aliases = ["shop.example.org"] }
  expect_failures = [var.aliases]
}

run "a_distribution_without_a_name_of_the_shop_is_refused" {
  command = plan
  variables { aliases = [] }
  expect_failures = [var.aliases]
}

run "an_alias_one_label_below_the_domain_is_accepted" {
  command = plan
  variables { aliases = ["m.shop.example.com"] }

  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(["m.shop.example.com"])
    error_message = "The alias goes to the distribution."
  }
}

run "an_application_behind_an_alias_is_refused" {
  command = plan
  variables { app = { domain_name = "www.shop.example.com" } }
  expect_failures = [var.app]
}

run "an_application_outside_the_domain_is_refused" {
  command = plan
  variables { app = { domain_name = "shop-prod-1.eu-central-1.elb.amazonaws.com" } }
  expect_failures = [var.app]
}

run "an_answer_that_takes_longer_than_a_minute_is_refused" {
  command = plan
  variables { app = { domain_name = "origin.shop.example.com", read_timeout_seconds = 61 } }
  expect_failures = [var.app]
}

run "an_answer_that_takes_a_minute_is_accepted" {
  command = plan
  variables { app = { domain_name = "origin.shop.example.com", read_timeout_seconds = 60 } }

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin.custom_origin_config[0].origin_read_timeout if origin.origin_id == "app"]) == 60
    error_message = "The timeout goes to the origin."
  }
}

run "a_connection_that_is_tried_four_times_is_refused" {
  command = plan
  variables { app = { domain_name = "origin.shop.example.com", connect_attempts = 4 } }
  expect_failures = [var.app]
}

run "a_certificate_of_another_region_is_refused" {
  command = plan
  variables { certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000" }
  expect_failures = [var.certificate_arn]
}

run "a_content_security_policy_of_two_lines_is_refused" {
  command = plan
  variables { content_security_policy = "default-src 'self';\nobject-src 'none'" }
  expect_failures = [var.content_security_policy]
}

run "a_content_security_policy_of_one_line_is_accepted" {
  command = plan
  variables { content_security_policy = "default-src 'self'" }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this["pages"].security_headers_config[0].content_security_policy[0].content_security_policy == "default-src 'self'"
    error_message = "Pages say what they are told to."
  }
}

run "a_domain_with_a_dot_at_the_end_is_refused" {
  command = plan
  variables {
    aliases = ["shop.example.com."]
    app     = { domain_name = "origin.shop.example.com." }
    domain  = "shop.example.com."
  }
  expect_failures = [var.domain]
}

run "a_name_in_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Prod" }
  expect_failures = [var.name]
}

run "a_short_secret_is_refused" {
  command = plan
  variables { origin_secret = "secret" }
  expect_failures = [var.origin_secret]
}

run "a_price_class_that_cloudfront_does_not_know_is_refused" {
  command = plan
  variables { price_class = "PriceClass_300" }
  expect_failures = [var.price_class]
}

run "a_price_class_that_cloudfront_knows_is_accepted" {
  command = plan
  variables { price_class = "PriceClass_All" }

  assert {
    condition     = aws_cloudfront_distribution.this.price_class == "PriceClass_All"
    error_message = "The price class goes to the distribution."
  }
}

run "a_region_other_than_cloudfront_s_is_refused" {
  command = plan
  variables { region = "eu-central-1" }
  expect_failures = [var.region]
}

run "a_bucket_at_the_application_s_path_is_refused" {
  command = plan
  variables { static = { api = { primary = "shop-prod-api.s3.eu-central-1.amazonaws.com" } } }
  expect_failures = [var.static]
}

run "a_bucket_by_its_global_name_is_refused" {
  command = plan
  variables { static = { images = { primary = "shop-prod-images.s3.amazonaws.com" } } }
  expect_failures = [var.static]
}

run "a_bucket_as_its_own_failover_is_refused" {
  command = plan
  variables {
    static = { images = { failover = "shop-prod-images.s3.eu-central-1.amazonaws.com", primary = "shop-prod-images.s3.eu-central-1.amazonaws.com" } }
  }
  expect_failures = [var.static]
}

run "more_buckets_than_a_distribution_takes_are_refused" {
  command = plan
  variables { static = { for number in range(25) : "images${number}" => { primary = "shop-${number}.s3.eu-central-1.amazonaws.com" } } }
  expect_failures = [var.static]
}

run "a_bucket_by_its_regional_name_is_accepted" {
  command = plan
  variables { static = { images = { primary = "shop-prod-images.s3.eu-central-1.amazonaws.com" } } }

  assert {
    condition     = contains([for origin in aws_cloudfront_distribution.this.origin : origin.domain_name], "shop-prod-images.s3.eu-central-1.amazonaws.com")
    error_message = "The bucket is an origin."
  }
}

run "a_web_acl_of_a_load_balancer_is_refused" {
  command = plan
  variables { web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/shop-prod/00000000-0000-4000-8000-000000000001" }
  expect_failures = [var.web_acl_arn]
}
