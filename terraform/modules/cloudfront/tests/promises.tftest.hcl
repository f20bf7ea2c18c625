mock_provider "aws" {
  mock_resource "aws_cloudfront_origin_access_control" {
    override_during = plan
    defaults        = { id = "E2QWRUHAPOMQZL" }
  }

  mock_resource "aws_cloudfront_response_headers_policy" {
    override_during = plan
    defaults        = { id = "00000000-0000-4000-8000-000000000002" }
  }
}

variables {
  account_id      = "111122223333"
  aliases         = ["shop.example.com", "www.shop.example.com"]
  app             = { domain_name = "origin.shop.example.com" }
  certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
  domain          = "shop.example.com"
  name            = "shop-prod"
  origin_secret   = "0123456789abcdef"
  region          = "us-east-1"
  tags            = { Team = "shop" }
  web_acl_arn     = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop-prod/00000000-0000-4000-8000-000000000001"

  static = {
    images = {
      failover = "shop-prod-images-dr.s3.eu-west-1.amazonaws.com"
      primary  = "shop-prod-images.s3.eu-central-1.amazonaws.com"
    }
    static = { primary = "shop-prod-static.s3.eu-central-1.amazonaws.com" }
  }
}

run "the_application_has_one_origin_that_only_the_distribution_may_ask" {
  command = plan

  assert {
    condition = one([
      for origin in aws_cloudfront_distribution.this.origin : origin.domain_name if origin.origin_id == "app"
    ]) == "origin.shop.example.com"
    error_message = "The origin is the name that a failover moves."
  }

  assert {
    condition = one([
      for origin in aws_cloudfront_distribution.this.origin : one(origin.custom_header) if origin.origin_id == "app"
    ]) == { name = "X-Origin-Verify", value = "0123456789abcdef" }
    error_message = "The load balancer hears the secret."
  }

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin :
      origin.custom_origin_config[0].origin_protocol_policy == "https-only" && origin.custom_origin_config[0].origin_ssl_protocols == toset(["TLSv1.2"])
      if origin.origin_id == "app"
    ])
    error_message = "The way to the application is encrypted."
  }
}

run "pages_and_api_pass_uncached_with_all_that_the_visitor_sent" {
  command = plan

  assert {
    condition = alltrue([
      for behavior in concat(aws_cloudfront_distribution.this.default_cache_behavior, [
        for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior : behavior if behavior.path_pattern == "/api/*"
      ]) :
      behavior.target_origin_id == "app" && contains(behavior.allowed_methods, "POST")
      && behavior.cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      && behavior.origin_request_policy_id == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    ])
    error_message = "CachingDisabled and AllViewer, all methods, and the application's own origin."
  }

  assert {
    condition = one([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior : behavior.viewer_protocol_policy if behavior.path_pattern == "/api/*"
    ]) == "https-only"
    error_message = "The API isn't answered in clear, not even by a redirect."
  }
}

run "files_come_from_the_copy_when_the_bucket_does_not_give_them" {
  command = plan

  assert {
    condition     = [for group in aws_cloudfront_distribution.this.origin_group : group.origin_id] == ["images"]
    error_message = "A bucket with a copy has a group, another has none."
  }

  assert {
    condition     = [for member in one(aws_cloudfront_distribution.this.origin_group).member : member.origin_id] == ["images-primary", "images-failover"]
    error_message = "The primary is asked first."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.this.origin_group).failover_criteria[0].status_codes == toset([403, 404, 500, 502, 503, 504])
    error_message = "Absent objects and errors of the region lead to the copy."
  }

  assert {
    condition = {
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior : behavior.path_pattern => behavior.target_origin_id
      } == {
      "/api/*"    = "app"
      "/images/*" = "images"
      "/static/*" = "static-primary"
    }
    error_message = "Each path has its origin or group."
  }

  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behavior.allowed_methods == toset(["GET", "HEAD", "OPTIONS"]) && behavior.cache_policy_id == "658327ea-f89d-4fab-a63d-7e88639e58f6"
      if behavior.path_pattern != "/api/*"
    ])
    error_message = "Files are read only, and cached."
  }
}

run "buckets_are_asked_with_a_signature" {
  command = plan

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin : origin.origin_access_control_id == "E2QWRUHAPOMQZL" if origin.origin_id != "app"
    ])
    error_message = "Every bucket has the access control."
  }

  assert {
    condition = (
      aws_cloudfront_origin_access_control.s3.name == "shop-prod"
      && aws_cloudfront_origin_access_control.s3.signing_behavior == "always"
      && aws_cloudfront_origin_access_control.s3.signing_protocol == "sigv4"
    )
    error_message = "Every request is signed."
  }
}

run "visitors_come_by_modern_tls_and_past_the_web_acl" {
  command = plan

  assert {
    condition = (
      aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
      && aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only"
    )
    error_message = "TLS 1.2 is the least."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == var.web_acl_arn
    error_message = "The web ACL stands in front."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.http_version == "http2and3" && aws_cloudfront_distribution.this.is_ipv6_enabled
    error_message = "HTTP/2, HTTP/3 and IPv6 are on."
  }

  assert {
    condition     = aws_acm_certificate_validation.this.certificate_arn == var.certificate_arn && aws_acm_certificate_validation.this.timeouts.create == "15m"
    error_message = "The certificate is waited for."
  }
}

run "browsers_are_told_what_to_beware_of" {
  command = plan

  assert {
    condition = alltrue([
      for policy in aws_cloudfront_response_headers_policy.this :
      policy.security_headers_config[0].strict_transport_security[0].access_control_max_age_sec == 31536000
      && policy.security_headers_config[0].strict_transport_security[0].override
      && policy.security_headers_config[0].content_type_options[0].override
    ])
    error_message = "HTTPS for a year, and no guessing of types."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this["files"].security_headers_config[0].content_security_policy[0].content_security_policy == "default-src 'none'; sandbox"
    error_message = "A file runs nothing, also when it is opened by itself."
  }

  assert {
    condition     = !aws_cloudfront_response_headers_policy.this["pages"].security_headers_config[0].content_security_policy[0].override
    error_message = "The application may say more about its pages."
  }
}

run "everything_can_be_found_by_its_name" {
  command = plan

  assert {
    condition     = aws_cloudfront_distribution.this.tags == tomap({ Name = "shop-prod", Team = "shop" })
    error_message = "The distribution is named."
  }

  assert {
    condition     = { for key, policy in aws_cloudfront_response_headers_policy.this : key => policy.name } == { files = "shop-prod-files", pages = "shop-prod-pages" }
    error_message = "Policies have names of their own."
  }
}
