# What the module promises, read from planned and applied values.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/shop-test-backup-eu-central-1" }
  }
  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:eu-central-1:111122223333:backup-vault:shop-test-daily" }
  }
}

variables {
  account_id     = "111122223333"
  kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/0a1b"
  name           = "shop-test"
  region         = "eu-central-1"
  retention_days = 35
  selection_arns = ["arn:aws:rds:eu-central-1:111122223333:db:shop-test-*"]
  tags           = { Team = "shop" }

  lock = { max_retention_days = 365, min_retention_days = 7 }
  copy = { retention_days = 90, vault_arn = "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies" }
}

run "backups_lie_in_an_encrypted_vault_that_keeps_them" {
  command = plan

  assert {
    condition     = aws_backup_vault.this.name == "shop-test-daily" && aws_backup_vault.this.kms_key_arn == var.kms_key_arn
    error_message = "The vault is <name>-daily, under the given key."
  }

  assert {
    condition     = !aws_backup_vault.this.force_destroy
    error_message = "A vault with backups in it stays."
  }

  assert {
    condition     = aws_backup_vault_lock_configuration.this[0].changeable_for_days == null
    error_message = "The lock is in governance mode: it can be taken off again."
  }
}

run "every_night_a_backup_is_taken_and_copied" {
  command = plan

  assert {
    condition     = one(aws_backup_plan.this[0].rule).schedule == "cron(0 3 * * ? *)" && one(aws_backup_plan.this[0].rule).target_vault_name == "shop-test-daily"
    error_message = "By default at three in the night, into this vault."
  }

  assert {
    condition     = one(one(aws_backup_plan.this[0].rule).lifecycle).delete_after == 35
    error_message = "A backup is kept for as long as asked."
  }

  assert {
    condition = (
      one(one(aws_backup_plan.this[0].rule).copy_action).destination_vault_arn == var.copy.vault_arn &&
      one(one(one(aws_backup_plan.this[0].rule).copy_action).lifecycle).delete_after == 90
    )
    error_message = "Each backup is copied into the other region's vault, for as long as asked there."
  }

  assert {
    condition     = aws_backup_selection.this[0].resources == var.selection_arns
    error_message = "The plan takes what is selected."
  }
}

run "without_a_second_region_nothing_is_copied" {
  command = plan
  variables { copy = null }

  assert {
    condition     = length(one(aws_backup_plan.this[0].rule).copy_action) == 0
    error_message = "No copy without a vault for it."
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid
      if contains(["EncryptCopies", "FillVaults"], statement.Sid)
    ]) == jsonencode(["FillVaults"])
    error_message = "No key of another region is asked for."
  }
}

run "the_standby_has_the_vault_and_no_plan" {
  command = apply

  variables {
    plan_enabled   = false
    selection_arns = []
  }

  assert {
    condition     = length(aws_backup_plan.this) + length(aws_backup_selection.this) == 0
    error_message = "What isn't active takes no backup."
  }

  assert {
    condition     = output.vault_name == "shop-test-daily" && output.vault_arn == "arn:aws:backup:eu-central-1:111122223333:backup-vault:shop-test-daily"
    error_message = "Its vault stands all the same, under the name that its ARN is computed from."
  }
}

run "the_role_backs_up_the_shop_s_databases_and_deletes_none" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "backup.amazonaws.com" }
    error_message = "Only AWS Backup takes the role."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => flatten([statement.Action]) } == {
      FindResources      = ["tag:GetResources"]
      ReadDatabases      = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"]
      TakeSnapshots      = ["rds:CreateDBSnapshot"]
      KeepRecoveryPoints = ["backup:CopyFromBackupVault", "rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:DeleteDBSnapshot"]
      FillVaults         = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
      FindKey            = ["kms:DescribeKey"]
      LendKey            = ["kms:CreateGrant"]
      EncryptCopies      = ["kms:CreateGrant", "kms:DescribeKey"]
    }
    error_message = "The role takes, copies and removes snapshots, and nothing else."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => flatten([statement.Resource]) } == {
      FindResources      = ["*"]
      ReadDatabases      = ["arn:aws:rds:*:111122223333:db:*", "arn:aws:rds:*:111122223333:snapshot:*"]
      TakeSnapshots      = ["arn:aws:rds:eu-central-1:111122223333:db:shop-test-*", "arn:aws:rds:*:111122223333:snapshot:awsbackup:*"]
      KeepRecoveryPoints = ["arn:aws:rds:*:111122223333:snapshot:awsbackup:*"]
      FillVaults         = ["arn:aws:backup:eu-central-1:111122223333:backup-vault:shop-test-daily", "arn:aws:backup:eu-west-1:111122223333:backup-vault:shop-test-copies"]
      FindKey            = ["arn:aws:kms:eu-central-1:111122223333:key/0a1b"]
      LendKey            = ["arn:aws:kms:eu-central-1:111122223333:key/0a1b"]
      EncryptCopies      = ["arn:aws:kms:eu-west-1:111122223333:key/*"]
    }
    error_message = "Each statement names what it is for."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid => jsonencode(statement.Condition)
      if startswith(flatten([statement.Action])[0], "kms:CreateGrant")
      } == {
      LendKey       = jsonencode({ Bool = { "kms:GrantIsForAWSResource" = "true" } })
      EncryptCopies = jsonencode({ "ForAnyValue:StringLike" = { "kms:ResourceAliases" = "alias/shop-test-*" } })
    }
    error_message = "Keys are lent to AWS's services only, in the other region the shop's own ones."
  }
}

run "each_name_says_whose_it_is" {
  command = plan

  assert {
    condition     = aws_iam_role.this.name == "shop-test-backup-eu-central-1"
    error_message = "IAM is global, so the role's name says its region."
  }

  assert {
    condition = (
      aws_backup_vault.this.tags == tomap({ Name = "shop-test-daily", Team = "shop" }) &&
      aws_backup_plan.this[0].tags == tomap({ Name = "shop-test-daily", Team = "shop" }) &&
      aws_iam_role.this.tags == tomap({ Name = "shop-test-backup-eu-central-1", Team = "shop" })
    )
    error_message = "Each Name is unique within its type; given tags stay."
  }
}
