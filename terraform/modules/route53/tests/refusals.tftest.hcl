mock_provider "aws" {}

variables {
  domain  = "shop.example.com"
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

run "a_zone_s_path_in_place_of_its_id_is_refused" {
  command = plan
  variables { zone_id = "/hostedzone/Z0123456789ABCDEFGHIJ" }
  expect_failures = [var.zone_id]
}
