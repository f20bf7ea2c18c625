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
      } if !startswith(service, "logs.") && service != "cloudfront.amazonaws.com"
    ]
  }

  # CloudFront names the distribution that reads; which one is for the buckets' policies to say.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
  _cdn = {
    for purpose, key in var.keys : purpose => [
      for service in key.services : {
        Sid       = local._sids[service]
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::${var.account_id}:distribution/*" } }
      } if service == "cloudfront.amazonaws.com"
    ]
  }

  # A role that AWS itself works with, and that hands the key on to what it makes: Auto Scaling to its disks. It is
  # named in a condition and not as the principal, because KMS refuses a principal that does not exist, and a
  # service-linked role comes to exist only when its service is first used.
  # https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
  # https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html (Policy)
  _grantees = {
    for purpose, key in var.keys : purpose => [
      for sid, statement in {
        GrantForResources = { action = ["kms:CreateGrant"], condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } } }
        UseByGrantees = {
          action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
          condition = {}
        }
        } : {
        Sid       = sid
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = statement.action
        Resource  = "*"
        Condition = merge(statement.condition, {
          ArnEquals    = { "aws:PrincipalArn" = sort(key.grantees) }
          StringEquals = { "kms:CallerAccount" = var.account_id }
        })
      } if length(key.grantees) > 0
    ]
  }

  policies = {
    for purpose in keys(var.keys) : purpose => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        [local._administration],
        local._logs[purpose],
        local._senders[purpose],
        local._cdn[purpose],
        local._grantees[purpose],
      )
    })
  }
}
