resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # One key request for many objects instead of one for each; it exists for KMS only.
    bucket_key_enabled = each.value.encryption == "kms"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.value.encryption == "kms" ? "aws:kms" : "AES256"
      kms_master_key_id = each.value.encryption == "kms" ? var.kms_key_arn : null
    }
  }
}
