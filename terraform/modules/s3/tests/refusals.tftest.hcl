mock_provider "aws" {}

variables {
  account_id  = "111122223333"
  buckets     = { images = { name = "shop-test-images" } }
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  region      = "eu-central-1"
}

run "an_account_without_twelve_digits_is_refused" {
  command = plan
  variables { account_id = "11112222333" }
  expect_failures = [var.account_id]
}

run "a_bucket_name_with_capitals_is_refused" {
  command = plan
  variables { buckets = { images = { name = "Shop-test-images" } } }
  expect_failures = [var.buckets]
}

run "a_bucket_name_of_64_characters_is_refused" {
  command = plan
  variables { buckets = { images = { name = "a123456789b123456789c123456789d123456789e123456789f123456789g123" } } }
  expect_failures = [var.buckets]
}

run "a_bucket_name_of_63_characters_is_accepted" {
  command = plan
  variables { buckets = { images = { name = "a123456789b123456789c123456789d123456789e123456789f123456789g12" } } }

  assert {
    condition     = length(aws_s3_bucket.this["images"].bucket) == 63
    error_message = "The name goes to the bucket as it was given."
  }
}

run "a_bucket_name_that_ends_as_an_access_point_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-s3alias" } } }
  expect_failures = [var.buckets]
}

run "one_name_for_two_purposes_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test" }, uploads = { name = "shop-test" } } }
  expect_failures = [var.buckets]
}

run "two_names_for_two_purposes_are_accepted" {
  command = plan
  variables { buckets = { images = { name = "shop-test-a" }, uploads = { name = "shop-test-b" } } }

  assert {
    condition     = length(aws_s3_bucket.this) == 2
    error_message = "Each purpose has its bucket."
  }
}

run "an_unknown_encryption_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", encryption = "none" } } }
  expect_failures = [var.buckets]
}

run "standard_ia_before_30_days_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { standard_ia_after_days = 29 } } } }
  expect_failures = [var.buckets]
}

run "standard_ia_after_30_days_is_accepted" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { standard_ia_after_days = 30 } } } }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this["images"].rule[0].transition).days == 30
    error_message = "The transition goes to the rule as it was given."
  }
}

run "intelligent_tiering_beside_standard_ia_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { intelligent_tiering_after_days = 90, standard_ia_after_days = 30 } } } }
  expect_failures = [var.buckets]
}

run "glacier_less_than_30_days_after_standard_ia_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { standard_ia_after_days = 30, glacier_after_days = 59 } } } }
  expect_failures = [var.buckets]
}

run "glacier_30_days_after_standard_ia_is_accepted" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { standard_ia_after_days = 30, glacier_after_days = 60 } } } }

  assert {
    condition     = toset([for step in aws_s3_bucket_lifecycle_configuration.this["images"].rule[0].transition : "${step.storage_class} ${step.days}"]) == toset(["GLACIER 60", "STANDARD_IA 30"])
    error_message = "Both transitions go to the rule."
  }
}

run "glacier_on_the_day_of_intelligent_tiering_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { intelligent_tiering_after_days = 90, glacier_after_days = 90 } } } }
  expect_failures = [var.buckets]
}

run "glacier_after_intelligent_tiering_is_accepted" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { intelligent_tiering_after_days = 0, glacier_after_days = 90 } } } }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this["images"].rule[0].transition) == 2
    error_message = "Both transitions go to the rule."
  }
}

run "expiry_on_the_day_of_a_transition_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { glacier_after_days = 90, expire_after_days = 90 } } } }
  expect_failures = [var.buckets]
}

run "expiry_after_a_transition_is_accepted" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { glacier_after_days = 90, expire_after_days = 91 } } } }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this["images"].rule[0].expiration[0].days == 91
    error_message = "The expiry goes to the rule."
  }
}

run "part_of_a_day_is_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { glacier_after_days = 0.5 } } } }
  expect_failures = [var.buckets]
}

run "older_versions_that_vanish_at_once_are_refused" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { noncurrent_expire_after_days = 0 } } } }
  expect_failures = [var.buckets]
}

run "older_versions_that_vanish_after_a_day_are_accepted" {
  command = plan
  variables { buckets = { images = { name = "shop-test-images", lifecycle = { noncurrent_expire_after_days = 1 } } } }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this["images"].rule[0].noncurrent_version_expiration[0].noncurrent_days == 1
    error_message = "The days go to the rule."
  }
}

run "an_alias_in_place_of_the_key_is_refused" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:alias/shop-test-data" }
  expect_failures = [var.kms_key_arn]
}

run "a_cdn_bucket_that_is_not_there_is_refused" {
  command = plan
  variables { cdn = ["assets"] }
  expect_failures = [var.cdn]
}

run "logs_for_the_cdn_are_refused" {
  command = plan
  variables {
    buckets    = { images = { name = "shop-test-images" }, logs = { name = "shop-test-logs", encryption = "s3" } }
    cdn        = ["logs"]
    log_bucket = "logs"
  }
  expect_failures = [var.cdn]
}

run "a_cdn_bucket_that_is_there_is_accepted" {
  command = plan
  variables { cdn = ["images"] }

  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this["images"].policy).Statement) == 3
    error_message = "The named bucket lets the CDN in."
  }
}

run "a_log_bucket_that_is_not_there_is_refused" {
  command = plan
  variables { log_bucket = "logs" }
  expect_failures = [var.log_bucket]
}

run "a_log_bucket_under_kms_is_refused" {
  command = plan
  variables {
    buckets    = { images = { name = "shop-test-images" }, logs = { name = "shop-test-logs" } }
    log_bucket = "logs"
  }
  expect_failures = [var.log_bucket]
}

run "a_log_bucket_under_keys_of_s3_is_accepted" {
  command = plan
  variables {
    buckets    = { images = { name = "shop-test-images" }, logs = { name = "shop-test-logs", encryption = "s3" } }
    log_bucket = "logs"
  }

  assert {
    condition     = keys(aws_s3_bucket_logging.this) == ["images"]
    error_message = "The others log, the log bucket doesn't."
  }
}

run "a_name_with_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Test" }
  expect_failures = [var.name]
}

run "a_zone_in_place_of_a_region_is_refused" {
  command = plan
  variables { region = "eu-central-1a" }
  expect_failures = [var.region]
}

run "replication_into_the_same_region_is_refused" {
  command = plan
  variables {
    replication = {
      bucket_arns = { images = "arn:aws:s3:::shop-test-other" }
      kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-central-1"
    }
  }
  expect_failures = [var.replication]
}

run "replication_into_another_region_is_accepted" {
  command = plan
  variables {
    replication = {
      bucket_arns = { images = "arn:aws:s3:::shop-test-other" }
      kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }

  assert {
    condition     = keys(aws_s3_bucket_replication_configuration.this) == ["images"]
    error_message = "The named bucket is replicated."
  }
}

run "a_key_of_the_wrong_region_for_the_replicas_is_refused" {
  command = plan
  variables {
    replication = {
      bucket_arns = { images = "arn:aws:s3:::shop-test-other" }
      kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }
  expect_failures = [var.replication]
}

run "replication_of_a_bucket_that_is_not_there_is_refused" {
  command = plan
  variables {
    replication = {
      bucket_arns = { uploads = "arn:aws:s3:::shop-test-other" }
      kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }
  expect_failures = [var.replication]
}

run "replication_of_a_bucket_under_keys_of_s3_is_refused" {
  command = plan
  variables {
    buckets = { logs = { name = "shop-test-logs", encryption = "s3" } }
    replication = {
      bucket_arns = { logs = "arn:aws:s3:::shop-test-other" }
      kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }
  expect_failures = [var.replication]
}

run "a_bucket_name_in_place_of_its_arn_is_refused" {
  command = plan
  variables {
    replication = {
      bucket_arns = { images = "shop-test-other" }
      kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"
      region      = "eu-west-1"
    }
  }
  expect_failures = [var.replication]
}
