# How the root puts the modules together.

mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:000000000000:log-group:/shop-local/vpc-flow" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::000000000000:role/shop-local-vpc-flow-eu-central-1" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-central-1:000000000000:mock"
      url = "https://sqs.eu-central-1.amazonaws.com/000000000000/mock"
    }
  }
}

variables {
  account_id = "000000000000"
  cloud      = "local"
  env        = "local"
  name       = "shop-local"
  region     = "eu-central-1"
  role       = "active"
  tags       = {}

  base = {
    kms_key_arns = {
      logs      = "arn:aws:kms:eu-central-1:000000000000:key/0a1b"
      messaging = "arn:aws:kms:eu-central-1:000000000000:key/2c3d"
    }
  }

  network = {
    cidr                    = "10.0.0.0/16"
    flow_log_retention_days = 14
    nat                     = "single"
    subnets = {
      public-a = { tier = "public", availability_zone = "eu-central-1a", cidr = "10.0.1.0/24" }
      public-b = { tier = "public", availability_zone = "eu-central-1b", cidr = "10.0.2.0/24" }
      app-a    = { tier = "app", availability_zone = "eu-central-1a", cidr = "10.0.16.0/22" }
      app-b    = { tier = "app", availability_zone = "eu-central-1b", cidr = "10.0.20.0/22" }
      db-a     = { tier = "db", availability_zone = "eu-central-1a", cidr = "10.0.32.0/24" }
      db-b     = { tier = "db", availability_zone = "eu-central-1b", cidr = "10.0.33.0/24" }
    }
  }

  queues = {
    jobs = {
      dead_letter_retention_seconds = 1209600
      max_receive_count             = 5
      message_retention_seconds     = 345600
      visibility_timeout_seconds    = 60
    }
  }
}

run "what_later_stacks_and_people_need_is_given" {
  command = apply

  assert {
    condition     = keys(output.subnet_ids) == ["app-a", "app-b", "db-a", "db-b", "public-a", "public-b"]
    error_message = "Subnets are given by key."
  }

  assert {
    condition     = keys(output.nat_public_ips) == ["eu-central-1a"]
    error_message = "With a single NAT gateway the shop is seen under one address."
  }

  assert {
    condition     = keys(output.queue_arns) == ["jobs"] && keys(output.queue_urls) == ["jobs"]
    error_message = "Queues are given by purpose."
  }
}
