output "health_check_ids" {
  description = "Ids of the health checks by purpose: probe and switch, as far as they are there."
  value = merge(
    { for check in aws_route53_health_check.probe : "probe" => check.id },
    { for check in aws_route53_health_check.switch : "switch" => check.id },
  )
}

output "record_names" {
  description = "Names of all records, sorted, without a dot at the end."
  value = sort(distinct(concat(
    [for record in aws_route53_record.cdn : record.name],
    [for record in aws_route53_record.egress : record.name],
    [for record in aws_route53_record.origin : record.name],
    [for record in [aws_route53_record.certificate_authority, aws_route53_record.dmarc, aws_route53_record.spf] : record.name],
  )))
}
