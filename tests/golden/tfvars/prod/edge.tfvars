# Written by shopctl from terraform/envs/prod/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env prod --stack edge
account_id = "444455556666"
cloud      = "aws"
env        = "prod"
name       = "shop-prod"
region     = "us-east-1"

tags = {
  CostCenter  = "shop-prod"
  Environment = "prod"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "edge"
}

alerts = {
  emails = ["platform@shop.example.com"]
}

dns = {
  domain  = "shop.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

egress_ips = {
  eu-central-1 = ["203.0.113.1", "203.0.113.2"]
  eu-west-1    = ["203.0.113.101", "203.0.113.102"]
}
