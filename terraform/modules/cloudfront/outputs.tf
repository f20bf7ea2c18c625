output "distribution_arn" {
  description = "ARN of the distribution, which the buckets' policies name."
  value       = aws_cloudfront_distribution.this.arn
}

output "distribution_id" {
  description = "Id of the distribution, which invalidations and metrics name."
  value       = aws_cloudfront_distribution.this.id
}

output "domain_name" {
  description = "CloudFront's own name of the distribution, which the shop's records point to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "zone_id" {
  description = "Hosted zone of CloudFront's names, for alias records."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}
