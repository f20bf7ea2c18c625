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

cdn = {
  aliases     = ["dev.shop.example.com", "www.dev.shop.example.com"]
  price_class = "PriceClass_100"
  static = {
    images = {
      failover = null
      primary  = "shop-dev-images-111122223333-eu-central-1.s3.eu-central-1.amazonaws.com"
    }
    static = {
      failover = null
      primary  = "shop-dev-assets-111122223333-eu-central-1.s3.eu-central-1.amazonaws.com"
    }
  }
}

dns = {
  domain  = "dev.shop.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

egress_ips = {
  eu-central-1 = ["203.0.113.1"]
}

origins = {
  primary = {
    dns_name = "shop-dev-1.eu-central-1.elb.amazonaws.com"
    zone_id  = "Z215JYRZR1TBD5"
  }
  secondary = null
}

switch = null

waf = {
  blocked_countries        = []
  log_retention_days       = 90
  rate_limit_per_5_minutes = 1000
}
