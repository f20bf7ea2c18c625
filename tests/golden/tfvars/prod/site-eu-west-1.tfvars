# Written by shopctl from terraform/envs/prod/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env prod --stack site@eu-west-1
account_id          = "444455556666"
cloud               = "aws"
deletion_protection = true
domain              = "shop.example.com"
env                 = "prod"
log_retention_days  = 365
name                = "shop-prod"
region              = "eu-west-1"
role                = "standby"

tags = {
  CostCenter  = "shop-prod"
  Environment = "prod"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "site@eu-west-1"
}

alerts = {
  emails = ["platform@shop.example.com"]
}

base = {
  bucket_arns = {
    assets  = "arn:aws:s3:::shop-prod-assets-444455556666-eu-west-1"
    backups = "arn:aws:s3:::shop-prod-backups-444455556666-eu-west-1"
    images  = "arn:aws:s3:::shop-prod-images-444455556666-eu-west-1"
    logs    = "arn:aws:s3:::shop-prod-logs-444455556666-eu-west-1"
    uploads = "arn:aws:s3:::shop-prod-uploads-444455556666-eu-west-1"
  }
  bucket_names = {
    assets  = "shop-prod-assets-444455556666-eu-west-1"
    backups = "shop-prod-backups-444455556666-eu-west-1"
    images  = "shop-prod-images-444455556666-eu-west-1"
    logs    = "shop-prod-logs-444455556666-eu-west-1"
    uploads = "shop-prod-uploads-444455556666-eu-west-1"
  }
  certificate_arn = "arn:aws:acm:eu-west-1:444455556666:certificate/00000000-0000-4000-8000-000000000000"
  kms_key_arns = {
    compute   = "arn:aws:kms:eu-west-1:444455556666:key/00000000-0000-4000-8000-000000000000"
    data      = "arn:aws:kms:eu-west-1:444455556666:key/00000000-0000-4000-8000-000000000001"
    logs      = "arn:aws:kms:eu-west-1:444455556666:key/00000000-0000-4000-8000-000000000002"
    messaging = "arn:aws:kms:eu-west-1:444455556666:key/00000000-0000-4000-8000-000000000003"
  }
}

compute = {
  capacity = {
    max = 0
    min = 0
  }
  image_id      = null
  instance_type = "t3.medium"
  scaling = {
    steps              = null
    target_cpu_percent = 60
    warm_up_seconds    = 300
  }
  volume_gib = 20
}

control_buckets = {
  eu-central-1 = "shop-prod-control-444455556666-eu-central-1"
  eu-north-1   = "shop-prod-control-444455556666-eu-north-1"
  eu-west-1    = "shop-prod-control-444455556666-eu-west-1"
}

database = {
  backup = {
    retention_days = 7
    window         = "01:00-02:00"
  }
  engine = {
    name    = "postgres"
    version = "17"
  }
  generation         = 1
  instance_class     = "db.r6g.xlarge"
  maintenance_window = "sun:03:30-sun:04:30"
  max_connections    = 400
  monitoring = {
    enhanced_interval_seconds = 60
    performance_insights_days = 7
  }
  multi_az      = false
  read_replicas = 0
  source_arn    = "arn:aws:rds:eu-central-1:444455556666:db:shop-prod-g1"
  storage = {
    iops             = null
    max_size_gib     = 1000
    size_gib         = 500
    throughput_mibps = null
  }
}

network = {
  cidr                    = "10.1.0.0/16"
  flow_log_retention_days = 365
  nat                     = "per_az"
  subnets = {
    app-a = {
      availability_zone = "eu-west-1a"
      cidr              = "10.1.16.0/22"
      tier              = "app"
    }
    app-b = {
      availability_zone = "eu-west-1b"
      cidr              = "10.1.20.0/22"
      tier              = "app"
    }
    db-a = {
      availability_zone = "eu-west-1a"
      cidr              = "10.1.32.0/24"
      tier              = "db"
    }
    db-b = {
      availability_zone = "eu-west-1b"
      cidr              = "10.1.33.0/24"
      tier              = "db"
    }
    public-a = {
      availability_zone = "eu-west-1a"
      cidr              = "10.1.1.0/24"
      tier              = "public"
    }
    public-b = {
      availability_zone = "eu-west-1b"
      cidr              = "10.1.2.0/24"
      tier              = "public"
    }
  }
}

queues = {
  jobs = {
    dead_letter_retention_seconds = 1209600
    max_age_seconds               = 900
    max_receive_count             = 5
    message_retention_seconds     = 345600
    visibility_timeout_seconds    = 120
  }
}

secret_arns = {
  app      = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop-prod/app-a1b2c3"
  database = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop-prod/database-a1b2c3"
  operator = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop-prod/operator-a1b2c3"
  origin   = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shop-prod/origin-a1b2c3"
}
