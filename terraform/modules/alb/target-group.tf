resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; from there it is one hop inside the VPC, by security group
  name                 = var.name
  deregistration_delay = var.deregistration_delay_seconds
  port                 = var.app.port
  protocol             = "HTTP"
  target_type          = "instance"
  vpc_id               = var.vpc_id

  # An instance is out after 30 s of silence and back after 20 s of answers.
  health_check {
    healthy_threshold   = 2
    interval            = 10 # seconds
    matcher             = "200"
    path                = var.app.health_path
    port                = "traffic-port"
    protocol            = "HTTP"
    timeout             = 5 # seconds
    unhealthy_threshold = 3
  }

  tags = merge(var.tags, { Name = var.name })
}
