# What the module promises, read from planned and applied values.

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

run "the_group_starts_a_numbered_version_of_its_template" {
  command = apply

  assert {
    condition = (
      aws_autoscaling_group.this.launch_template[0].id == "lt-0a1b" &&
      aws_autoscaling_group.this.launch_template[0].version == "3" && output.launch_template_version == 3
    )
    error_message = "The version is a number, so that a new image shows in a plan."
  }
}

run "the_group_has_the_given_bounds_and_no_size_of_its_own" {
  # Planned, and from no state: only what nobody set is unknown before it is applied.
  command   = plan
  state_key = "none"

  assert {
    condition = (
      aws_autoscaling_group.this.name == "shop-dev" && aws_autoscaling_group.this.min_size == 2 &&
      aws_autoscaling_group.this.max_size == 10 && aws_autoscaling_group.this.wait_for_capacity_timeout == "10m"
    )
    error_message = "Two to ten instances, and an apply that waits for them."
  }

  assert {
    condition     = aws_autoscaling_group.this.vpc_zone_identifier == toset(["subnet-0a", "subnet-0b"])
    error_message = "The group stands in every given zone."
  }
}

run "without_an_image_nothing_is_started" {
  command = plan

  variables {
    instance = { type = "t3.small" }
  }

  assert {
    condition = (
      aws_autoscaling_group.this.min_size == 0 && aws_autoscaling_group.this.max_size == 0 &&
      aws_autoscaling_group.this.wait_for_capacity_timeout == "0"
    )
    error_message = "The group stands at zero, whatever the capacity says, and nobody waits."
  }

  assert {
    condition = aws_launch_template.this.image_id == (
      "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    )
    error_message = "The template names Amazon Linux, because AWS takes none without an image."
  }
}

run "without_an_image_the_template_has_the_architecture_of_its_type" {
  command = plan

  variables {
    instance = { type = "t4g.small" }
  }

  assert {
    condition     = endswith(aws_launch_template.this.image_id, "-arm64")
    error_message = "AWS refuses an image that doesn't fit the type."
  }
}

run "graphics_are_not_taken_for_another_architecture" {
  command = plan

  variables {
    instance = { type = "g4dn.xlarge" }
  }

  assert {
    condition     = endswith(aws_launch_template.this.image_id, "-x86_64")
    error_message = "The g that counts stands after the generation."
  }
}

run "credentials_are_given_by_imdsv2_within_one_hop" {
  command = plan

  assert {
    condition = (
      aws_launch_template.this.metadata_options[0].http_tokens == "required" &&
      aws_launch_template.this.metadata_options[0].http_put_response_hop_limit == 1
    )
    error_message = "A token is needed, and what is forwarded doesn't get one."
  }
}

run "volumes_are_encrypted_with_the_given_key" {
  command = plan

  assert {
    condition = (
      aws_launch_template.this.block_device_mappings[0].ebs[0].encrypted == "true" &&
      aws_launch_template.this.block_device_mappings[0].ebs[0].kms_key_id == var.kms_key_arn &&
      aws_launch_template.this.block_device_mappings[0].ebs[0].volume_type == "gp3" &&
      aws_launch_template.this.block_device_mappings[0].ebs[0].volume_size == 20
    )
    error_message = "The root volume is gp3, of 20 GiB by default, under the given key."
  }
}

run "what_is_started_carries_the_environments_tags" {
  command = plan

  assert {
    condition = alltrue([
      for kind in ["instance", "network-interface", "volume"] : anytrue([
        for spec in aws_launch_template.this.tag_specifications : spec.resource_type == kind && spec.tags == tomap({
          Environment = "dev", Name = "shop-dev-app", Stack = "site@eu-central-1"
        })
      ])
    ])
    error_message = "Instances, interfaces and volumes are found by environment and stack."
  }

  assert {
    condition = { for tag in aws_autoscaling_group.this.tag : tag.key => tag.value } == {
      Environment = "dev", Name = "shop-dev", Stack = "site@eu-central-1"
    } && alltrue([for tag in aws_autoscaling_group.this.tag : !tag.propagate_at_launch])
    error_message = "The group carries them too, and leaves what it starts to the template."
  }
}

run "only_the_load_balancer_comes_in_and_only_https_goes_out" {
  command = apply

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.load_balancer[0].referenced_security_group_id == "sg-0a1b" &&
      aws_vpc_security_group_ingress_rule.load_balancer[0].security_group_id == aws_security_group.this.id &&
      aws_vpc_security_group_ingress_rule.load_balancer[0].from_port == 8000 &&
      aws_vpc_security_group_ingress_rule.load_balancer[0].to_port == 8000 &&
      length(aws_vpc_security_group_ingress_rule.cloudfront) == 0
    )
    error_message = "The load balancer reaches the application's port, and nobody else anything."
  }

  assert {
    condition = (
      aws_vpc_security_group_egress_rule.load_balancer[0].security_group_id == "sg-0a1b" &&
      aws_vpc_security_group_egress_rule.load_balancer[0].referenced_security_group_id == aws_security_group.this.id
    )
    error_message = "The load balancer's group lets its requests out to the instances."
  }

  assert {
    condition = (
      aws_vpc_security_group_egress_rule.https.from_port == 443 && aws_vpc_security_group_egress_rule.https.to_port == 443
    )
    error_message = "Instances reach the world by HTTPS alone."
  }
}

run "behind_a_load_balancer_instances_have_private_addresses_and_its_health_checks" {
  command = apply

  assert {
    condition = (
      aws_launch_template.this.network_interfaces[0].associate_public_ip_address == "false" &&
      aws_launch_template.this.network_interfaces[0].security_groups == toset([aws_security_group.this.id])
    )
    error_message = "No instance has a public address."
  }

  assert {
    condition = (
      aws_autoscaling_group.this.health_check_type == "ELB" &&
      aws_autoscaling_group.this.target_group_arns == toset([var.load_balancer.target_group_arn])
    )
    error_message = "The group registers with the target group and replaces what that finds unhealthy."
  }
}

run "without_a_load_balancer_cloudfront_comes_to_the_instances" {
  command = plan

  variables {
    load_balancer = null
  }

  assert {
    condition = (
      aws_launch_template.this.network_interfaces[0].associate_public_ip_address == "true" &&
      aws_autoscaling_group.this.health_check_type == "EC2" &&
      length(coalesce(aws_autoscaling_group.this.target_group_arns, [])) == 0
    )
    error_message = "Instances have public addresses and EC2's own health checks."
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.cloudfront[0].prefix_list_id == "pl-0a1b" &&
      aws_vpc_security_group_ingress_rule.cloudfront[0].from_port == 8000 &&
      length(aws_vpc_security_group_ingress_rule.load_balancer) + length(aws_vpc_security_group_egress_rule.load_balancer) == 0
    )
    error_message = "CloudFront's addresses reach the application's port, and nobody else anything."
  }
}

run "the_group_keeps_to_an_average_cpu" {
  command   = plan
  state_key = "none"

  assert {
    condition = (
      length(aws_autoscaling_policy.target) == 1 && length(aws_autoscaling_policy.step) == 0 &&
      length(aws_cloudwatch_metric_alarm.step) == 0 &&
      aws_autoscaling_policy.target[0].policy_type == "TargetTrackingScaling" &&
      aws_autoscaling_policy.target[0].target_tracking_configuration[0].predefined_metric_specification[0].predefined_metric_type == "ASGAverageCPUUtilization"
    )
    error_message = "One policy, which AWS makes the alarms for."
  }

  assert {
    condition     = aws_launch_template.this.monitoring[0].enabled && aws_autoscaling_group.this.metrics_granularity == "1Minute"
    error_message = "CPU is measured every minute."
  }
}

run "the_group_grows_and_shrinks_in_steps" {
  command   = apply
  state_key = "steps"

  variables {
    scaling = {
      steps = { in_after_minutes = 5, in_below_percent = 30, out_above_percent = 70, out_after_minutes = 2 }
    }
  }

  assert {
    condition     = length(aws_autoscaling_policy.target) == 0 && keys(aws_autoscaling_policy.step) == ["scale-in", "scale-out"]
    error_message = "Two policies, and no other one on the same metric."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.step["scale-out"].threshold == 70 &&
      aws_cloudwatch_metric_alarm.step["scale-out"].comparison_operator == "GreaterThanThreshold" &&
      aws_cloudwatch_metric_alarm.step["scale-out"].evaluation_periods * aws_cloudwatch_metric_alarm.step["scale-out"].period == 120 &&
      one(aws_autoscaling_policy.step["scale-out"].step_adjustment).scaling_adjustment == 1 &&
      one(aws_autoscaling_policy.step["scale-out"].step_adjustment).metric_interval_lower_bound == "0"
    )
    error_message = "Above 70 % for 2 minutes one instance more."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.step["scale-in"].threshold == 30 &&
      aws_cloudwatch_metric_alarm.step["scale-in"].comparison_operator == "LessThanThreshold" &&
      aws_cloudwatch_metric_alarm.step["scale-in"].evaluation_periods * aws_cloudwatch_metric_alarm.step["scale-in"].period == 300 &&
      one(aws_autoscaling_policy.step["scale-in"].step_adjustment).scaling_adjustment == -1 &&
      one(aws_autoscaling_policy.step["scale-in"].step_adjustment).metric_interval_upper_bound == "0"
    )
    error_message = "Below 30 % for 5 minutes one instance less."
  }

  assert {
    condition = alltrue([
      for key, alarm in aws_cloudwatch_metric_alarm.step :
      alarm.alarm_actions == toset([aws_autoscaling_policy.step[key].arn]) && alarm.dimensions == tomap({ AutoScalingGroupName = "shop-dev" })
    ])
    error_message = "Each alarm watches the group and starts its policy."
  }
}

run "the_role_may_use_what_is_named_and_nothing_else" {
  command   = plan
  state_key = "access"

  variables {
    access = {
      bucket_arns_read  = ["arn:aws:s3:::shop-dev-assets"]
      bucket_arns_write = ["arn:aws:s3:::shop-dev-images"]
      control_store     = { bucket_arns = ["arn:aws:s3:::shop-dev-control"], environment = "dev" }
      kms_key_arns      = ["arn:aws:kms:eu-central-1:111122223333:key/2c3d"]
      log_group_prefix  = "/shop-dev"
      mail_from         = "shop@example.com"
      parameter_prefix  = "/shop-dev"
      queue_arns        = ["arn:aws:sqs:eu-central-1:111122223333:shop-dev-jobs"]
      secret_arns       = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-dev/app-AbCdEf"]
    }
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Resource } == {
      ListBuckets      = ["arn:aws:s3:::shop-dev-assets", "arn:aws:s3:::shop-dev-images"]
      ListControlStore = ["arn:aws:s3:::shop-dev-control"]
      ReadControlStore = ["arn:aws:s3:::shop-dev-control/authority/dev/*", "arn:aws:s3:::shop-dev-control/ledger/dev/*"]
      ReadObjects      = ["arn:aws:s3:::shop-dev-assets/*", "arn:aws:s3:::shop-dev-images/*"]
      ReadParameters   = ["arn:aws:ssm:eu-central-1:111122223333:parameter/shop-dev/*"]
      ReadSecrets      = ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-dev/app-AbCdEf"]
      SendMail         = ["arn:aws:ses:eu-central-1:111122223333:identity/example.com"]
      SessionManager   = ["*"]
      UseKeys          = ["arn:aws:kms:eu-central-1:111122223333:key/2c3d"]
      WorkOnQueues     = ["arn:aws:sqs:eu-central-1:111122223333:shop-dev-jobs"]
      WriteLedger      = ["arn:aws:s3:::shop-dev-control/ledger/dev/*"]
      WriteLogs        = ["arn:aws:logs:eu-central-1:111122223333:log-group:/shop-dev/*"]
      WriteMetrics     = ["*"]
      WriteObjects     = ["arn:aws:s3:::shop-dev-images/*"]
    }
    error_message = "Every statement names its resources; sessions and metrics take none."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => statement.Condition
      if contains(["ListControlStore", "SendMail", "WriteLedger"], statement.Sid)
      } == {
      ListControlStore = { StringLikeIfExists = { "s3:prefix" = ["authority/dev/*", "ledger/dev/*"] } }
      SendMail         = { StringEquals = { "ses:FromAddress" = "shop@example.com" } }
      WriteLedger      = { Null = { "s3:if-none-match" = "false" } }
    }
    error_message = "Mail goes out from one address, and no entry of the ledger is overwritten."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [
        for action in statement.Action : !strcontains(action, "*")
      ]
    ]))
    error_message = "Every action is named."
  }
}

run "a_role_without_access_opens_sessions_and_writes_metrics" {
  command   = plan
  state_key = "none"

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteMetrics", "SessionManager"]
    error_message = "What nobody named nobody may use."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement[0].Condition.StringEquals["cloudwatch:namespace"] == [
      "CWAgent", "shop-dev",
    ]
    error_message = "Metrics go into the environment's namespace and into the agent's."
  }
}

run "only_instances_take_the_role" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "ec2.amazonaws.com" }
    error_message = "The role is for EC2."
  }

  assert {
    condition     = aws_iam_role.this.name == "shop-dev-app-eu-central-1" && aws_iam_instance_profile.this.name == aws_iam_role.this.name
    error_message = "Names in IAM, which is global, carry the region."
  }
}

run "every_name_is_used_once_within_its_type" {
  command   = plan
  state_key = "none"

  assert {
    condition = alltrue([
      for names in [
        concat([aws_vpc_security_group_egress_rule.https.tags.Name], aws_vpc_security_group_egress_rule.load_balancer[*].tags.Name),
        aws_vpc_security_group_ingress_rule.load_balancer[*].tags.Name,
        [aws_security_group.this.tags.Name],
        [aws_launch_template.this.tags.Name],
        [aws_iam_role.this.tags.Name],
        [aws_iam_instance_profile.this.tags.Name],
      ] : length(names) == length(distinct(names)) && alltrue([for name in names : startswith(name, "shop-dev")])
    ])
    error_message = "Name tags begin with the environment's name and repeat within no type."
  }
}
