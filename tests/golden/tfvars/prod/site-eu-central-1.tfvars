# Written by shopctl from terraform/envs/prod/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env prod --stack site@eu-central-1
account_id = "444455556666"
cloud      = "aws"
env        = "prod"
name       = "shop-prod"
region     = "eu-central-1"
role       = "active"

tags = {
  CostCenter  = "shop-prod"
  Environment = "prod"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "site@eu-central-1"
}

base = {
  kms_key_arns = {
    data      = "arn:aws:kms:eu-central-1:444455556666:key/00000000-0000-4000-8000-000000000000"
    logs      = "arn:aws:kms:eu-central-1:444455556666:key/00000000-0000-4000-8000-000000000001"
    messaging = "arn:aws:kms:eu-central-1:444455556666:key/00000000-0000-4000-8000-000000000002"
  }
}

network = {
  cidr                    = "10.0.0.0/16"
  flow_log_retention_days = 365
  nat                     = "per_az"
  subnets = {
    app-a = {
      availability_zone = "eu-central-1a"
      cidr              = "10.0.16.0/22"
      tier              = "app"
    }
    app-b = {
      availability_zone = "eu-central-1b"
      cidr              = "10.0.20.0/22"
      tier              = "app"
    }
    db-a = {
      availability_zone = "eu-central-1a"
      cidr              = "10.0.32.0/24"
      tier              = "db"
    }
    db-b = {
      availability_zone = "eu-central-1b"
      cidr              = "10.0.33.0/24"
      tier              = "db"
    }
    public-a = {
      availability_zone = "eu-central-1a"
      cidr              = "10.0.1.0/24"
      tier              = "public"
    }
    public-b = {
      availability_zone = "eu-central-1b"
      cidr              = "10.0.2.0/24"
      tier              = "public"
    }
  }
}

queues = {
  jobs = {
    dead_letter_retention_seconds = 1209600
    max_receive_count             = 5
    message_retention_seconds     = 345600
    visibility_timeout_seconds    = 120
  }
}
