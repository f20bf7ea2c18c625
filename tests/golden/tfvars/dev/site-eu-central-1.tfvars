# Written by shopctl from terraform/envs/dev/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env dev --stack site@eu-central-1
account_id          = "111122223333"
cloud               = "aws"
deletion_protection = false
domain              = "dev.shop.example.com"
env                 = "dev"
log_retention_days  = 90
name                = "shop-dev"
region              = "eu-central-1"
role                = "active"

tags = {
  CostCenter  = "shop-dev"
  Environment = "dev"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "site@eu-central-1"
}

alerts = {
  emails = ["platform-dev@shop.example.com"]
}

base = {
  bucket_arns = {
    assets  = "arn:aws:s3:::shop-dev-assets-111122223333-eu-central-1"
    backups = "arn:aws:s3:::shop-dev-backups-111122223333-eu-central-1"
    images  = "arn:aws:s3:::shop-dev-images-111122223333-eu-central-1"
    logs    = "arn:aws:s3:::shop-dev-logs-111122223333-eu-central-1"
    uploads = "arn:aws:s3:::shop-dev-uploads-111122223333-eu-central-1"
  }
  bucket_names = {
    assets  = "shop-dev-assets-111122223333-eu-central-1"
    backups = "shop-dev-backups-111122223333-eu-central-1"
    images  = "shop-dev-images-111122223333-eu-central-1"
    logs    = "shop-dev-logs-111122223333-eu-central-1"
    uploads = "shop-dev-uploads-111122223333-eu-central-1"
  }
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
  kms_key_arns = {
    compute   = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000"
    data      = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001"
    logs      = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000002"
    messaging = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000003"
  }
}

compute = {
  capacity = {
    max = 2
    min = 1
  }
  image_id      = null
  instance_type = "t3.small"
  scaling = {
    steps              = null
    target_cpu_percent = 60
    warm_up_seconds    = 300
  }
  volume_gib = 20
}

control_buckets = {
  eu-central-1 = "shop-dev-control-111122223333-eu-central-1"
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
  instance_class     = "db.t4g.small"
  maintenance_window = "sun:03:30-sun:04:30"
  max_connections    = 100
  monitoring = {
    enhanced_interval_seconds = 60
    performance_insights_days = 7
  }
  multi_az      = false
  read_replicas = 0
  source_arn    = null
  storage = {
    iops             = null
    max_size_gib     = null
    size_gib         = 20
    throughput_mibps = null
  }
}

network = {
  cidr                    = "10.0.0.0/16"
  flow_log_retention_days = 30
  nat                     = "single"
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
    max_age_seconds               = 900
    max_receive_count             = 5
    message_retention_seconds     = 345600
    visibility_timeout_seconds    = 120
  }
}

secret_arns = {
  app      = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-dev/app-a1b2c3"
  database = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-dev/database-a1b2c3"
  operator = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-dev/operator-a1b2c3"
  origin   = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-dev/origin-a1b2c3"
}
