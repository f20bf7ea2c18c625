# What the module promises, read from planned and applied values.

mock_provider "aws" {
  mock_data "aws_ec2_managed_prefix_list" {
    defaults = {
      id = "pl-0a1b"
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = {
      certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/0a1b"
    }
  }

  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop-dev/0a1b"
      arn_suffix = "app/shop-dev/0a1b"
      dns_name   = "shop-dev-1.eu-central-1.elb.amazonaws.com"
      zone_id    = "Z215JYRZR1TBD5"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shop-dev/0a1b/2c3d"
    }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop-dev/4e5f"
      arn_suffix = "targetgroup/shop-dev/4e5f"
    }
  }
}

variables {
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/0a1b"
  log_bucket      = "shop-dev-logs"
  name            = "shop-dev"
  origin_secret   = "secretsecretsecretsecret"
  region          = "eu-central-1"
  vpc_id          = "vpc-0a1b"

  subnet_ids = {
    eu-central-1a = "subnet-0a"
    eu-central-1b = "subnet-0b"
  }
}

run "only_cloudfront_comes_in" {
  command = apply

  assert {
    condition     = data.aws_ec2_managed_prefix_list.cloudfront.name == "com.amazonaws.global.cloudfront.origin-facing"
    error_message = "The addresses are those that CloudFront fetches from."
  }

  assert {
    condition = { for key, rule in aws_vpc_security_group_ingress_rule.cloudfront : key => [rule.from_port, rule.to_port] } == {
      http  = [80, 80]
      https = [443, 443]
    }
    error_message = "Only the two web ports are open."
  }

  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.cloudfront :
      rule.prefix_list_id == "pl-0a1b" && rule.ip_protocol == "tcp" && rule.cidr_ipv4 == null && rule.cidr_ipv6 == null
    ])
    error_message = "Only CloudFront's addresses may come."
  }
}

run "no_security_group_holds_the_prefix_list_twice" {
  command = apply

  assert {
    condition = alltrue([
      for key, rule in aws_vpc_security_group_ingress_rule.cloudfront :
      rule.security_group_id == aws_security_group.this[key].id
    ]) && length(aws_security_group.this) == 2
    error_message = "The list counts as 55 of a group's 60 rules: each port has its own group."
  }

  assert {
    condition     = aws_lb.this.security_groups == toset([for group in aws_security_group.this : group.id])
    error_message = "The load balancer is in both groups."
  }
}

run "plain_http_is_redirected" {
  command = plan

  assert {
    condition = (
      aws_lb_listener.http.port == 80 &&
      aws_lb_listener.http.default_action[0].type == "redirect" &&
      aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS" &&
      aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301"
    )
    error_message = "Port 80 answers with a redirect to HTTPS."
  }
}

run "tls_is_1_2_or_newer_with_a_certificate_that_is_issued" {
  command = apply

  assert {
    condition = (
      aws_lb_listener.https.protocol == "HTTPS" &&
      aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" &&
      aws_lb_listener.https.certificate_arn == aws_acm_certificate_validation.this.certificate_arn
    )
    error_message = "HTTPS is TLS 1.2 or 1.3, with the certificate that was waited for."
  }

  assert {
    condition     = aws_acm_certificate_validation.this.timeouts.create == "15m"
    error_message = "A certificate that isn't issued within 15 minutes fails the apply."
  }
}

run "who_comes_past_this_shops_cloudfront_reads_403" {
  command = plan

  assert {
    condition = (
      aws_lb_listener.https.default_action[0].type == "fixed-response" &&
      aws_lb_listener.https.default_action[0].fixed_response[0].status_code == "403"
    )
    error_message = "Without the header nothing is forwarded."
  }

  assert {
    condition = (
      one(one(aws_lb_listener_rule.origin.condition).http_header).http_header_name == "X-Origin-Verify" &&
      one(one(aws_lb_listener_rule.origin.condition).http_header).values == toset([var.origin_secret])
    )
    error_message = "The header must hold the secret."
  }
}

run "who_comes_with_the_header_reaches_the_instances" {
  command = apply

  assert {
    condition = (
      aws_lb_listener_rule.origin.action[0].type == "forward" &&
      aws_lb_listener_rule.origin.action[0].target_group_arn == aws_lb_target_group.this.arn &&
      length(aws_lb_listener_rule.maintenance) == 0
    )
    error_message = "Requests are forwarded to the target group."
  }
}

run "in_maintenance_customers_read_a_page" {
  command   = plan
  state_key = "maintenance"

  variables {
    maintenance = true
  }

  assert {
    condition = (
      aws_lb_listener_rule.maintenance[0].action[0].type == "fixed-response" &&
      aws_lb_listener_rule.maintenance[0].action[0].fixed_response[0].status_code == "503" &&
      aws_lb_listener_rule.maintenance[0].action[0].fixed_response[0].content_type == "text/html" &&
      strcontains(aws_lb_listener_rule.maintenance[0].action[0].fixed_response[0].message_body, "We are back soon")
    )
    error_message = "The page says so, with status 503."
  }

  assert {
    condition     = aws_lb_listener_rule.maintenance[0].priority < aws_lb_listener_rule.origin.priority
    error_message = "The page stands before the instances."
  }

  assert {
    condition     = length(aws_lb_listener_rule.maintenance[0].action[0].fixed_response[0].message_body) <= 1024
    error_message = "ELB takes a page of 1024 characters."
  }
}

run "in_maintenance_nobody_passes_without_the_header" {
  command   = plan
  state_key = "maintenance"

  variables {
    maintenance = true
  }

  assert {
    condition = (
      one(one(aws_lb_listener_rule.maintenance[0].condition).http_header).values == toset([var.origin_secret]) &&
      aws_lb_listener.https.default_action[0].fixed_response[0].status_code == "403"
    )
    error_message = "The page is for customers only."
  }
}

run "requests_that_pretend_are_dropped_and_the_rest_is_on_record" {
  command = plan

  assert {
    condition = (
      aws_lb.this.drop_invalid_header_fields && aws_lb.this.desync_mitigation_mode == "strictest" &&
      aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == "shop-dev-logs" &&
      aws_lb.this.access_logs[0].prefix == "alb"
    )
    error_message = "Invalid headers are dropped, ambiguous requests refused, access logs kept under alb/."
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection && !aws_lb.this.internal
    error_message = "Unless told otherwise, the load balancer can't be deleted by mistake."
  }
}

run "a_failed_instance_is_out_within_half_a_minute" {
  command = plan

  assert {
    condition = (
      aws_lb_target_group.this.health_check[0].interval * aws_lb_target_group.this.health_check[0].unhealthy_threshold <= 30 &&
      aws_lb_target_group.this.health_check[0].path == "/health" &&
      aws_lb_target_group.this.health_check[0].matcher == "200"
    )
    error_message = "Three answers other than 200, 10 s apart, take an instance out."
  }

  assert {
    condition     = aws_lb.this.idle_timeout == 60 && aws_lb_target_group.this.deregistration_delay == "60"
    error_message = "An instance that leaves may finish what fits into the idle timeout."
  }
}

run "names_are_given_to_whoever_needs_them" {
  command = apply

  assert {
    condition = (
      output.arn == aws_lb.this.arn && output.arn_suffix == "app/shop-dev/0a1b" &&
      output.dns_name == "shop-dev-1.eu-central-1.elb.amazonaws.com" && output.zone_id == "Z215JYRZR1TBD5" &&
      output.target_group_arn == aws_lb_target_group.this.arn &&
      output.target_group_arn_suffix == "targetgroup/shop-dev/4e5f" &&
      output.security_group_id == aws_security_group.this["https"].id
    )
    error_message = "Load balancer and target group are given by ARN and as metrics name them."
  }
}

run "every_name_is_used_once_within_its_type" {
  command = plan

  assert {
    condition = alltrue([
      for names in [
        [for group in aws_security_group.this : group.tags.Name],
        [for rule in aws_vpc_security_group_ingress_rule.cloudfront : rule.tags.Name],
        [aws_lb_listener.http.tags.Name, aws_lb_listener.https.tags.Name],
        [aws_lb.this.tags.Name],
        [aws_lb_target_group.this.tags.Name],
        [aws_lb_listener_rule.origin.tags.Name],
      ] : length(names) == length(distinct(names)) && alltrue([for name in names : startswith(name, "shop-dev")])
    ])
    error_message = "Name tags begin with the environment's name and repeat within no type."
  }
}
