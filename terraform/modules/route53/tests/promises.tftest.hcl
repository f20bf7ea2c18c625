mock_provider "aws" {
  mock_resource "aws_route53_health_check" {
    override_during = plan
    defaults        = { id = "00000000-0000-4000-8000-000000000000" }
  }
}

variables {
  domain     = "shop.example.com"
  egress_ips = { eu-central-1 = ["203.0.113.1", "203.0.113.2"], eu-west-1 = [] }
  name       = "shop-prod"
  tags       = { Team = "shop" }
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

run "a_shop_without_a_front_door_has_no_other_records" {
  command = plan

  assert {
    condition     = length(aws_route53_record.cdn) + length(aws_route53_record.origin) + length(output.health_check_ids) == 0
    error_message = "No distribution, no load balancer, no health check."
  }
}

run "visitors_reach_the_distribution_by_both_names_and_both_protocols" {
  command = plan
  variables { cdn = { domain_name = "d111111abcdef8.cloudfront.net", zone_id = "Z2FDTNDATAQYW2" } }

  assert {
    condition = {
      for record in aws_route53_record.cdn : "${record.name} ${record.type}" => "${record.alias[0].name} ${record.alias[0].zone_id}"
      } == {
      for record in ["shop.example.com A", "shop.example.com AAAA", "www.shop.example.com A", "www.shop.example.com AAAA"] :
      record => "d111111abcdef8.cloudfront.net Z2FDTNDATAQYW2"
    }
    error_message = "The domain and www lead to the distribution, by IPv4 and IPv6."
  }

  assert {
    condition     = contains(output.record_names, "www.shop.example.com")
    error_message = "The names are listed."
  }
}

run "traffic_moves_only_when_somebody_moves_it" {
  command = plan
  variables {
    origins = {
      primary   = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" }
      secondary = { dns_name = "shop-prod-2.eu-west-1.elb.amazonaws.com", zone_id = "Z32O12XQLNTSW2" }
    }
    switch = { alarm_name = "shop-prod-traffic-switch", region = "eu-west-1" }
  }

  assert {
    condition     = alltrue([for record in aws_route53_record.origin : record.name == "origin.shop.example.com" && !record.alias[0].evaluate_target_health])
    error_message = "No health of a target is looked at."
  }

  assert {
    condition     = { for role, record in aws_route53_record.origin : record.set_identifier => record.failover_routing_policy[0].type } == { primary = "PRIMARY", secondary = "SECONDARY" }
    error_message = "Each side has its role."
  }

  assert {
    condition     = aws_route53_record.origin["primary"].health_check_id == "00000000-0000-4000-8000-000000000000" && aws_route53_record.origin["secondary"].health_check_id == null
    error_message = "The switch takes the primary away; nothing takes the secondary away."
  }

  assert {
    condition = (
      aws_route53_health_check.switch[0].type == "CLOUDWATCH_METRIC"
      && aws_route53_health_check.switch[0].cloudwatch_alarm_name == "shop-prod-traffic-switch"
      && aws_route53_health_check.switch[0].cloudwatch_alarm_region == "eu-west-1"
      && aws_route53_health_check.switch[0].insufficient_data_health_status == "LastKnownStatus"
    )
    error_message = "Without news the switch stays where it was put."
  }

  assert {
    condition     = aws_route53_health_check.switch[0].tags == tomap({ Name = "shop-prod-traffic-switch", Team = "shop" })
    error_message = "The switch is named."
  }

  assert {
    condition     = keys(output.health_check_ids) == ["switch"]
    error_message = "The switch is listed."
  }
}

run "a_single_region_has_a_failover_record_too" {
  command = plan
  variables { origins = { primary = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" } } }

  assert {
    condition     = keys(aws_route53_record.origin) == ["primary"] && aws_route53_record.origin["primary"].health_check_id == null
    error_message = "A secondary can come beside it later, and nothing takes it away."
  }
}

run "the_world_is_asked_whether_it_reaches_the_shop" {
  command = plan
  variables {
    cdn   = { domain_name = "d111111abcdef8.cloudfront.net", zone_id = "Z2FDTNDATAQYW2" }
    probe = {}
  }

  assert {
    condition = (
      aws_route53_health_check.probe[0].type == "HTTPS"
      && aws_route53_health_check.probe[0].fqdn == "shop.example.com"
      && aws_route53_health_check.probe[0].port == 443
      && aws_route53_health_check.probe[0].resource_path == "/health"
      && aws_route53_health_check.probe[0].enable_sni
    )
    error_message = "The probe asks as a visitor does."
  }

  assert {
    condition     = aws_route53_health_check.probe[0].tags == tomap({ Name = "shop-prod-probe", Team = "shop" }) && keys(output.health_check_ids) == ["probe"]
    error_message = "The probe is named and listed."
  }
}
