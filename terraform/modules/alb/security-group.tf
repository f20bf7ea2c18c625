# The addresses that CloudFront fetches from. AWS keeps the list.
# Source: Amazon CloudFront Developer Guide, "Use the CloudFront managed prefix list".
data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

locals {
  # The list counts as 55 rules and a security group takes 60, so each port has a group of its own.
  # Source: Amazon VPC User Guide, "AWS-managed prefix list weight" and "Amazon VPC quotas".
  ports = {
    http  = 80
    https = 443
  }
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:both groups are the load balancer's, by a loop that checkov doesn't follow
  for_each = local.ports

  name        = "${var.name}-alb-${each.key}"
  description = "CloudFront to the load balancer of ${var.name} on port ${each.value}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-alb-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  #checkov:skip=CKV_AWS_260:the rule names CloudFront's list of addresses, which checkov takes for all of them
  for_each = local.ports

  description       = "CloudFront"
  from_port         = each.value
  ip_protocol       = "tcp"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  security_group_id = aws_security_group.this[each.key].id
  to_port           = each.value

  tags = merge(var.tags, { Name = "${var.name}-alb-${each.key}" })
}
