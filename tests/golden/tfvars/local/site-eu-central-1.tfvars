# Written by shopctl from terraform/envs/local/env.yaml and the facts of the environment: do not edit.
# Change env.yaml; to see the result: shopctl render --env local --stack site@eu-central-1
account_id          = "000000000000"
cloud               = "local"
deletion_protection = false
domain              = "local.shop.test"
env                 = "local"
log_retention_days  = 7
name                = "shop-local"
region              = "eu-central-1"
role                = "active"

tags = {
  CostCenter  = "shop-local"
  Environment = "local"
  ManagedBy   = "shopctl"
  Owner       = "platform"
  Project     = "shop"
  Stack       = "site@eu-central-1"
}

alerts = {
  emails = ["alerts@local.shop.test"]
}

base = {
  bucket_arns = {
    assets  = "arn:aws:s3:::shop-local-assets-000000000000-eu-central-1"
    backups = "arn:aws:s3:::shop-local-backups-000000000000-eu-central-1"
    images  = "arn:aws:s3:::shop-local-images-000000000000-eu-central-1"
    logs    = "arn:aws:s3:::shop-local-logs-000000000000-eu-central-1"
    uploads = "arn:aws:s3:::shop-local-uploads-000000000000-eu-central-1"
  }
  bucket_names = {
    assets  = "shop-local-assets-000000000000-eu-central-1"
    backups = "shop-local-backups-000000000000-eu-central-1"
    images  = "shop-local-images-000000000000-eu-central-1"
    logs    = "shop-local-logs-000000000000-eu-central-1"
    uploads = "shop-local-uploads-000000000000-eu-central-1"
  }
  certificate_arn = "arn:aws:acm:eu-central-1:000000000000:certificate/00000000-0000-4000-8000-000000000000"
  kms_key_arns = {
    compute   = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000000"
    data      = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000001"
    logs      = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000002"
    messaging = "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000003"
  }
}

compute = {
  capacity = {
    max = 4
    min = 2
  }
  image_id      = null
  instance_type = "t3.micro"
  scaling = {
    steps              = null
    target_cpu_percent = 60
    warm_up_seconds    = 300
  }
  volume_gib = 8
}

control_buckets = {
  eu-central-1 = "shop-local-control-000000000000-eu-central-1"
  eu-north-1   = "shop-local-control-000000000000-eu-north-1"
  eu-west-1    = "shop-local-control-000000000000-eu-west-1"
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
  instance_class     = "db.t4g.micro"
  maintenance_window = "sun:03:30-sun:04:30"
  max_connections    = 50
  monitoring = {
    enhanced_interval_seconds = 60
    performance_insights_days = 7
  }
  multi_az      = true
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
  flow_log_retention_days = 7
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
    max_age_seconds               = 900
    max_receive_count             = 5
    message_retention_seconds     = 345600
    visibility_timeout_seconds    = 120
  }
}

secret_arns = {
  app      = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-local/app-a1b2c3"
  database = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-local/database-a1b2c3"
  operator = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-local/operator-a1b2c3"
  origin   = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-local/origin-a1b2c3"
}
