# Written by shopctl from terraform/envs/local/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env local --stack edge
account_id = "000000000000"
cloud      = "local"
env        = "local"
name       = "shop-local"
region     = "us-east-1"

tags = {
  CostCenter  = "shop-local"
  Environment = "local"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "edge"
}

alerts = {
  emails = ["alerts@local.shop.test"]
}

dns = {
  domain  = "local.shop.test"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

egress_ips = {
  eu-central-1 = ["203.0.113.1", "203.0.113.2"]
  eu-west-1    = ["203.0.113.101"]
}
