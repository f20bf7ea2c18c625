mock_provider "aws" {}

variables {
  account_id = "111122223333"
  name       = "shop-test"
  tags       = { Team = "shop" }
  keys = {
    data      = { description = "Data at rest." }
    logs      = { description = "Logs.", services = ["logs.eu-central-1.amazonaws.com"] }
    messaging = { description = "Messages.", services = ["cloudwatch.amazonaws.com", "sns.amazonaws.com"] }
  }
}

run "each_key_turns_once_a_year_and_can_be_saved_for_thirty_days" {
  command = plan

  assert {
    condition = alltrue([
      for key in values(aws_kms_key.this) : key.enable_key_rotation && key.rotation_period_in_days == 365
    ])
    error_message = "Keys rotate every 365 days."
  }

  assert {
    condition     = alltrue([for key in values(aws_kms_key.this) : key.deletion_window_in_days == 30])
    error_message = "The longest window is the default."
  }
}

run "each_key_has_an_alias_and_a_name_tag_of_its_own" {
  command = plan

  assert {
    condition     = values(aws_kms_alias.this)[*].name == ["alias/shop-test-data", "alias/shop-test-logs", "alias/shop-test-messaging"]
    error_message = "The alias is alias/<name>-<purpose>."
  }

  assert {
    condition     = values(aws_kms_key.this)[*].tags.Name == ["shop-test-data", "shop-test-logs", "shop-test-messaging"]
    error_message = "The Name tag is <name>-<purpose>."
  }

  assert {
    condition     = alltrue([for key in values(aws_kms_key.this) : key.tags.Team == "shop"])
    error_message = "Given tags stay."
  }
}

run "a_key_for_no_service_is_left_to_the_account_alone" {
  command = plan

  assert {
    condition = jsondecode(aws_kms_key.this["data"].policy).Statement == [{
      Sid       = "AccountAdministration"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
    error_message = "Only the account itself may use the key."
  }
}

run "log_groups_of_the_account_alone_use_their_key" {
  command = plan

  assert {
    condition = jsondecode(aws_kms_key.this["logs"].policy).Statement[1] == {
      Sid       = "LogsEucentral1"
      Effect    = "Allow"
      Principal = { Service = "logs.eu-central-1.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      Resource  = "*"
      Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-central-1:111122223333:*" } }
    }
    error_message = "CloudWatch Logs is bound by the encryption context."
  }
}

run "other_services_use_a_key_on_behalf_of_the_account_alone" {
  command = plan

  assert {
    condition = alltrue([
      for statement in slice(jsondecode(aws_kms_key.this["messaging"].policy).Statement, 1, 3) :
      statement.Condition == { StringEquals = { "aws:SourceAccount" = "111122223333" } }
      && statement.Action == ["kms:Decrypt", "kms:GenerateDataKey*"]
    ])
    error_message = "Each service is bound to the account, and may neither encrypt nor manage."
  }
}

run "the_cdn_reads_for_the_account_s_distributions_alone" {
  command = plan
  variables {
    keys = { data = { description = "Data at rest.", services = ["cloudfront.amazonaws.com"] } }
  }

  assert {
    condition = slice(jsondecode(aws_kms_key.this["data"].policy).Statement, 1, 2) == [{
      Sid       = "Cloudfront"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "kms:Decrypt"
      Resource  = "*"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/*" } }
    }]
    error_message = "CloudFront decrypts for a distribution of the account, and may do nothing else."
  }
}

run "a_grantee_uses_the_key_and_hands_it_on_to_aws_s_own_resources" {
  command = plan
  variables {
    keys = {
      compute = {
        description = "Disks."
        grantees    = ["arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"]
      }
    }
  }

  assert {
    condition = jsondecode(aws_kms_key.this["compute"].policy).Statement[1] == {
      Sid       = "GrantForResources"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["kms:CreateGrant"]
      Resource  = "*"
      Condition = {
        ArnEquals    = { "aws:PrincipalArn" = ["arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"] }
        Bool         = { "kms:GrantIsForAWSResource" = "true" }
        StringEquals = { "kms:CallerAccount" = "111122223333" }
      }
    }
    error_message = "The role grants the key to resources of AWS only."
  }

  assert {
    condition = jsondecode(aws_kms_key.this["compute"].policy).Statement[2] == {
      Sid       = "UseByGrantees"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      Resource  = "*"
      Condition = {
        ArnEquals    = { "aws:PrincipalArn" = ["arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"] }
        StringEquals = { "kms:CallerAccount" = "111122223333" }
      }
    }
    error_message = "The role, of this account and no other, uses the key."
  }
}
