# A mock provider has no ephemeral resources, so the real one plans here, against the cloud that AWS_ENDPOINT_URL names.
provider "aws" {
  region = "eu-central-1"
}

variables {
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  tags        = { Team = "shop" }
  secrets = {
    app     = { description = "Key that signs sessions." }
    payment = { description = "Key of the payment provider." }
  }
}

run "secrets_are_under_the_customer_key_and_can_be_restored" {
  command = plan

  assert {
    condition     = alltrue([for secret in values(aws_secretsmanager_secret.this) : secret.kms_key_id == var.kms_key_arn && secret.recovery_window_in_days == 30])
    error_message = "Each secret has the customer key and the longest window."
  }
}

run "each_secret_has_a_name_and_a_name_tag_of_its_own" {
  command = plan

  assert {
    condition     = values(aws_secretsmanager_secret.this)[*].name == ["shop-test/app", "shop-test/payment"]
    error_message = "The name is <name>/<purpose>."
  }

  assert {
    condition     = jsonencode(values(aws_secretsmanager_secret.this)[*].tags) == jsonencode([{ Name = "shop-test/app", Team = "shop" }, { Name = "shop-test/payment", Team = "shop" }])
    error_message = "The Name tag is the secret's name; given tags stay."
  }
}

run "values_are_written_once_and_kept_nowhere" {
  command = plan

  variables {
    given = { operator = "Keys that others gave the operator." }
  }

  assert {
    condition     = aws_secretsmanager_secret.this["operator"].name == "shop-test/operator" && !contains(keys(aws_secretsmanager_secret_version.this), "operator")
    error_message = "A secret that an operator gives a value to is made without one."
  }

  assert {
    condition     = alltrue([for version in values(aws_secretsmanager_secret_version.this) : version.secret_string_wo_version == 1])
    error_message = "A value is written when this number changes, and only then."
  }

  assert {
    condition     = alltrue([for version in values(aws_secretsmanager_secret_version.this) : version.secret_string_wo == null])
    error_message = "The plan holds no value."
  }
}

run "every_secret_is_copied_to_the_further_regions" {
  command = plan

  variables {
    replica_regions = ["eu-west-1", "us-east-1"]
  }

  assert {
    condition = alltrue([
      for secret in values(aws_secretsmanager_secret.this) : [for replica in secret.replica : replica.region] == ["eu-west-1", "us-east-1"]
    ])
    error_message = "Each secret has a copy in each region."
  }
}

run "without_further_regions_secrets_stand_in_their_own_only" {
  command = apply # what Secrets Manager makes by itself is known only then

  variables {
    recovery_window_days = 0
  }

  assert {
    condition     = alltrue([for secret in values(aws_secretsmanager_secret.this) : length(secret.replica) == 0])
    error_message = "Nobody's copies are made unasked."
  }
}
