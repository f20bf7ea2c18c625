# What the module refuses before AWS would, each refusal beside a twin that is accepted.

mock_provider "aws" {}

variables {
  account_id = "111122223333"
  cidr       = "10.0.0.0/16"
  name       = "shop-dev"
  region     = "eu-central-1"

  flow_logs = {
    kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/0a1b"
    retention_days = 14
  }

  subnets = {
    public-a = { tier = "public", availability_zone = "eu-central-1a", cidr = "10.0.1.0/24" }
    public-b = { tier = "public", availability_zone = "eu-central-1b", cidr = "10.0.2.0/24" }
    app-a    = { tier = "app", availability_zone = "eu-central-1a", cidr = "10.0.16.0/22" }
    app-b    = { tier = "app", availability_zone = "eu-central-1b", cidr = "10.0.20.0/22" }
    db-a     = { tier = "db", availability_zone = "eu-central-1a", cidr = "10.0.32.0/24" }
    db-b     = { tier = "db", availability_zone = "eu-central-1b", cidr = "10.0.33.0/24" }
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
  }

  assert {
    condition     = strcontains(aws_iam_role.flow.assume_role_policy, "000000000000")
    error_message = "The account enters the trust of the flow log's role."
  }
}

run "a_vpc_cidr_that_is_no_network_is_refused" {
  command         = plan
  expect_failures = [var.cidr]

  variables {
    cidr = "10.0.0.1/16"
  }
}

run "a_vpc_cidr_in_ipv6_is_refused" {
  command         = plan
  expect_failures = [var.cidr]

  variables {
    cidr = "fd00::/16"
  }
}

run "a_vpc_larger_than_16_is_refused" {
  command         = plan
  expect_failures = [var.cidr]

  variables {
    cidr = "10.0.0.0/15"
  }
}

run "a_vpc_of_18_that_holds_its_subnets_is_accepted" {
  command = plan

  variables {
    cidr = "10.0.0.0/18"
  }

  assert {
    condition     = output.vpc_cidr == "10.0.0.0/18"
    error_message = "The VPC has the addresses that were asked for."
  }
}

run "a_key_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.flow_logs]

  variables {
    flow_logs = merge(var.flow_logs, { kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b" })
  }
}

run "a_retention_of_10_days_is_refused" {
  command         = plan
  expect_failures = [var.flow_logs]

  variables {
    flow_logs = merge(var.flow_logs, { retention_days = 10 })
  }
}

run "an_endless_retention_is_refused" {
  command         = plan
  expect_failures = [var.flow_logs]

  variables {
    flow_logs = merge(var.flow_logs, { retention_days = 0 })
  }
}

run "a_retention_of_365_days_is_accepted" {
  command = plan

  variables {
    flow_logs = merge(var.flow_logs, { retention_days = 365 })
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.retention_in_days == 365
    error_message = "Flow logs are kept for as long as was asked."
  }
}

run "a_name_with_capitals_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "Shop-dev"
  }
}

run "a_name_of_33_characters_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop-abcdefghijklmnopqrstuvwxyz-1"
  }
}

run "a_name_of_32_characters_is_accepted" {
  command = plan

  variables {
    name = "shop-abcdefghijklmnopqrstuvwxyz1"
  }

  assert {
    condition     = length(aws_iam_role.flow.name) <= 64
    error_message = "IAM takes a role's name of 64 characters."
  }
}

run "an_unknown_way_out_is_refused" {
  command         = plan
  expect_failures = [var.nat]

  variables {
    nat = "per-az"
  }
}

run "one_way_out_is_accepted" {
  command = plan

  variables {
    nat = "single"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"]
    error_message = "A single NAT gateway stands in the first zone."
  }
}

run "a_region_that_is_a_zone_is_refused" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "eu-central-1a"
  }
}

run "another_region_with_its_own_zones_and_key_is_accepted" {
  command = plan

  variables {
    region    = "eu-west-1"
    flow_logs = merge(var.flow_logs, { kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b" })

    subnets = { for key, subnet in var.subnets : key => merge(subnet, {
      availability_zone = replace(subnet.availability_zone, "eu-central-1", "eu-west-1")
    }) }
  }

  assert {
    condition     = aws_iam_role.flow.name == "shop-dev-vpc-flow-eu-west-1"
    error_message = "Names in IAM, which is global, carry the region."
  }
}

run "an_unknown_tier_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = merge(var.subnets, {
      cache-a = { tier = "cache", availability_zone = "eu-central-1a", cidr = "10.0.40.0/24" }
    })
  }
}

run "a_zone_of_another_region_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { for key, subnet in var.subnets : key => merge(subnet, {
      availability_zone = replace(subnet.availability_zone, "eu-central-1", "eu-west-1")
    }) }
  }
}

run "a_key_that_contradicts_its_subnet_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = merge(var.subnets, {
      public-a = merge(var.subnets.public-a, { availability_zone = "eu-central-1b" })
      public-b = merge(var.subnets.public-b, { availability_zone = "eu-central-1a" })
    })
  }
}

run "a_tier_that_misses_a_zone_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { for key, subnet in var.subnets : key => subnet if key != "db-b" }
  }
}

run "one_zone_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { for key, subnet in var.subnets : key => subnet if endswith(key, "-a") }
  }
}

run "three_zones_are_accepted" {
  command = plan

  variables {
    subnets = merge(var.subnets, {
      public-c = { tier = "public", availability_zone = "eu-central-1c", cidr = "10.0.3.0/24" }
      app-c    = { tier = "app", availability_zone = "eu-central-1c", cidr = "10.0.24.0/22" }
      db-c     = { tier = "db", availability_zone = "eu-central-1c", cidr = "10.0.34.0/24" }
    })
  }

  assert {
    condition = alltrue(flatten([
      for acl in aws_network_acl.this : [length(acl.ingress) <= 20, length(acl.egress) <= 20]
    ]))
    error_message = "AWS takes 20 rules for each direction of a network ACL."
  }
}

run "a_subnet_cidr_that_is_no_network_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = merge(var.subnets, {
      public-a = merge(var.subnets.public-a, { cidr = "10.0.1.7/24" })
    })
  }
}

run "a_subnet_smaller_than_28_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = merge(var.subnets, {
      public-a = merge(var.subnets.public-a, { cidr = "10.0.1.0/29" })
    })
  }
}

run "a_subnet_outside_the_vpc_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = merge(var.subnets, {
      public-a = merge(var.subnets.public-a, { cidr = "10.1.1.0/24" })
    })
  }
}

run "a_subnet_larger_than_the_vpc_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    cidr = "10.0.0.0/18"
    subnets = merge(var.subnets, {
      public-a = merge(var.subnets.public-a, { cidr = "10.0.0.0/17" })
    })
  }
}

run "a_subnet_within_another_is_refused" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = merge(var.subnets, {
      app-b = merge(var.subnets.app-b, { cidr = "10.0.19.0/24" })
    })
  }
}

run "a_subnet_beside_another_is_accepted" {
  command = plan

  variables {
    subnets = merge(var.subnets, {
      public-a = merge(var.subnets.public-a, { cidr = "10.0.1.0/28" })
      public-b = merge(var.subnets.public-b, { cidr = "10.0.1.16/28" })
    })
  }

  assert {
    condition     = length(aws_subnet.this) == 6
    error_message = "Every subnet is made."
  }
}
