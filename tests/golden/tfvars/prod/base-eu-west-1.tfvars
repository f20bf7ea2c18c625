# Written by shopctl from terraform/envs/prod/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env prod --stack base@eu-west-1
account_id          = "444455556666"
cloud               = "aws"
deletion_protection = true
env                 = "prod"
name                = "shop-prod"
region              = "eu-west-1"

tags = {
  CostCenter  = "shop-prod"
  Environment = "prod"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "base@eu-west-1"
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
    name = "shop-prod-assets-444455556666-eu-west-1"
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
    name = "shop-prod-backups-444455556666-eu-west-1"
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
    name = "shop-prod-images-444455556666-eu-west-1"
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
    name = "shop-prod-logs-444455556666-eu-west-1"
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
    name = "shop-prod-uploads-444455556666-eu-west-1"
  }
}

kms_keys = {
  data = {
    description = "Buckets and secrets."
    services    = []
  }
  logs = {
    description = "Log groups."
    services    = ["logs.eu-west-1.amazonaws.com"]
  }
  messaging = {
    description = "Queues."
    services    = []
  }
}

replication = null

secrets = {
  app = {
    description = "Key with which the storefront signs sessions and tokens."
  }
}
