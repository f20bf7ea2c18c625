# Written by shopctl from terraform/envs/local/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env local --stack base@eu-central-1
account_id          = "000000000000"
cloud               = "local"
deletion_protection = false
env                 = "local"
has_dr              = true
name                = "shop-local"
region              = "eu-central-1"

tags = {
  CostCenter  = "shop-local"
  Environment = "local"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "base@eu-central-1"
}

backup = {
  copy = {
    retention_days = 35
    vault_arn      = "arn:aws:backup:eu-west-1:000000000000:backup-vault:shop-local-copies"
  }
  lock = {
    max_retention_days = 365
    min_retention_days = 7
  }
  plan_enabled   = true
  retention_days = 35
  schedule       = "cron(0 3 * * ? *)"
  selection_arns = ["arn:aws:rds:eu-central-1:000000000000:db:shop-local-*"]
}

buckets = {
  assets = {
    encryption = "kms"
    lifecycle = {
      abort_multipart_after_days     = 7
      expire_after_days              = null
      glacier_after_days             = null
      intelligent_tiering_after_days = null
      noncurrent_expire_after_days   = 30
      standard_ia_after_days         = null
    }
    name = "shop-local-assets-000000000000-eu-central-1"
  }
  backups = {
    encryption = "kms"
    lifecycle = {
      abort_multipart_after_days     = 7
      expire_after_days              = 365
      glacier_after_days             = 90
      intelligent_tiering_after_days = null
      noncurrent_expire_after_days   = 30
      standard_ia_after_days         = null
    }
    name = "shop-local-backups-000000000000-eu-central-1"
  }
  images = {
    encryption = "kms"
    lifecycle = {
      abort_multipart_after_days     = 7
      expire_after_days              = null
      glacier_after_days             = null
      intelligent_tiering_after_days = 0
      noncurrent_expire_after_days   = 30
      standard_ia_after_days         = null
    }
    name = "shop-local-images-000000000000-eu-central-1"
  }
  logs = {
    encryption = "s3"
    lifecycle = {
      abort_multipart_after_days     = 7
      expire_after_days              = 365
      glacier_after_days             = null
      intelligent_tiering_after_days = null
      noncurrent_expire_after_days   = 30
      standard_ia_after_days         = null
    }
    name = "shop-local-logs-000000000000-eu-central-1"
  }
  uploads = {
    encryption = "kms"
    lifecycle = {
      abort_multipart_after_days     = 7
      expire_after_days              = null
      glacier_after_days             = null
      intelligent_tiering_after_days = null
      noncurrent_expire_after_days   = 30
      standard_ia_after_days         = 90
    }
    name = "shop-local-uploads-000000000000-eu-central-1"
  }
}

cdn_buckets = ["assets", "images"]

certificate = {
  domain  = "local.shop.test"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

kms_keys = {
  compute = {
    description = "Volumes of the application servers."
    grantees    = ["arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"]
    services    = []
  }
  data = {
    description = "Buckets, secrets, databases and their backups."
    grantees    = []
    services    = ["cloudfront.amazonaws.com"]
  }
  logs = {
    description = "Log groups."
    grantees    = []
    services    = ["logs.eu-central-1.amazonaws.com"]
  }
  messaging = {
    description = "Queues and alerts."
    grantees    = []
    services    = ["cloudwatch.amazonaws.com"]
  }
}

replication = {
  bucket_arns = {
    assets  = "arn:aws:s3:::shop-local-assets-000000000000-eu-west-1"
    backups = "arn:aws:s3:::shop-local-backups-000000000000-eu-west-1"
    images  = "arn:aws:s3:::shop-local-images-000000000000-eu-west-1"
    uploads = "arn:aws:s3:::shop-local-uploads-000000000000-eu-west-1"
  }
  kms_key_arn = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-4000-8000-000000000001"
  region      = "eu-west-1"
}

secret_replica_regions = ["eu-west-1", "us-east-1"]

given_secrets = {
  operator = "What the storefront gets from others: keys of the payment provider, ids of the user pool."
}

secrets = {
  app = {
    description = "Key with which the storefront signs sessions and tokens."
    length      = 64
  }
  database = {
    description = "Password of the checkout database's owner."
    length      = 40
  }
  origin = {
    description = "What the CDN says to the load balancers, so that nobody comes in beside it."
    length      = 64
  }
}
