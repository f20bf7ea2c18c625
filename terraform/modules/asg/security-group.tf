resource "aws_security_group" "this" {
  name        = "${var.name}-app"
  description = "Instances of ${var.name}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-app" })
}

# What instances ask of AWS and of the payment provider. Names and time come from the VPC itself, past all groups.
# Source: Amazon VPC User Guide, "Security groups", section "Security group basics".
resource "aws_vpc_security_group_egress_rule" "https" {
  cidr_ipv4         = "0.0.0.0/0"
  description       = "AWS and the payment provider"
  from_port         = 443
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.this.id
  to_port           = 443

  tags = merge(var.tags, { Name = "${var.name}-app-https" })
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  count = local.has_load_balancer ? 1 : 0

  description                  = "Load balancer"
  from_port                    = var.app_port
  ip_protocol                  = "tcp"
  referenced_security_group_id = var.load_balancer.security_group_id
  security_group_id            = aws_security_group.this.id
  to_port                      = var.app_port

  tags = merge(var.tags, { Name = "${var.name}-app-load-balancer" })
}

# The other end of the rule above, on the load balancer's group.
resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  count = local.has_load_balancer ? 1 : 0

  description                  = "Instances"
  from_port                    = var.app_port
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.this.id
  security_group_id            = var.load_balancer.security_group_id
  to_port                      = var.app_port

  tags = merge(var.tags, { Name = "${var.name}-load-balancer-app" })
}

# Without a load balancer CloudFront comes to the instances themselves.
data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = local.has_load_balancer ? 0 : 1

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  count = local.has_load_balancer ? 0 : 1

  description       = "CloudFront"
  from_port         = var.app_port
  ip_protocol       = "tcp"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront[0].id
  security_group_id = aws_security_group.this.id
  to_port           = var.app_port

  tags = merge(var.tags, { Name = "${var.name}-app-cloudfront" })
}
