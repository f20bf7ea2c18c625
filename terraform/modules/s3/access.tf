locals {
  access_log_prefix        = "s3/"
  load_balancer_log_prefix = "alb/"
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced" # no ACLs
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = var.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

locals {
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (encryption in transit)
  tls_only = {
    for purpose, bucket in var.buckets : purpose => [
      for sid, condition in {
        DenyOldTls    = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        DenyPlainHttp = { Bool = { "aws:SecureTransport" = "false" } }
        } : {
        Sid       = sid
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${bucket.name}", "arn:aws:s3:::${bucket.name}/*"]
        Condition = condition
      }
    ]
  }

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
  access_logs = {
    for purpose, bucket in var.buckets : purpose => [
      for _ in range(purpose == var.log_bucket ? 1 : 0) : {
        Sid       = "AccessLogsOfTheAccount"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::${bucket.name}/${local.access_log_prefix}*"
        Condition = {
          ArnLike      = { "aws:SourceArn" = [for source in values(var.buckets) : "arn:aws:s3:::${source.name}" if source.name != bucket.name] }
          StringEquals = { "aws:SourceAccount" = var.account_id }
        }
      }
    ]
  }

  # The path names the account, and that is what binds the delivery to it.
  # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
  load_balancer_logs = {
    for purpose, bucket in var.buckets : purpose => [
      for _ in range(purpose == var.log_bucket ? 1 : 0) : {
        Sid       = "LoadBalancerLogsOfTheAccount"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::${bucket.name}/${local.load_balancer_log_prefix}AWSLogs/${var.account_id}/*"
      }
    ]
  }

  # Any distribution of the account, so that buckets stand before their distribution does.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
  cdn_reads = {
    for purpose, bucket in var.buckets : purpose => [
      for _ in range(contains(var.cdn, purpose) ? 1 : 0) : {
        Sid       = "ReadByCdn"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = "arn:aws:s3:::${bucket.name}/*"
        Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::${var.account_id}:distribution/*" } }
      }
    ]
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.tls_only[each.key],
      local.access_logs[each.key],
      local.load_balancer_logs[each.key],
      local.cdn_reads[each.key],
    )
  })

  depends_on = [aws_s3_bucket_public_access_block.this] # S3 refuses two changes of a bucket's access at once
}
