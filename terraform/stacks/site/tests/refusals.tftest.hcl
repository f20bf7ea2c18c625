# What the root itself refuses, each refusal beside a twin that is accepted; the modules refuse the rest.

mock_provider "aws" {}

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
    nat                     = "per_az"
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

run "keys_that_miss_a_purpose_are_refused" {
  command         = plan
  expect_failures = [var.base]

  variables {
    base = { kms_key_arns = { logs = var.base.kms_key_arns.logs } }
  }
}

run "keys_with_a_further_purpose_are_accepted" {
  command = plan

  variables {
    base = { kms_key_arns = merge(var.base.kms_key_arns, { data = "arn:aws:kms:eu-central-1:000000000000:key/4e5f" }) }
  }

  assert {
    condition     = keys(output.queue_arns) == ["jobs"]
    error_message = "What the site has no use for is passed over."
  }
}

run "an_unknown_cloud_is_refused" {
  command         = plan
  expect_failures = [var.cloud]

  variables {
    cloud = "azure"
  }
}

run "aws_is_accepted" {
  command = plan

  variables {
    cloud = "aws"
  }

  assert {
    condition     = keys(output.queue_urls) == ["jobs"]
    error_message = "The same resources stand in AWS."
  }
}

run "a_name_of_another_environment_is_refused" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "shop-prod"
  }
}

run "an_unknown_role_is_refused" {
  command         = plan
  expect_failures = [var.role]

  variables {
    role = "primary"
  }
}

run "a_standby_is_accepted" {
  command = plan

  variables {
    role = "standby"
  }

  assert {
    condition     = length(output.subnet_ids) == 6
    error_message = "A standby has the whole network."
  }
}
