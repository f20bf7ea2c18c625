# What the module promises, read from planned and applied values.

mock_provider "aws" {
  mock_resource "aws_vpc" {
    defaults = {
      default_network_acl_id = "acl-default"
      default_route_table_id = "rtb-main"
      id                     = "vpc-1"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/shop-dev-vpc-flow-eu-central-1"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/shop-dev/vpc-flow"
    }
  }
}

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

run "each_zone_leaves_through_its_own_nat_gateway" {
  command = apply

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a", "eu-central-1b"]
    error_message = "By default every zone has a NAT gateway."
  }

  assert {
    condition = alltrue([
      for zone in ["a", "b"] :
      aws_nat_gateway.this["eu-central-1${zone}"].subnet_id == aws_subnet.this["public-${zone}"].id
    ])
    error_message = "A NAT gateway stands in its zone's public subnet."
  }

  assert {
    condition = alltrue([
      for zone in ["eu-central-1a", "eu-central-1b"] :
      aws_route.nat[zone].route_table_id == aws_route_table.app[zone].id &&
      aws_route.nat[zone].nat_gateway_id == aws_nat_gateway.this[zone].id
    ])
    error_message = "The app subnet of a zone leaves through that zone's NAT gateway."
  }

  assert {
    condition     = keys(output.nat_public_ips) == ["eu-central-1a", "eu-central-1b"]
    error_message = "The addresses are given by zone."
  }
}

run "a_single_nat_gateway_serves_both_zones" {
  command = apply

  variables {
    nat = "single"
  }

  assert {
    condition     = keys(aws_eip.nat) == ["eu-central-1a"] && keys(aws_nat_gateway.this) == ["eu-central-1a"]
    error_message = "A single NAT gateway and its address stand in the first zone."
  }

  assert {
    condition = alltrue([
      for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["eu-central-1a"].id
    ])
    error_message = "Both zones leave through the single NAT gateway."
  }
}

run "without_nat_the_app_tier_has_no_way_out_and_nothing_is_paid_for" {
  command = apply

  variables {
    nat = "none"
  }

  assert {
    condition     = length(aws_eip.nat) == 0 && length(aws_nat_gateway.this) == 0 && length(output.nat_public_ips) == 0
    error_message = "nat = none makes neither address nor gateway."
  }

  assert {
    condition     = length(aws_route.nat) == 0
    error_message = "nat = none leaves the app tier without a default route."
  }
}

run "databases_have_no_way_to_the_internet" {
  command = apply

  assert {
    condition     = length(aws_default_route_table.this.route) == 0
    error_message = "The main route table knows only the VPC itself."
  }

  assert {
    condition = alltrue([
      for association in aws_route_table_association.db :
      association.route_table_id == aws_default_route_table.this.id
    ])
    error_message = "The db tier stands on the main route table."
  }

  assert {
    condition = alltrue([
      for rule in setunion(aws_network_acl.this["db"].ingress, aws_network_acl.this["db"].egress) :
      rule.cidr_block != "0.0.0.0/0"
    ])
    error_message = "No rule of the db tier names the world."
  }

  assert {
    condition = (
      toset([for rule in aws_network_acl.this["db"].ingress : rule.to_port if contains(["10.0.16.0/22", "10.0.20.0/22"], rule.cidr_block)])
      == toset([3306, 5432, 6379])
    )
    error_message = "The app tier reaches databases and caches on their ports and on no others."
  }

  assert {
    condition = alltrue([
      for rule in aws_network_acl.this["db"].ingress : !contains(["10.0.1.0/24", "10.0.2.0/24"], rule.cidr_block)
    ])
    error_message = "The public tier does not reach the db tier."
  }
}

run "answers_come_back" {
  command = apply

  assert {
    condition = alltrue([
      for cidr in ["10.0.16.0/22", "10.0.20.0/22"] : anytrue([
        for rule in aws_network_acl.this["db"].egress :
        rule.cidr_block == cidr && rule.from_port == 1024 && rule.to_port == 65535
      ])
    ])
    error_message = "A database may answer the app tier on the high ports."
  }

  assert {
    condition = alltrue([
      for tier in ["app", "public"] : anytrue([
        for rule in aws_network_acl.this[tier].ingress :
        rule.cidr_block == "0.0.0.0/0" && rule.from_port == 1024 && rule.to_port == 65535
      ])
    ])
    error_message = "What is asked of the internet may be answered."
  }

  assert {
    condition = alltrue([
      for cidr in ["10.0.1.0/24", "10.0.2.0/24"] : anytrue([
        for rule in aws_network_acl.this["app"].egress :
        rule.cidr_block == cidr && rule.from_port == 1024 && rule.to_port == 65535
      ])
    ])
    error_message = "The app tier may answer the load balancer."
  }
}

run "customers_reach_only_the_web_ports_below_1024" {
  command = apply

  assert {
    condition = toset([
      for rule in aws_network_acl.this["public"].ingress : rule.to_port if rule.protocol == "tcp" && rule.to_port < 1024
    ]) == toset([80, 443])
    error_message = "Below 1024 the public tier takes 80 and 443 only."
  }
}

run "every_subnet_is_in_the_list_of_its_tier" {
  command = apply

  assert {
    condition = alltrue([
      for tier in ["public", "app", "db"] :
      aws_network_acl.this[tier].subnet_ids == toset([for zone in ["a", "b"] : aws_subnet.this["${tier}-${zone}"].id])
    ])
    error_message = "A network ACL holds the subnets of its tier."
  }
}

run "what_aws_opens_by_default_is_closed" {
  # Planned, and from no state: only a list that is written out is known before it is applied.
  command   = plan
  state_key = "none"

  assert {
    condition = (
      length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0 &&
      length(aws_default_network_acl.this.ingress) == 0 && length(aws_default_network_acl.this.egress) == 0 &&
      length(aws_default_route_table.this.route) == 0
    )
    error_message = "The default security group and network ACL let nothing through, the main route table leads nowhere."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.this : !subnet.map_public_ip_on_launch])
    error_message = "No subnet gives a public address to what is started in it."
  }
}

run "all_traffic_is_on_record_encrypted_for_as_long_as_asked" {
  command = apply

  assert {
    condition = (
      aws_flow_log.this.traffic_type == "ALL" &&
      aws_flow_log.this.vpc_id == aws_vpc.this.id &&
      aws_flow_log.this.log_destination == aws_cloudwatch_log_group.flow.arn
    )
    error_message = "The VPC's accepted and rejected traffic goes to the log group."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.flow.name == "/shop-dev/vpc-flow" &&
      aws_cloudwatch_log_group.flow.kms_key_id == var.flow_logs.kms_key_arn &&
      aws_cloudwatch_log_group.flow.retention_in_days == 14
    )
    error_message = "The log group is encrypted with the given key and keeps for the given days."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.flow.policy).Statement[0].Resource == (
      "arn:aws:logs:eu-central-1:111122223333:log-group:/shop-dev/vpc-flow:*"
    )
    error_message = "The role may write to its own log group and to no other."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"]
      == "111122223333"
    )
    error_message = "Only flow logs of this account may take the role."
  }
}

run "s3_and_dynamodb_are_reached_without_nat" {
  command = apply

  assert {
    condition = [for endpoint in aws_vpc_endpoint.gateway : endpoint.service_name] == [
      "com.amazonaws.eu-central-1.dynamodb",
      "com.amazonaws.eu-central-1.s3",
    ]
    error_message = "S3 and DynamoDB have gateway endpoints of the region."
  }

  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.gateway :
      endpoint.route_table_ids == toset([for table in aws_route_table.app : table.id])
    ])
    error_message = "Every route table of the app tier, and only they, lead to the endpoints."
  }
}

run "every_name_is_used_once_within_its_type" {
  command = plan

  assert {
    condition = alltrue([
      for names in [
        [for subnet in aws_subnet.this : subnet.tags.Name],
        [for address in aws_eip.nat : address.tags.Name],
        [for gateway in aws_nat_gateway.this : gateway.tags.Name],
        concat(
          [aws_default_route_table.this.tags.Name, aws_route_table.public.tags.Name],
          [for table in aws_route_table.app : table.tags.Name],
        ),
        concat([aws_default_network_acl.this.tags.Name], [for acl in aws_network_acl.this : acl.tags.Name]),
        [for endpoint in aws_vpc_endpoint.gateway : endpoint.tags.Name],
      ] : length(names) == length(distinct(names)) && alltrue([for name in names : startswith(name, "shop-dev")])
    ])
    error_message = "Name tags begin with the environment's name and repeat within no type."
  }
}

run "subnets_are_given_by_tier_and_zone" {
  command = apply

  assert {
    condition = (
      output.public_subnet_ids == { for zone in ["a", "b"] : "eu-central-1${zone}" => aws_subnet.this["public-${zone}"].id } &&
      output.app_subnet_ids == { for zone in ["a", "b"] : "eu-central-1${zone}" => aws_subnet.this["app-${zone}"].id } &&
      output.db_subnet_ids == { for zone in ["a", "b"] : "eu-central-1${zone}" => aws_subnet.this["db-${zone}"].id }
    )
    error_message = "Each tier's subnets are given by availability zone."
  }

  assert {
    condition     = keys(output.subnet_ids) == ["app-a", "app-b", "db-a", "db-b", "public-a", "public-b"]
    error_message = "Every subnet is given by its key."
  }
}
