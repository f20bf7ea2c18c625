mock_provider "aws" {}

variables {
  account_id        = "111122223333"
  blocked_countries = ["KP", "AQ"]
  counted_rules     = { common = ["SizeRestrictions_BODY"] }
  kms_key_arn       = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name              = "shop-prod"
  region            = "us-east-1"
  tags              = { Team = "shop" }
}

run "requests_pass_unless_a_rule_stops_them" {
  command = plan

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "CLOUDFRONT" && length(aws_wafv2_web_acl.this.default_action[0].allow) == 1
    error_message = "The web ACL is for CloudFront and lets in by default."
  }

  assert {
    condition = tomap({ for rule in aws_wafv2_web_acl.this.rule : rule.name => rule.priority }) == tomap({
      blocked-countries = 0
      common            = 20
      known-bad-inputs  = 21
      rate-limit        = 10
      sqli              = 22
    })
    error_message = "Each rule has a priority of its own, the cheap ones first."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : length(rule.action[0].block) == 1 if contains(["blocked-countries", "rate-limit"], rule.name)
    ])
    error_message = "Countries and rates are blocked."
  }
}

run "nobody_is_turned_away_for_a_country_unless_told" {
  command = plan
  variables { blocked_countries = [] }

  assert {
    condition     = !contains([for rule in aws_wafv2_web_acl.this.rule : rule.name], "blocked-countries")
    error_message = "Without countries there is no rule."
  }
}

run "aws_s_rules_against_common_attacks_block" {
  command = plan

  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [for group in rule.statement[0].managed_rule_group_statement : "${group.vendor_name}/${group.name}"]
    ])) == toset(["AWS/AWSManagedRulesCommonRuleSet", "AWS/AWSManagedRulesKnownBadInputsRuleSet", "AWS/AWSManagedRulesSQLiRuleSet"])
    error_message = "The groups are common rules, known bad inputs and SQL injection."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : length(rule.override_action[0].none) == 1 if length(rule.statement[0].managed_rule_group_statement) == 1
    ])
    error_message = "No group is turned down as a whole."
  }

  assert {
    condition = {
      for rule in aws_wafv2_web_acl.this.rule : rule.name => [for override in rule.statement[0].managed_rule_group_statement[0].rule_action_override : override.name]
      if length(rule.statement[0].managed_rule_group_statement) == 1
    } == { common = ["SizeRestrictions_BODY"], known-bad-inputs = [], sqli = [] }
    error_message = "Only the named rule counts."
  }
}

run "requests_are_logged_without_what_lets_a_reader_in" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "aws-waf-logs-shop-prod" && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "The logs have the name that AWS WAF asks for, and the shop's key."
  }

  assert {
    condition     = toset(flatten([for field in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : field.single_header[*].name])) == toset(["authorization", "cookie"])
    error_message = "Credentials are left out."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement[0].Resource == "arn:aws:logs:us-east-1:111122223333:log-group:aws-waf-logs-shop-prod:*"
    error_message = "The service may write to this group only."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    error_message = "And for this account only."
  }
}

run "everything_can_be_found_by_its_tags" {
  command = plan

  assert {
    condition     = aws_wafv2_web_acl.this.tags == tomap({ Name = "shop-prod", Team = "shop" })
    error_message = "The web ACL is named."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.tags == tomap({ Name = "aws-waf-logs-shop-prod", Team = "shop" })
    error_message = "The log group is named."
  }
}
