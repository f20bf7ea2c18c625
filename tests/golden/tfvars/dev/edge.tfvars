# Written by shopctl from terraform/envs/dev/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env dev --stack edge
account_id = "111122223333"
cloud      = "aws"
env        = "dev"
name       = "shop-dev"
region     = "us-east-1"

tags = {
  CostCenter  = "shop-dev"
  Environment = "dev"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "edge"
}

alerts = {
  emails = ["platform-dev@shop.example.com"]
}

dns = {
  domain  = "dev.shop.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

egress_ips = {
  eu-central-1 = ["203.0.113.1"]
}
