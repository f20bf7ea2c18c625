mock_provider "aws" {}

variables {
  domain     = "shop.example.com"
  egress_ips = { eu-central-1 = ["203.0.113.1", "203.0.113.2"], eu-west-1 = [] }
  zone_id    = "Z0123456789ABCDEFGHIJ"
}

run "partners_find_a_region_s_addresses_by_name" {
  command = plan

  assert {
    condition     = aws_route53_record.egress["eu-central-1"].name == "egress.eu-central-1.shop.example.com" && aws_route53_record.egress["eu-central-1"].type == "A"
    error_message = "The name is egress.<region>.<domain>."
  }

  assert {
    condition     = aws_route53_record.egress["eu-central-1"].records == toset(["203.0.113.1", "203.0.113.2"])
    error_message = "All addresses of the region are in one record."
  }

  assert {
    condition     = keys(aws_route53_record.egress) == ["eu-central-1"]
    error_message = "A region that calls out from nowhere has no record."
  }
}

run "only_amazon_issues_certificates" {
  command = plan

  assert {
    condition     = aws_route53_record.certificate_authority.type == "CAA" && aws_route53_record.certificate_authority.records == toset(["0 issue \"amazon.com\""])
    error_message = "ACM is the only authority."
  }
}

run "nobody_sends_mail_as_the_shop" {
  command = plan

  assert {
    condition     = aws_route53_record.spf.name == "shop.example.com" && aws_route53_record.spf.records == toset(["v=spf1 -all"])
    error_message = "No server may send."
  }

  assert {
    condition     = aws_route53_record.dmarc.name == "_dmarc.shop.example.com" && aws_route53_record.dmarc.records == toset(["v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s"])
    error_message = "Receivers reject what pretends."
  }
}

run "records_are_in_the_given_zone" {
  command = plan

  assert {
    condition = alltrue([
      for record in concat(values(aws_route53_record.egress), [aws_route53_record.certificate_authority, aws_route53_record.dmarc, aws_route53_record.spf]) :
      record.zone_id == "Z0123456789ABCDEFGHIJ"
    ])
    error_message = "All records are in one zone."
  }

  assert {
    condition     = output.record_names == tolist(["_dmarc.shop.example.com", "egress.eu-central-1.shop.example.com", "shop.example.com"])
    error_message = "The names are listed once each, sorted."
  }
}
