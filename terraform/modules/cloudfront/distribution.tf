# The certificate stands once its record is found, which may take some minutes.
resource "aws_acm_certificate_validation" "this" {
  certificate_arn = var.certificate_arn

  timeouts {
    create = "15m"
  }
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_86:logs of this kind need a bucket with ACLs, and the web ACL logs every request
  #checkov:skip=CKV_AWS_305:the application answers for the root, and its path must not be changed
  #checkov:skip=CKV_AWS_374:the web ACL turns countries away, and logs it
  #checkov:skip=CKV2_AWS_47:the web ACL is given by its ARN, and holds the rules against Log4j's hole
  aliases         = var.aliases
  comment         = "The shop ${var.name}."
  enabled         = true
  http_version    = "http2and3"
  is_ipv6_enabled = true
  price_class     = var.price_class
  web_acl_id      = var.web_acl_arn

  origin {
    origin_id           = "app"
    connection_attempts = var.app.connect_attempts
    connection_timeout  = var.app.connect_timeout_seconds
    domain_name         = var.app.domain_name

    # The load balancer turns away whoever comes past CloudFront.
    custom_header {
      name  = "X-Origin-Verify"
      value = var.origin_secret
    }

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_keepalive_timeout = var.app.keep_alive_seconds
      origin_protocol_policy   = "https-only"
      origin_read_timeout      = var.app.read_timeout_seconds
      origin_ssl_protocols     = ["TLSv1.2"]
    }
  }

  dynamic "origin" {
    for_each = local.buckets

    content {
      origin_id                = origin.key
      connection_attempts      = 2
      connection_timeout       = 3 # seconds: a region that is gone is given up after six
      domain_name              = origin.value
      origin_access_control_id = aws_cloudfront_origin_access_control.s3.id
    }
  }

  dynamic "origin_group" {
    for_each = local.groups

    content {
      origin_id = origin_group.key

      failover_criteria {
        status_codes = local.failover_status_codes
      }

      member {
        origin_id = "${origin_group.key}-primary"
      }

      member {
        origin_id = "${origin_group.key}-failover"
      }
    }
  }

  # A failover of the application moves the name of its origin. CloudFront's own would let reads go to a region that
  # writes don't go to, and takes no methods that write.
  default_cache_behavior {
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cache_policy_id            = local.managed_policies.caching_disabled
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    origin_request_policy_id   = local.managed_policies.all_viewer
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this["pages"].id
    target_origin_id           = "app"
    viewer_protocol_policy     = "redirect-to-https"
  }

  # Whoever calls the API in clear has sent its secrets already: it is told so instead of being led on.
  ordered_cache_behavior {
    path_pattern               = "/api/*"
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cache_policy_id            = local.managed_policies.caching_disabled
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    origin_request_policy_id   = local.managed_policies.all_viewer
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this["pages"].id
    target_origin_id           = "app"
    viewer_protocol_policy     = "https-only"
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.static

    content {
      path_pattern               = "/${ordered_cache_behavior.key}/*"
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cache_policy_id            = local.managed_policies.caching_optimized
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this["files"].id
      target_origin_id           = contains(keys(local.groups), ordered_cache_behavior.key) ? ordered_cache_behavior.key : "${ordered_cache_behavior.key}-primary"
      viewer_protocol_policy     = "redirect-to-https"
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.this.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }

  tags = merge(var.tags, { Name = var.name })
}
