locals {
  transitions = {
    for purpose, bucket in var.buckets : purpose => {
      for storage_class, days in {
        GLACIER             = bucket.lifecycle.glacier_after_days
        INTELLIGENT_TIERING = bucket.lifecycle.intelligent_tiering_after_days
        STANDARD_IA         = bucket.lifecycle.standard_ia_after_days
      } : storage_class => days if days != null
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "whole-bucket"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = each.value.lifecycle.abort_multipart_after_days
    }

    dynamic "transition" {
      for_each = local.transitions[each.key]

      content {
        days          = transition.value
        storage_class = transition.key
      }
    }

    # With days, S3 removes a delete marker that hides nothing by itself; without, it must be told to.
    expiration {
      days                         = each.value.lifecycle.expire_after_days
      expired_object_delete_marker = each.value.lifecycle.expire_after_days == null ? true : null
    }

    noncurrent_version_expiration {
      noncurrent_days = each.value.lifecycle.noncurrent_expire_after_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this] # rules for older versions need versions
}
