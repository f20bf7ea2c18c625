# What the module promises, read from planned values.

mock_provider "aws" {}

variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b"
  name        = "shop-test"
  region      = "eu-west-1"
  tags        = { Team = "shop" }

  lock = { max_retention_days = 365, min_retention_days = 7 }
}

run "copies_lie_in_an_encrypted_vault_that_keeps_them" {
  command = plan

  assert {
    condition     = aws_backup_vault.this.name == "shop-test-copies" && aws_backup_vault.this.kms_key_arn == var.kms_key_arn
    error_message = "The vault is <name>-copies, under the given key."
  }

  assert {
    condition     = !aws_backup_vault.this.force_destroy
    error_message = "A vault with copies in it stays."
  }

  assert {
    condition = (
      aws_backup_vault_lock_configuration.this[0].min_retention_days == 7 &&
      aws_backup_vault_lock_configuration.this[0].max_retention_days == 365 &&
      aws_backup_vault_lock_configuration.this[0].changeable_for_days == null
    )
    error_message = "The lock holds as asked, and can be taken off again."
  }
}

run "an_unlocked_vault_has_no_lock" {
  command = plan
  variables { lock = null }

  assert {
    condition     = length(aws_backup_vault_lock_configuration.this) == 0
    error_message = "No lock unless it is asked for."
  }
}

run "only_this_account_copies_in" {
  command = plan

  assert {
    condition = jsondecode(aws_backup_vault_policy.this.policy).Statement[0] == {
      Sid       = "CopiesOfTheAccount"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "backup:CopyIntoBackupVault"
      Resource  = "*"
    }
    error_message = "The account copies in."
  }

  assert {
    condition = jsondecode(aws_backup_vault_policy.this.policy).Statement[1] == {
      Sid       = "NobodyElse"
      Effect    = "Deny"
      Principal = "*"
      Action    = "backup:CopyIntoBackupVault"
      Resource  = "*"
      Condition = { StringNotEquals = { "aws:PrincipalAccount" = "111122223333" } }
    }
    error_message = "Every other account is denied."
  }
}

run "the_restore_role_makes_the_shop_s_databases_and_deletes_none" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.restore.assume_role_policy).Statement[0].Principal == { Service = "backup.amazonaws.com" }
    error_message = "Only AWS Backup takes the role."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.restore.policy).Statement : statement.Sid => flatten([statement.Action]) if statement.Sid != "ReadNetwork" } == {
      ReadDatabases   = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"]
      RestoreDatabase = ["rds:RestoreDBInstanceFromDBSnapshot"]
      TagDatabase     = ["rds:AddTagsToResource"]
      UseKey          = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
      LendKey         = ["kms:CreateGrant"]
    }
    error_message = "The role reads and restores, and nothing else."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.restore.policy).Statement : [
        for action in flatten([statement.Action]) : startswith(action, "ec2:Describe")
      ] if statement.Sid == "ReadNetwork"
    ]))
    error_message = "Of the network the role only reads."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.restore.policy).Statement : statement.Resource if statement.Sid == "RestoreDatabase"][0] == [
      "arn:aws:rds:eu-west-1:111122223333:db:shop-test-*",
      "arn:aws:rds:eu-west-1:111122223333:og:*",
      "arn:aws:rds:eu-west-1:111122223333:pg:shop-test*",
      "arn:aws:rds:eu-west-1:111122223333:snapshot:awsbackup:*",
      "arn:aws:rds:eu-west-1:111122223333:subgrp:shop-test*",
    ]
    error_message = "Restored is what AWS Backup took, into what is the shop's."
  }
}

run "the_switch_moves_traffic_only_when_somebody_says_so" {
  command = plan

  assert {
    condition = output.switch == {
      alarm_name  = "shop-test-traffic-switch"
      metric_name = "TrafficMoved"
      namespace   = "shop-test/dr"
      region      = "eu-west-1"
    }
    error_message = "The switch says where to put the metric."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.switch.namespace == output.switch.namespace &&
      aws_cloudwatch_metric_alarm.switch.metric_name == output.switch.metric_name &&
      aws_cloudwatch_metric_alarm.switch.threshold == 1 &&
      aws_cloudwatch_metric_alarm.switch.comparison_operator == "GreaterThanOrEqualToThreshold"
    )
    error_message = "A 1 moves the traffic."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.switch.treat_missing_data == "ignore"
    error_message = "Silence moves nothing."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.switch.period == 60 && aws_cloudwatch_metric_alarm.switch.evaluation_periods == 1
    error_message = "One minute is enough, and Route 53 reads no finer metric."
  }
}

run "each_name_says_whose_it_is" {
  command = plan

  assert {
    condition     = aws_iam_role.restore.name == "shop-test-restore-eu-west-1"
    error_message = "IAM is global, so the role's name says its region."
  }

  assert {
    condition = (
      aws_backup_vault.this.tags == tomap({ Name = "shop-test-copies", Team = "shop" }) &&
      aws_cloudwatch_metric_alarm.switch.tags == tomap({ Name = "shop-test-traffic-switch", Team = "shop" }) &&
      aws_iam_role.restore.tags == tomap({ Name = "shop-test-restore-eu-west-1", Team = "shop" })
    )
    error_message = "Each Name is unique within its type; given tags stay."
  }
}
