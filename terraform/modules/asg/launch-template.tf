# Neither Auto Scaling groups nor what launch templates start take the provider's default tags by themselves.
# Source: registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, section "default_tags Configuration Block".
data "aws_default_tags" "this" {}

locals {
  has_image         = var.instance.image_id != null
  has_load_balancer = var.load_balancer != null

  # a1, t4g, c7gn: AWS's own processors.
  # Source: Amazon EC2 Instance Types, "Instance type naming conventions".
  _architecture = can(regex("^(a1|[a-z]+[0-9]+g[a-z]*)\\.", var.instance.type)) ? "arm64" : "x86_64"

  # EC2 Auto Scaling takes no template without an image, also for a group of no instances.
  # Source: Amazon EC2 Auto Scaling User Guide, "Use AWS Systems Manager parameters instead of AMI IDs".
  placeholder = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${local._architecture}"

  all_tags = merge(data.aws_default_tags.this.tags, var.tags)
}

resource "aws_launch_template" "this" {
  #checkov:skip=CKV_AWS_88:an instance has a public address only where no load balancer stands before it
  name        = var.name
  description = "Instances of ${var.name}"

  image_id      = local.has_image ? var.instance.image_id : local.placeholder
  instance_type = var.instance.type

  block_device_mappings {
    device_name = "/dev/xvda" # the root of Amazon Linux

    ebs {
      delete_on_termination = true
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      volume_size           = var.instance.volume_gib
      volume_type           = "gp3"
    }
  }

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  # A hop limit of 1 keeps the role's credentials from whatever is forwarded.
  metadata_options {
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
    instance_metadata_tags      = "enabled" # so that an instance knows its environment
  }

  # Every minute: with the five minutes of basic monitoring, scaling would come late.
  monitoring {
    enabled = true
  }

  network_interfaces {
    associate_public_ip_address = !local.has_load_balancer
    delete_on_termination       = true
    device_index                = 0
    security_groups             = [aws_security_group.this.id]
  }

  dynamic "tag_specifications" {
    for_each = ["instance", "network-interface", "volume"]

    content {
      resource_type = tag_specifications.value
      tags          = merge(local.all_tags, { Name = "${var.name}-app" })
    }
  }

  tags = merge(var.tags, { Name = var.name })

  # An instance that starts before its role can do anything fails.
  depends_on = [aws_iam_role_policy.this]
}
