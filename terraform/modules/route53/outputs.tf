output "record_names" {
  description = "Names of all records, sorted, without a dot at the end."
  value = sort(distinct(concat(
    [for record in aws_route53_record.egress : record.name],
    [for record in [aws_route53_record.certificate_authority, aws_route53_record.dmarc, aws_route53_record.spf] : record.name],
  )))
}
