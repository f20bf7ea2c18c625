mock_provider "aws" {}

# The shop's buckets with their binding numbers.
variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  log_bucket  = "logs"
  name        = "shop-test"
  region      = "eu-central-1"
  tags        = { Team = "shop" }

  buckets = {
    assets  = { name = "shop-test-assets" }
    backups = { name = "shop-test-backups", lifecycle = { glacier_after_days = 90, expire_after_days = 365 } }
    images  = { name = "shop-test-images", lifecycle = { intelligent_tiering_after_days = 0 } }
    logs    = { name = "shop-test-logs", encryption = "s3", lifecycle = { expire_after_days = 365 } }
    uploads = { name = "shop-test-uploads", lifecycle = { standard_ia_after_days = 90 } }
  }
}

run "terraform_alone_takes_no_data" {
  command = plan

  assert {
    condition     = !anytrue(values(aws_s3_bucket.this)[*].force_destroy)
    error_message = "A bucket with objects in it can't be destroyed."
  }

  assert {
    condition     = alltrue([for versioning in values(aws_s3_bucket_versioning.this) : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "Every bucket keeps versions."
  }
}

run "nobody_else_gets_in" {
  command = plan

  assert {
    condition = alltrue([
      for block in values(aws_s3_bucket_public_access_block.this) :
      alltrue([block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets])
    ]) && length(aws_s3_bucket_public_access_block.this) == 5
    error_message = "Public access is blocked in all four ways, for each bucket."
  }

  assert {
    condition     = alltrue([for controls in values(aws_s3_bucket_ownership_controls.this) : controls.rule[0].object_ownership == "BucketOwnerEnforced"])
    error_message = "There are no ACLs."
  }
}

run "plain_http_and_old_tls_are_turned_away" {
  command = plan

  assert {
    condition = alltrue([
      for purpose, policy in aws_s3_bucket_policy.this : slice(jsondecode(policy.policy).Statement, 0, 2) == [
        {
          Sid       = "DenyOldTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::shop-test-${purpose}", "arn:aws:s3:::shop-test-${purpose}/*"]
          Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        },
        {
          Sid       = "DenyPlainHttp"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::shop-test-${purpose}", "arn:aws:s3:::shop-test-${purpose}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    ]) && length(aws_s3_bucket_policy.this) == 5
    error_message = "Each bucket, and all in it, is reached through TLS 1.2 or later only."
  }
}

run "objects_are_encrypted_with_the_customer_key_and_logs_with_keys_of_s3" {
  command = plan

  assert {
    condition = alltrue([
      for purpose, encryption in aws_s3_bucket_server_side_encryption_configuration.this :
      one(encryption.rule).bucket_key_enabled
      && one(encryption.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
      && one(encryption.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == var.kms_key_arn
      if purpose != "logs"
    ])
    error_message = "Buckets use the customer key, by way of a bucket key."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this["logs"].rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "S3 delivers logs only to a bucket with its own keys."
  }
}

run "access_to_every_bucket_but_the_log_bucket_is_logged" {
  command = plan

  assert {
    condition     = { for purpose, logging in aws_s3_bucket_logging.this : purpose => logging.target_prefix } == { assets = "s3/assets/", backups = "s3/backups/", images = "s3/images/", uploads = "s3/uploads/" }
    error_message = "Each bucket logs under its own prefix."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this["logs"].policy).Statement[2] == {
      Sid       = "AccessLogsOfTheAccount"
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::shop-test-logs/s3/*"
      Condition = {
        ArnLike      = { "aws:SourceArn" = ["arn:aws:s3:::shop-test-assets", "arn:aws:s3:::shop-test-backups", "arn:aws:s3:::shop-test-images", "arn:aws:s3:::shop-test-uploads"] }
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      }
    }
    error_message = "S3 may write the logs of these buckets, and nothing else."
  }

  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this["images"].policy).Statement) == 2
    error_message = "No other bucket lets S3's log delivery in."
  }
}

run "load_balancers_of_the_account_write_their_logs" {
  command = plan

  assert {
    condition = slice(jsondecode(aws_s3_bucket_policy.this["logs"].policy).Statement, 3, 4) == [{
      Sid       = "LoadBalancerLogsOfTheAccount"
      Effect    = "Allow"
      Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::shop-test-logs/alb/AWSLogs/111122223333/*"
    }]
    error_message = "Load balancers write below alb/ and the account's number, and nowhere else."
  }
}

run "the_cdn_reads_what_is_named_and_nothing_else" {
  command = plan
  variables { cdn = ["assets", "images"] }

  assert {
    condition = {
      for purpose, policy in aws_s3_bucket_policy.this : purpose => [
        for statement in jsondecode(policy.policy).Statement : statement.Resource if statement.Sid == "ReadByCdn"
      ] } == {
      assets  = ["arn:aws:s3:::shop-test-assets/*"]
      backups = []
      images  = ["arn:aws:s3:::shop-test-images/*"]
      logs    = []
      uploads = []
    }
    error_message = "CloudFront reads the named buckets' objects."
  }

  assert {
    condition = slice(jsondecode(aws_s3_bucket_policy.this["images"].policy).Statement, 2, 3) == [{
      Sid       = "ReadByCdn"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::shop-test-images/*"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/*" } }
    }]
    error_message = "It reads for distributions of this account, and may neither list nor write."
  }
}

run "objects_move_and_expire_as_the_shop_keeps_them" {
  command = plan

  assert {
    condition = {
      for purpose, lifecycle in aws_s3_bucket_lifecycle_configuration.this :
      purpose => { for step in lifecycle.rule[0].transition : step.storage_class => step.days }
      } == {
      assets  = {}
      backups = { GLACIER = 90 }
      images  = { INTELLIGENT_TIERING = 0 }
      logs    = {}
      uploads = { STANDARD_IA = 90 }
    }
    error_message = "Images go to Intelligent-Tiering, uploads to Standard-IA after 90 days, backups to Glacier after 90."
  }

  assert {
    condition = [
      for purpose in ["backups", "logs"] : aws_s3_bucket_lifecycle_configuration.this[purpose].rule[0].expiration[0].days
    ] == [365, 365]
    error_message = "Backups and logs go after 365 days."
  }

  assert {
    condition = alltrue([
      for purpose in ["assets", "images", "uploads"] :
      aws_s3_bucket_lifecycle_configuration.this[purpose].rule[0].expiration[0].expired_object_delete_marker
    ])
    error_message = "The rest stays, and only delete markers that hide nothing go."
  }

  assert {
    condition = alltrue([
      for lifecycle in values(aws_s3_bucket_lifecycle_configuration.this) :
      lifecycle.rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
      && lifecycle.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 7
    ])
    error_message = "Older versions stay for 30 days, unfinished uploads for 7."
  }
}

run "each_bucket_has_a_name_tag_of_its_own" {
  command = plan

  assert {
    condition     = jsonencode({ for purpose, bucket in aws_s3_bucket.this : purpose => bucket.tags }) == jsonencode({ for purpose, bucket in var.buckets : purpose => { Name = bucket.name, Team = "shop" } })
    error_message = "The Name tag is the bucket's name; given tags stay."
  }
}

run "nothing_is_replicated_without_another_region" {
  command = plan

  assert {
    condition     = length(aws_s3_bucket_replication_configuration.this) + length(aws_iam_role.replication) + length(aws_iam_role_policy.replication) == 0
    error_message = "No rule, and no role that nobody needs."
  }
}

run "named_buckets_are_replicated_under_the_other_region_s_key" {
  command = plan

  variables {
    replication = {
      bucket_arns = { backups = "arn:aws:s3:::other-backups", images = "arn:aws:s3:::other-images" }
      kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }

  assert {
    condition     = { for purpose, replication in aws_s3_bucket_replication_configuration.this : purpose => replication.rule[0].destination[0].bucket } == { backups = "arn:aws:s3:::other-backups", images = "arn:aws:s3:::other-images" }
    error_message = "Each named bucket goes to its own counterpart."
  }

  assert {
    condition = alltrue([
      for replication in values(aws_s3_bucket_replication_configuration.this) :
      replication.rule[0].destination[0].encryption_configuration[0].replica_kms_key_id == var.replication.kms_key_arn
      && replication.rule[0].source_selection_criteria[0].sse_kms_encrypted_objects[0].status == "Enabled"
      && replication.rule[0].delete_marker_replication[0].status == "Enabled"
      && replication.rule[0].destination[0].metrics[0].status == "Enabled"
    ])
    error_message = "Replicas are encrypted anew, deletions follow, and the lag is measured."
  }
}

run "the_replication_role_reads_here_and_writes_there_and_no_more" {
  command = plan

  variables {
    replication = {
      bucket_arns = { images = "arn:aws:s3:::other-images" }
      kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }

  assert {
    condition     = aws_iam_role.replication[0].name == "shop-test-replication-eu-central-1" && aws_iam_role.replication[0].tags.Name == "shop-test-replication-eu-central-1"
    error_message = "IAM is global, so the role's name says its region."
  }

  assert {
    condition     = jsondecode(aws_iam_role.replication[0].assume_role_policy).Statement[0].Principal == { Service = "s3.amazonaws.com" }
    error_message = "Only S3 takes the role."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.replication[0].policy).Statement : statement.Sid => flatten([statement.Resource]) } == {
      ReadSourceBuckets  = ["arn:aws:s3:::shop-test-images"]
      ReadSourceVersions = ["arn:aws:s3:::shop-test-images/*"]
      WriteReplicas      = ["arn:aws:s3:::other-images/*"]
      DecryptSources     = [var.kms_key_arn]
      EncryptReplicas    = [var.replication.kms_key_arn]
    }
    error_message = "Each statement names its bucket or key."
  }

  assert {
    condition = [
      for statement in slice(jsondecode(aws_iam_role_policy.replication[0].policy).Statement, 3, 5) : statement.Condition.StringLike["kms:ViaService"]
    ] == ["s3.eu-central-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"]
    error_message = "The keys are used by way of S3 only, each in its region."
  }
}
