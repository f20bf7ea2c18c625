locals {
  # Bucket by its origin's id.
  buckets = merge(
    { for prefix, buckets in var.static : "${prefix}-primary" => buckets.primary },
    { for prefix, buckets in var.static : "${prefix}-failover" => buckets.failover if buckets.failover != null },
  )

  groups = { for prefix, buckets in var.static : prefix => buckets if buckets.failover != null }

  # What a region answers that can't serve, and what a bucket answers that lacks the object or is shut: S3 says 403
  # where the asker may not list. An object that was put into the copy while its region was the active one is found.
  failover_status_codes = [403, 404, 500, 502, 503, 504]
}

# CloudFront signs what it asks of the buckets, and their policies let in nobody else.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
resource "aws_cloudfront_origin_access_control" "s3" {
  name                              = var.name
  description                       = "Lets ${var.name}'s distribution read its buckets."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}
