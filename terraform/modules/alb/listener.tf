locals {
  # ELB takes 1024 characters.
  # Source: Elastic Load Balancing API Reference, FixedResponseActionConfig.
  maintenance_page = <<-EOT
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Back soon</title>
      </head>
      <body style="font-family: system-ui, sans-serif; margin: 20vh auto; max-width: 30rem; padding: 0 1rem">
        <h1>We are back soon</h1>
        <p>The shop is closed for maintenance. Nothing in your basket is lost.</p>
      </body>
    </html>
  EOT
}

# A load balancer refuses a certificate that isn't issued yet, so the wait for it is here.
resource "aws_acm_certificate_validation" "this" {
  certificate_arn = var.certificate_arn

  timeouts {
    create = "15m"
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-http" })
}

# Every distribution of every AWS account comes from CloudFront's addresses: only the header says that it is ours.
resource "aws_lb_listener" "https" {
  certificate_arn   = aws_acm_certificate_validation.this.certificate_arn
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Forbidden"
      status_code  = "403"
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-https" })
}

locals {
  origin_header = "X-Origin-Verify"
}

resource "aws_lb_listener_rule" "origin" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 2

  condition {
    http_header {
      http_header_name = local.origin_header
      values           = [var.origin_secret]
    }
  }

  action {
    target_group_arn = aws_lb_target_group.this.arn
    type             = "forward"
  }

  tags = merge(var.tags, { Name = "${var.name}-origin" })
}

# Stands before the rule above. It is there before instances go, and goes once they are there: what is built on the
# target group waits for the one, and the lifecycle makes Terraform wait with the other.
resource "aws_lb_listener_rule" "maintenance" {
  count = var.maintenance ? 1 : 0

  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  condition {
    http_header {
      http_header_name = local.origin_header
      values           = [var.origin_secret]
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/html"
      message_body = local.maintenance_page
      status_code  = "503"
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-maintenance" })

  lifecycle {
    create_before_destroy = true
  }
}
