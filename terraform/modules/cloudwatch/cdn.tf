locals {
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
  _cdn = {
    for what, alarm in {
      cdn-5xx = {
        description  = "CloudFront answers customers with errors."
        namespace    = "AWS/CloudFront"
        metric       = "5xxErrorRate"
        dimensions   = { DistributionId = try(var.distribution.id, ""), Region = "Global" }
        missing_data = "notBreaching"
        threshold    = var.thresholds.cdn_errors_percent
      }
    } : what => alarm if var.distribution != null
  }
}
