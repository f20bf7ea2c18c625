locals {
  # CloudFront's own policies have the same ids in every account.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html and
  # using-managed-origin-request-policies.html
  managed_policies = {
    all_viewer        = "216adef6-5c7f-47e4-b989-5492eafa07d3"
    caching_disabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  }

  # What the application says about its own pages goes before what is said here; about files nobody else speaks.
  response_headers = {
    files = { content_security_policy = "default-src 'none'; sandbox", is_final = true }
    pages = { content_security_policy = var.content_security_policy, is_final = false }
  }
}

resource "aws_cloudfront_response_headers_policy" "this" {
  for_each = local.response_headers

  name    = "${var.name}-${each.key}"
  comment = "What ${var.name}'s ${each.key} tell browsers to beware of."

  security_headers_config {
    content_security_policy {
      content_security_policy = each.value.content_security_policy
      override                = each.value.is_final
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = each.value.is_final
    }

    referrer_policy {
      override        = each.value.is_final
      referrer_policy = "strict-origin-when-cross-origin"
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000 # a year
      include_subdomains         = true
      override                   = true
      preload                    = true
    }
  }
}
