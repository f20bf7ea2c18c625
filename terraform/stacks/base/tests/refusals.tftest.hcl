# What the root itself refuses; the first run is the twin that is accepted: the variables as they are rendered for the
# environment `local`, which come with -var-file. Planned by the real provider with a local cloud behind it, because
# mock providers have no ephemeral resources, of which a secret's first value is one.

run "what_is_rendered_is_accepted" {
  command = plan

  assert {
    condition     = keys(output.bucket_names) == ["assets", "backups", "images", "logs", "uploads"]
    error_message = "A base has its five buckets."
  }
}

run "keys_without_the_one_for_data_are_refused" {
  command         = plan
  expect_failures = [var.kms_keys]

  variables {
    kms_keys = { logs = { description = "Log groups.", grantees = [], services = [] } }
  }
}

run "an_unknown_cloud_is_refused" {
  command         = plan
  expect_failures = [var.cloud]

  variables {
    cloud = "azure"
  }
}

run "an_environment_that_is_not_in_the_name_is_refused" {
  command         = plan
  expect_failures = [var.env]

  variables {
    env = "prod"
  }
}
