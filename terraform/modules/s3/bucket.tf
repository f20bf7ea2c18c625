resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_145:buckets are encrypted in encryption.tf, all but the log bucket with KMS, and S3 delivers logs to no other kind
  #checkov:skip=CKV2_AWS_62:nothing in the shop waits for an object's event
  #checkov:skip=CKV_AWS_144:the active region replicates to the standby, which replicates nothing; logs stay where they were written
  for_each = var.buckets

  bucket = each.value.name
  # Terraform alone never takes data: whoever means it empties the bucket first.
  force_destroy = false

  tags = merge(var.tags, { Name = each.value.name })
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = var.log_bucket == null ? {} : { for purpose, bucket in var.buckets : purpose => bucket if purpose != var.log_bucket }

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this[var.log_bucket].id
  target_prefix = "${local.access_log_prefix}${each.key}/"

  depends_on = [aws_s3_bucket_policy.this] # lets S3 write into the log bucket
}
