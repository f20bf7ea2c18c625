# What the module refuses before AWS would, each refusal beside a twin that is accepted.

mock_provider "aws" {
  mock_data "aws_default_tags" {
    defaults = {
      tags = { Environment = "dev", Stack = "site@eu-central-1" }
    }
  }

  mock_data "aws_ec2_managed_prefix_list" {
    defaults = {
      id = "pl-0a1b"
    }
  }

  mock_resource "aws_autoscaling_policy" {
    defaults = {
      arn = "arn:aws:autoscaling:eu-central-1:111122223333:scalingPolicy:0a1b:autoScalingGroupName/shop-dev:policyName/mock"
    }
  }

  mock_resource "aws_iam_instance_profile" {
    defaults = {
      arn = "arn:aws:iam::111122223333:instance-profile/shop-dev-app-eu-central-1"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/shop-dev-app-eu-central-1"
    }
  }

  mock_resource "aws_launch_template" {
    defaults = {
      id             = "lt-0a1b"
      latest_version = 3
    }
  }
}

variables {
  account_id  = "111122223333"
  capacity    = { min = 2, max = 10 }
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/0a1b"
  name        = "shop-dev"
  region      = "eu-central-1"
  vpc_id      = "vpc-0a1b"

  instance = {
    image_id = "ami-0123456789abcdef0"
    type     = "t3.small"
  }

  load_balancer = {
    security_group_id = "sg-0a1b"
    target_group_arn  = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop-dev/4e5f"
  }

  scaling = {
    target_cpu_percent = 60
  }

  subnet_ids = {
    eu-central-1a = "subnet-0a"
    eu-central-1b = "subnet-0b"
  }
}

run "an_arn_that_stands_for_others_is_refused" {
  command         = plan
  expect_failures = [var.access]

  variables {
    access = { secret_arns = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:*"] }
  }
}

run "a_bucket_by_its_name_is_refused" {
  command         = plan
  expect_failures = [var.access]

  variables {
    access = { bucket_arns_read = ["shop-dev-images"] }
  }
}

run "the_control_store_of_all_environments_is_refused" {
  command         = plan
  expect_failures = [var.access]

  variables {
    access = { control_store = { bucket_arns = ["arn:aws:s3:::shop-dev-control"], environment = "*" } }
  }
}

run "mail_from_any_address_is_refused" {
  command         = plan
  expect_failures = [var.access]

  variables {
    access = { mail_from = "*@example.com" }
  }
}

run "all_parameters_at_once_are_refused" {
  command         = plan
  expect_failures = [var.access]

  variables {
    access = { parameter_prefix = "/" }
  }
}

run "a_prefix_with_a_slash_at_its_end_is_accepted" {
  command = plan

  variables {
    access = { parameter_prefix = "/shop-dev/" }
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.this.policy, "arn:aws:ssm:eu-central-1:111122223333:parameter/shop-dev/*\"")
    error_message = "The slash is written once."
  }
}

run "an_account_id_of_11_digits_is_refused" {
  command         = plan
  expect_failures = [var.account_id]

  variables {
    account_id = "11112222333"
  }
}

run "an_account_id_of_12_digits_is_accepted" {
  command = plan

  variables {
    account_id = "000000000000"
    access     = { log_group_prefix = "/shop-dev" }
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.this.policy, "arn:aws:logs:eu-central-1:000000000000:log-group:/shop-dev/*")
    error_message = "The account enters the ARNs of the role's policy."
  }
}

run "port_zero_is_refused" {
  command         = plan
  expect_failures = [var.app_port]

  variables {
    app_port = 0
  }
}

run "another_port_is_accepted" {
  command = plan

  variables {
    app_port = 3000
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.load_balancer[0].from_port == 3000 &&
      aws_vpc_security_group_egress_rule.load_balancer[0].to_port == 3000
    )
    error_message = "Both ends of the way from the load balancer are on the given port."
  }
}

run "more_at_least_than_at_most_is_refused" {
  command         = plan
  expect_failures = [var.capacity]

  variables {
    capacity = { min = 3, max = 2 }
  }
}

run "half_an_instance_is_refused" {
  command         = plan
  expect_failures = [var.capacity]

  variables {
    capacity = { min = 1, max = 2.5 }
  }
}

run "a_group_that_stands_at_zero_is_accepted" {
  command = plan

  variables {
    capacity = { min = 0, max = 0 }
  }

  assert {
    condition     = aws_autoscaling_group.this.max_size == 0 && aws_autoscaling_group.this.wait_for_capacity_timeout == "0"
    error_message = "A standby has no instances, and nobody waits for any."
  }
}

run "a_metric_that_is_not_the_groups_is_refused" {
  command         = plan
  expect_failures = [var.enabled_metrics]

  variables {
    enabled_metrics = ["CPUUtilization"]
  }
}

run "one_metric_is_accepted" {
  command = plan

  variables {
    enabled_metrics = ["GroupInServiceInstances"]
  }

  assert {
    condition     = aws_autoscaling_group.this.enabled_metrics == toset(["GroupInServiceInstances"])
    error_message = "The group keeps the metrics that were asked for."
  }
}

run "an_image_by_its_name_is_refused" {
  command         = plan
  expect_failures = [var.instance]

  variables {
    instance = { image_id = "shop-2026-11", type = "t3.small" }
  }
}

run "a_type_without_a_size_is_refused" {
  command         = plan
  expect_failures = [var.instance]

  variables {
    instance = { image_id = "ami-0123456789abcdef0", type = "t3" }
  }
}

run "a_volume_that_is_too_small_for_the_image_is_refused" {
  command         = plan
  expect_failures = [var.instance]

  variables {
    instance = { image_id = "ami-0123456789abcdef0", type = "t3.small", volume_gib = 7 }
  }
}

run "another_instance_is_accepted" {
  command = plan

  variables {
    instance = { image_id = "ami-01234567", type = "m7g.2xlarge", volume_gib = 8 }
  }

  assert {
    condition = (
      aws_launch_template.this.instance_type == "m7g.2xlarge" && aws_launch_template.this.image_id == "ami-01234567" &&
      aws_launch_template.this.block_device_mappings[0].ebs[0].volume_size == 8
    )
    error_message = "Image, type and volume are as asked."
  }
}

run "a_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b"
  }
}

run "a_name_of_33_characters_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop-abcdefghijklmnopqrstuvwxyz-1"
  }
}

run "a_name_of_32_characters_is_accepted_in_the_region_with_the_longest_name" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:ap-southeast-1:111122223333:key/0a1b"
    name        = "shop-abcdefghijklmnopqrstuvwxyz1"
    region      = "ap-southeast-1"
    subnet_ids  = { ap-southeast-1a = "subnet-0a", ap-southeast-1b = "subnet-0b" }
  }

  assert {
    condition     = length(aws_iam_role.this.name) <= 64
    error_message = "IAM takes a role's name of 64 characters."
  }
}

run "a_region_that_is_a_zone_is_refused" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "eu-central-1a"
  }
}

run "scaling_by_nothing_is_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = {}
  }
}

run "scaling_in_two_ways_is_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = {
      steps              = { in_after_minutes = 5, in_below_percent = 30, out_above_percent = 70, out_after_minutes = 2 }
      target_cpu_percent = 60
    }
  }
}

run "a_target_that_is_never_left_is_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = { target_cpu_percent = 95 }
  }
}

run "a_target_of_50_percent_is_accepted" {
  command = plan

  variables {
    scaling = { target_cpu_percent = 50 }
  }

  assert {
    condition     = aws_autoscaling_policy.target[0].target_tracking_configuration[0].target_value == 50
    error_message = "The group keeps to the given CPU."
  }
}

run "steps_that_meet_are_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = {
      steps = { in_after_minutes = 5, in_below_percent = 70, out_above_percent = 70, out_after_minutes = 2 }
    }
  }
}

run "steps_at_once_are_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = {
      steps = { in_after_minutes = 5, in_below_percent = 30, out_above_percent = 70, out_after_minutes = 0 }
    }
  }
}

run "steps_of_no_instance_are_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = {
      steps = { adjustment = 0, in_after_minutes = 5, in_below_percent = 30, out_above_percent = 70, out_after_minutes = 2 }
    }
  }
}

run "steps_of_two_instances_are_accepted" {
  command = plan

  variables {
    scaling = {
      steps = { adjustment = 2, in_after_minutes = 5, in_below_percent = 30, out_above_percent = 70, out_after_minutes = 2 }
    }
  }

  assert {
    condition     = [for policy in aws_autoscaling_policy.step : one(policy.step_adjustment).scaling_adjustment] == [-2, 2]
    error_message = "The group shrinks and grows by two."
  }
}

run "a_warm_up_of_more_than_an_hour_is_refused" {
  command         = plan
  expect_failures = [var.scaling]

  variables {
    scaling = { target_cpu_percent = 60, warm_up_seconds = 3601 }
  }
}

run "a_short_warm_up_is_accepted" {
  command = plan

  variables {
    scaling = { target_cpu_percent = 60, warm_up_seconds = 30 }
  }

  assert {
    condition     = aws_autoscaling_group.this.default_instance_warmup == 30 && aws_autoscaling_group.this.health_check_grace_period == 30
    error_message = "A new instance counts, and is judged, after its warm-up."
  }
}

run "one_zone_behind_a_load_balancer_is_refused" {
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

run "one_zone_without_a_load_balancer_is_accepted" {
  command = plan

  variables {
    load_balancer = null
    subnet_ids    = { eu-central-1a = "subnet-0a" }
  }

  assert {
    condition     = aws_autoscaling_group.this.vpc_zone_identifier == toset(["subnet-0a"])
    error_message = "The smallest shape stands in one zone."
  }
}
