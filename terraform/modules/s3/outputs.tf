output "bucket_arns" {
  description = "Bucket ARN by purpose, once the bucket is encrypted, versioned and closed."
  value       = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket.arn }
  depends_on = [
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "bucket_names" {
  description = "Bucket name by purpose."
  value       = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket.id }
}
