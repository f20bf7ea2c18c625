locals {
  # logs.eu-central-1.amazonaws.com -> LogsEucentral1: a statement's id takes letters and digits only.
  _sids = {
    for service in toset(flatten([for key in values(var.keys) : tolist(key.services)])) :
    service => join("", [for word in split(".", trimsuffix(service, ".amazonaws.com")) : title(replace(word, "-", ""))])
  }

  # The account's administrators keep the key, and IAM policies decide who else uses it: a key without
  # this statement can become unmanageable.
  # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
  _administration = {
    Sid       = "AccountAdministration"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }

  # CloudWatch Logs names the log group in the encryption context, and that is what binds it to the account.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  _logs = {
    for purpose, key in var.keys : purpose => [
      for service in key.services : {
        Sid       = local._sids[service]
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${split(".", service)[1]}:${var.account_id}:*" }
        }
      } if startswith(service, "logs.")
    ]
  }

  # A service that sends to an encrypted topic or queue on the account's behalf.
  # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  _senders = {
    for purpose, key in var.keys : purpose => [
      for service in key.services : {
        Sid       = local._sids[service]
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      } if !startswith(service, "logs.")
    ]
  }

  policies = {
    for purpose in keys(var.keys) : purpose => jsonencode({
      Version   = "2012-10-17"
      Statement = concat([local._administration], local._logs[purpose], local._senders[purpose])
    })
  }
}
