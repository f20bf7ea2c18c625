# What the root itself refuses; the first run is the twin that is accepted: the variables as they are rendered for the
# environment `local`, which come with -var-file. Planned by the real provider with a local cloud behind it, because
# mock providers have no ephemeral resources, of which the database's password is one.

variables {
  database = null # its password would have to be there
}

override_data {
  target = data.aws_secretsmanager_secret_version.origin_verify
  values = { secret_string = "0123456789abcdef0123456789abcdef" }
}

run "what_is_rendered_is_accepted" {
  command = plan

  assert {
    condition     = keys(output.queue_arns) == ["jobs"] && length(output.subnet_ids) == 6
    error_message = "A site has its queue and its six subnets."
  }
}

run "keys_that_miss_a_purpose_are_refused" {
  command         = plan
  expect_failures = [var.base]

  variables {
    base = {
      bucket_arns     = {}
      bucket_names    = {}
      certificate_arn = "arn:aws:acm:eu-central-1:000000000000:certificate/1"
      kms_key_arns    = { logs = "arn:aws:kms:eu-central-1:000000000000:key/1" }
    }
  }
}

run "two_control_buckets_are_refused" {
  command         = plan
  expect_failures = [var.control_buckets]

  variables {
    control_buckets = { eu-central-1 = "shop-local-control-1", eu-west-1 = "shop-local-control-2" }
  }
}

run "secrets_that_miss_a_purpose_are_refused" {
  command         = plan
  expect_failures = [var.secret_arns]

  variables {
    secret_arns = { app = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-local/app-a1b2c3" }
  }
}

run "an_unknown_cloud_is_refused" {
  command         = plan
  expect_failures = [var.cloud]

  variables {
    cloud = "azure"
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
