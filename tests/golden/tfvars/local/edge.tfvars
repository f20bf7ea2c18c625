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

cdn = {
  aliases     = ["local.shop.test", "www.local.shop.test"]
  price_class = "PriceClass_100"
  static = {
    images = {
      failover = "shop-local-images-000000000000-eu-west-1.s3.eu-west-1.amazonaws.com"
      primary  = "shop-local-images-000000000000-eu-central-1.s3.eu-central-1.amazonaws.com"
    }
    static = {
      failover = "shop-local-assets-000000000000-eu-west-1.s3.eu-west-1.amazonaws.com"
      primary  = "shop-local-assets-000000000000-eu-central-1.s3.eu-central-1.amazonaws.com"
    }
  }
}

dns = {
  domain  = "local.shop.test"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

egress_ips = {
  eu-central-1 = ["203.0.113.1", "203.0.113.2"]
  eu-west-1    = ["203.0.113.101"]
}

origins = {
  primary = {
    dns_name = "shop-local-1.eu-central-1.elb.amazonaws.com"
    zone_id  = "Z215JYRZR1TBD5"
  }
  secondary = {
    dns_name = "shop-local-1.eu-west-1.elb.amazonaws.com"
    zone_id  = "Z215JYRZR1TBD5"
  }
}

switch = {
  alarm_name = "shop-local-traffic-switch"
  region     = "eu-west-1"
}

waf = {
  blocked_countries        = []
  log_retention_days       = 7
  rate_limit_per_5_minutes = 1000
}
