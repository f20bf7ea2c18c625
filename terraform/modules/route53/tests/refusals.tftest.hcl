mock_provider "aws" {}

variables {
  domain  = "shop.example.com"
  name    = "shop-prod"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

run "no_authority_at_all_is_refused" {
  command = plan
  variables { certificate_authorities = [] }
  expect_failures = [var.certificate_authorities]
}

run "an_authority_that_is_no_domain_is_refused" {
  command = plan
  variables { certificate_authorities = ["Amazon"] }
  expect_failures = [var.certificate_authorities]
}

run "an_authority_s_domain_is_accepted" {
  command = plan
  variables { certificate_authorities = ["letsencrypt.org"] }

  assert {
    condition     = aws_route53_record.certificate_authority.records == toset(["0 issue \"letsencrypt.org\""])
    error_message = "The authority goes to the record."
  }
}

run "a_distribution_by_another_name_than_cloudfront_s_is_refused" {
  command = plan
  variables { cdn = { domain_name = "www.shop.example.com", zone_id = "Z2FDTNDATAQYW2" } }
  expect_failures = [var.cdn]
}

run "a_distribution_in_another_zone_than_cloudfront_s_is_refused" {
  command = plan
  variables { cdn = { domain_name = "d111111abcdef8.cloudfront.net", zone_id = "Z0123456789ABCDEFGHIJ" } }
  expect_failures = [var.cdn]
}

run "a_distribution_by_cloudfront_s_name_is_accepted" {
  command = plan
  variables { cdn = { domain_name = "d111111abcdef8.cloudfront.net", zone_id = "Z2FDTNDATAQYW2" } }

  assert {
    condition     = aws_route53_record.cdn["shop.example.com A"].alias[0].name == "d111111abcdef8.cloudfront.net"
    error_message = "The domain leads to the distribution."
  }
}

run "a_domain_with_a_dot_at_the_end_is_refused" {
  command = plan
  variables { domain = "shop.example.com." }
  expect_failures = [var.domain]
}

run "a_domain_without_a_dot_is_refused" {
  command = plan
  variables { domain = "localhost" }
  expect_failures = [var.domain]
}

run "addresses_under_a_name_that_is_no_region_are_refused" {
  command = plan
  variables { egress_ips = { primary = ["203.0.113.1"] } }
  expect_failures = [var.egress_ips]
}

run "an_ipv6_address_is_refused" {
  command = plan
  variables { egress_ips = { eu-central-1 = ["2001:db8::1"] } }
  expect_failures = [var.egress_ips]
}

run "an_ipv4_address_is_accepted" {
  command = plan
  variables { egress_ips = { eu-central-1 = ["203.0.113.1"] } }

  assert {
    condition     = aws_route53_record.egress["eu-central-1"].records == toset(["203.0.113.1"])
    error_message = "The address goes to the record."
  }
}

run "a_sender_policy_of_another_kind_is_refused" {
  command = plan
  variables { mail = { spf = "-all" } }
  expect_failures = [var.mail]
}

run "a_sender_policy_that_lets_someone_send_is_accepted" {
  command = plan
  variables { mail = { spf = "v=spf1 include:amazonses.com -all" } }

  assert {
    condition     = aws_route53_record.spf.records == toset(["v=spf1 include:amazonses.com -all"])
    error_message = "The policy goes to the record."
  }
}

run "a_dmarc_policy_without_an_action_is_refused" {
  command = plan
  variables { mail = { dmarc = "v=DMARC1;" } }
  expect_failures = [var.mail]
}

run "a_name_in_capitals_is_refused" {
  command = plan
  variables { name = "Shop-Prod" }
  expect_failures = [var.name]
}

run "a_load_balancer_with_a_dot_at_the_end_is_refused" {
  command = plan
  variables { origins = { primary = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com.", zone_id = "Z215JYRZR1TBD5" } } }
  expect_failures = [var.origins]
}

run "a_secondary_that_is_the_primary_is_refused" {
  command = plan
  variables {
    origins = {
      primary   = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" }
      secondary = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" }
    }
    switch = { alarm_name = "shop-prod-traffic-switch", region = "eu-west-1" }
  }
  expect_failures = [var.origins]
}

run "a_secondary_that_nothing_moves_to_is_refused" {
  command = plan
  variables {
    origins = {
      primary   = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" }
      secondary = { dns_name = "shop-prod-2.eu-west-1.elb.amazonaws.com", zone_id = "Z32O12XQLNTSW2" }
    }
  }
  expect_failures = [var.switch]
}

run "a_switch_that_moves_to_nowhere_is_refused" {
  command = plan
  variables {
    origins = { primary = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" } }
    switch  = { alarm_name = "shop-prod-traffic-switch", region = "eu-west-1" }
  }
  expect_failures = [var.switch]
}

run "a_switch_without_a_region_is_refused" {
  command = plan
  variables {
    origins = {
      primary   = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" }
      secondary = { dns_name = "shop-prod-2.eu-west-1.elb.amazonaws.com", zone_id = "Z32O12XQLNTSW2" }
    }
    switch = { alarm_name = "shop-prod-traffic-switch", region = "dr" }
  }
  expect_failures = [var.switch]
}

run "two_load_balancers_and_a_switch_are_accepted" {
  command = plan
  variables {
    origins = {
      primary   = { dns_name = "shop-prod-1.eu-central-1.elb.amazonaws.com", zone_id = "Z215JYRZR1TBD5" }
      secondary = { dns_name = "shop-prod-2.eu-west-1.elb.amazonaws.com", zone_id = "Z32O12XQLNTSW2" }
    }
    switch = { alarm_name = "shop-prod-traffic-switch", region = "eu-west-1" }
  }

  assert {
    condition     = aws_route53_record.origin["secondary"].alias[0].name == "shop-prod-2.eu-west-1.elb.amazonaws.com"
    error_message = "The load balancer goes to the record."
  }
}

run "a_probe_of_a_domain_that_leads_nowhere_is_refused" {
  command = plan
  variables { probe = {} }
  expect_failures = [var.probe]
}

run "a_probe_of_no_path_is_refused" {
  command = plan
  variables {
    cdn   = { domain_name = "d111111abcdef8.cloudfront.net", zone_id = "Z2FDTNDATAQYW2" }
    probe = { path = "health" }
  }
  expect_failures = [var.probe]
}

run "a_probe_of_a_path_is_accepted" {
  command = plan
  variables {
    cdn   = { domain_name = "d111111abcdef8.cloudfront.net", zone_id = "Z2FDTNDATAQYW2" }
    probe = { path = "/ready" }
  }

  assert {
    condition     = aws_route53_health_check.probe[0].resource_path == "/ready"
    error_message = "The path goes to the health check."
  }
}

run "a_zone_s_path_in_place_of_its_id_is_refused" {
  command = plan
  variables { zone_id = "/hostedzone/Z0123456789ABCDEFGHIJ" }
  expect_failures = [var.zone_id]
}
