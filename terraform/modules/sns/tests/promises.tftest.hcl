mock_provider "aws" {
  override_during = plan

  # A mocked ARN is no ARN, and the provider refuses it where one has to stand.
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:111122223333:shop-test-alerts" }
  }
}

variables {
  account_id  = "111122223333"
  emails      = ["dev@example.com", "ops@example.com"]
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  region      = "us-east-1"
  tags        = { Team = "shop" }
}

run "alerts_are_encrypted_with_the_customer_key" {
  command = plan

  assert {
    condition     = aws_sns_topic.alerts.kms_master_key_id == var.kms_key_arn
    error_message = "Alarms can publish to a topic under a customer key only."
  }

  assert {
    condition     = aws_sns_topic.alerts.name == "shop-test-alerts" && aws_sns_topic.alerts.tags == tomap({ Name = "shop-test-alerts", Team = "shop" })
    error_message = "The Name tag is the topic's name; given tags stay."
  }
}

run "alarms_of_the_environment_may_publish_and_plain_http_may_not" {
  command = plan

  assert {
    condition = jsondecode(aws_sns_topic_policy.alerts.policy).Statement == [
      {
        Sid       = "AlarmsOfTheAccount"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:us-east-1:111122223333:shop-test-alerts"
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:shop-test-*" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
      },
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:us-east-1:111122223333:shop-test-alerts"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
    error_message = "The policy lets in this environment's alarms, through TLS."
  }
}

run "each_address_is_subscribed_once" {
  command = plan

  assert {
    condition     = values(aws_sns_topic_subscription.email)[*].endpoint == ["dev@example.com", "ops@example.com"]
    error_message = "Each address subscribes by mail."
  }

  assert {
    condition     = output.alerts_topic_arn == "arn:aws:sns:us-east-1:111122223333:shop-test-alerts"
    error_message = "Consumers get the topic's ARN."
  }
}
