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

cdn = {
  aliases     = ["shop.example.com", "www.shop.example.com"]
  price_class = "PriceClass_100"
  static = {
    images = {
      failover = "shop-prod-images-444455556666-eu-west-1.s3.eu-west-1.amazonaws.com"
      primary  = "shop-prod-images-444455556666-eu-central-1.s3.eu-central-1.amazonaws.com"
    }
    static = {
      failover = "shop-prod-assets-444455556666-eu-west-1.s3.eu-west-1.amazonaws.com"
      primary  = "shop-prod-assets-444455556666-eu-central-1.s3.eu-central-1.amazonaws.com"
    }
  }
}

dns = {
  domain  = "shop.example.com"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

egress_ips = {
  eu-central-1 = ["203.0.113.1", "203.0.113.2"]
  eu-west-1    = ["203.0.113.101", "203.0.113.102"]
}

origins = {
  primary = {
    dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com"
    zone_id  = "Z215JYRZR1TBD5"
  }
  secondary = {
    dns_name = "shop-prod-1.eu-west-1.elb.amazonaws.com"
    zone_id  = "Z215JYRZR1TBD5"
  }
}

switch = {
  alarm_name = "shop-prod-traffic-switch"
  region     = "eu-west-1"
}

waf = {
  blocked_countries        = []
  log_retention_days       = 365
  rate_limit_per_5_minutes = 1000
}
