# What the module refuses before AWS would, each refusal beside a twin that is accepted.

mock_provider "aws" {}

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

run "a_health_path_without_a_slash_is_refused" {
  command         = plan
  expect_failures = [var.app]

  variables {
    app = { health_path = "health" }
  }
}

run "a_health_path_of_1025_characters_is_refused" {
  command         = plan
  expect_failures = [var.app]

  variables {
    app = { health_path = format("/%s", join("", [for _ in range(1024) : "a"])) }
  }
}

run "a_port_above_65535_is_refused" {
  command         = plan
  expect_failures = [var.app]

  variables {
    app = { port = 65536 }
  }
}

run "another_application_server_is_accepted" {
  command = plan

  variables {
    app = { health_path = "/up?deep=1", port = 3000 }
  }

  assert {
    condition     = aws_lb_target_group.this.port == 3000 && aws_lb_target_group.this.health_check[0].path == "/up?deep=1"
    error_message = "Instances are asked on their port and path."
  }
}

run "a_certificate_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.certificate_arn]

  variables {
    certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/0a1b"
  }
}

run "a_certificate_by_its_domain_is_refused" {
  command         = plan
  expect_failures = [var.certificate_arn]

  variables {
    certificate_arn = "shop.example"
  }
}

run "another_region_with_its_own_certificate_and_zones_is_accepted" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/0a1b"
    region          = "us-east-1"
    subnet_ids      = { us-east-1a = "subnet-0a", us-east-1b = "subnet-0b" }
  }

  assert {
    condition     = aws_acm_certificate_validation.this.certificate_arn == var.certificate_arn
    error_message = "The certificate of the region is waited for."
  }
}

run "a_delay_of_more_than_an_hour_is_refused" {
  command         = plan
  expect_failures = [var.deregistration_delay_seconds]

  variables {
    deregistration_delay_seconds = 3601
  }
}

run "no_delay_is_accepted" {
  command = plan

  variables {
    deregistration_delay_seconds = 0
  }

  assert {
    condition     = aws_lb_target_group.this.deregistration_delay == "0"
    error_message = "An instance may be left at once."
  }
}

run "an_idle_timeout_of_zero_is_refused" {
  command         = plan
  expect_failures = [var.idle_timeout_seconds]

  variables {
    idle_timeout_seconds = 0
  }
}

run "an_idle_timeout_as_long_as_the_servers_keep_alive_is_refused" {
  command         = plan
  expect_failures = [var.idle_timeout_seconds]

  variables {
    idle_timeout_seconds = 75
  }
}

run "a_server_that_lets_go_first_is_refused" {
  command         = plan
  expect_failures = [var.idle_timeout_seconds]

  variables {
    app = { keep_alive_seconds = 60 }
  }
}

run "a_long_idle_timeout_below_a_longer_keep_alive_is_accepted" {
  command = plan

  variables {
    app                  = { keep_alive_seconds = 125 }
    idle_timeout_seconds = 120
  }

  assert {
    condition     = aws_lb.this.idle_timeout == 120
    error_message = "The load balancer waits as long as asked."
  }
}

run "a_bucket_with_its_scheme_is_refused" {
  command         = plan
  expect_failures = [var.log_bucket]

  variables {
    log_bucket = "s3://shop-dev-logs"
  }
}

run "a_bucket_with_dots_is_accepted" {
  command = plan

  variables {
    log_bucket = "logs.shop.example"
  }

  assert {
    condition     = aws_lb.this.access_logs[0].bucket == "logs.shop.example"
    error_message = "Access logs go to the given bucket."
  }
}

run "a_name_of_33_characters_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop-abcdefghijklmnopqrstuvwxyz-1"
  }
}

run "a_name_that_begins_with_internal_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "internal-shop"
  }
}

run "a_name_of_32_characters_is_accepted" {
  command = plan

  variables {
    name = "shop-abcdefghijklmnopqrstuvwxyz1"
  }

  assert {
    condition     = length(aws_lb.this.name) == 32 && length(aws_lb_target_group.this.name) == 32
    error_message = "AWS takes 32 characters for a load balancer and for a target group."
  }
}

run "a_secret_of_15_characters_is_refused" {
  command         = plan
  expect_failures = [var.origin_secret]

  variables {
    origin_secret = "secretsecretsec"
  }
}

run "a_secret_that_stands_for_every_other_is_refused" {
  command         = plan
  expect_failures = [var.origin_secret]

  variables {
    origin_secret = "secretsecretsecret*"
  }
}

run "a_secret_of_128_characters_is_accepted" {
  command = plan

  variables {
    origin_secret = join("", [for _ in range(16) : "abcdefgh"])
  }

  assert {
    condition     = length(one(one(one(aws_lb_listener_rule.origin.condition).http_header).values)) == 128
    error_message = "The whole secret is compared."
  }
}

run "a_region_that_is_a_zone_is_refused" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "eu-central-1a"
  }
}

run "one_zone_is_refused" {
  command         = plan
  expect_failures = [var.subnet_ids]

  variables {
    subnet_ids = { eu-central-1a = "subnet-0a" }
  }
}

run "a_zone_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.subnet_ids]

  variables {
    subnet_ids = { eu-central-1a = "subnet-0a", eu-west-1b = "subnet-0b" }
  }
}

run "three_zones_are_accepted" {
  command = plan

  variables {
    subnet_ids = merge(var.subnet_ids, { eu-central-1c = "subnet-0c" })
  }

  assert {
    condition     = aws_lb.this.subnets == toset(["subnet-0a", "subnet-0b", "subnet-0c"])
    error_message = "The load balancer stands in every subnet."
  }
}
