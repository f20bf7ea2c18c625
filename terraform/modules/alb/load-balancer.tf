locals {
  access_log_prefix = "alb"
}

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:only CloudFront reaches the load balancer, and the web ACL stands in front of that
  name                       = var.name
  desync_mitigation_mode     = "strictest"
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  idle_timeout               = var.idle_timeout_seconds
  internal                   = false
  load_balancer_type         = "application"
  security_groups            = [for group in aws_security_group.this : group.id]
  subnets                    = values(var.subnet_ids)

  access_logs {
    bucket  = var.log_bucket
    enabled = true
    prefix  = local.access_log_prefix
  }

  tags = merge(var.tags, { Name = var.name })
}
