locals {
  # In the order in which they look at a request. The common rules hold those against cross-site scripting, the known
  # bad inputs those against Log4j's hole.
  # https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
  managed_groups = {
    common           = { name = "AWSManagedRulesCommonRuleSet", priority = 20 }
    known_bad_inputs = { name = "AWSManagedRulesKnownBadInputsRuleSet", priority = 21 }
    sqli             = { name = "AWSManagedRulesSQLiRuleSet", priority = 22 }
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:the rules against Log4j's hole are among the managed groups above, which the check doesn't see
  name        = var.name
  description = "What reaches the shop ${var.name} by CloudFront."
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = length(var.blocked_countries) > 0 ? [var.blocked_countries] : []

    content {
      name     = "blocked-countries"
      priority = 0

      action {
        block {}
      }

      statement {
        geo_match_statement {
          country_codes = sort(rule.value)
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "blocked-countries"
        sampled_requests_enabled   = true
      }
    }
  }

  rule {
    name     = "rate-limit"
    priority = 10

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.rate_limit_per_5_minutes
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate-limit"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed_groups

    content {
      name     = replace(rule.key, "_", "-")
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          name        = rule.value.name
          vendor_name = "AWS"

          dynamic "rule_action_override" {
            for_each = sort(lookup(var.counted_rules, rule.key, []))

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = replace(rule.key, "_", "-")
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }

  tags = merge(var.tags, { Name = var.name })
}
