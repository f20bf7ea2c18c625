# Written by shopctl from terraform/envs/dev/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env dev --stack base@eu-central-1
account_id          = "111122223333"
cloud               = "aws"
deletion_protection = false
env                 = "dev"
name                = "shop-dev"
region              = "eu-central-1"

tags = {
  CostCenter  = "shop-dev"
  Environment = "dev"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "base@eu-central-1"
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
    name = "shop-dev-assets-111122223333-eu-central-1"
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
    name = "shop-dev-backups-111122223333-eu-central-1"
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
    name = "shop-dev-images-111122223333-eu-central-1"
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
    name = "shop-dev-logs-111122223333-eu-central-1"
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
    name = "shop-dev-uploads-111122223333-eu-central-1"
  }
}

kms_keys = {
  data = {
    description = "Buckets and secrets."
    services    = []
  }
  logs = {
    description = "Log groups."
    services    = ["logs.eu-central-1.amazonaws.com"]
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
