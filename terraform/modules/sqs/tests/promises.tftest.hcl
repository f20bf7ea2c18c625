# What the module promises, read from planned and applied values.

mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-central-1:111122223333:mock"
      url = "https://sqs.eu-central-1.amazonaws.com/111122223333/mock"
    }
  }
}

variables {
  account_id  = "111122223333"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/0a1b"
  name        = "shop-dev"
  region      = "eu-central-1"

  queues = {
    jobs = {}
    mail = { max_receive_count = 3 }
  }
}

run "every_queue_has_a_dead_letter_queue_beside_it" {
  command = apply

  assert {
    condition = (
      [for queue in aws_sqs_queue.this : queue.name] == ["shop-dev-jobs", "shop-dev-mail"] &&
      [for queue in aws_sqs_queue.dead_letters : queue.name] == ["shop-dev-jobs-dead-letters", "shop-dev-mail-dead-letters"]
    )
    error_message = "Queues are named <name>-<purpose>, dead-letter queues <name>-<purpose>-dead-letters."
  }

  assert {
    condition = (
      jsondecode(aws_sqs_queue.this["jobs"].redrive_policy).deadLetterTargetArn == aws_sqs_queue.dead_letters["jobs"].arn &&
      jsondecode(aws_sqs_queue.this["jobs"].redrive_policy).maxReceiveCount == 5 &&
      jsondecode(aws_sqs_queue.this["mail"].redrive_policy).maxReceiveCount == 3
    )
    error_message = "A message goes to the dead-letter queue after the given number of tries, 5 by default."
  }

  assert {
    condition     = keys(output.queue_arns) == ["jobs", "mail"] && keys(output.dead_letter_queue_arns) == ["jobs", "mail"]
    error_message = "Queues are given by purpose."
  }
}

run "a_dead_letter_queue_takes_from_its_own_queue_only" {
  command = plan

  assert {
    condition = jsondecode(aws_sqs_queue.dead_letters["mail"].redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:eu-central-1:111122223333:shop-dev-mail"]
    }
    error_message = "The dead-letter queue names its one source."
  }
}

run "every_queue_is_encrypted_with_the_given_key" {
  command = plan

  assert {
    condition = alltrue([
      for queue in concat(values(aws_sqs_queue.this), values(aws_sqs_queue.dead_letters)) :
      queue.kms_master_key_id == var.kms_key_arn
    ])
    error_message = "Queues and dead-letter queues are encrypted with the given key."
  }
}

run "nobody_reaches_a_queue_without_tls" {
  command = plan

  assert {
    condition = alltrue([
      for queue in concat(values(aws_sqs_queue.this), values(aws_sqs_queue.dead_letters)) :
      jsondecode(queue.policy).Statement[0] == {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-central-1:111122223333:${queue.name}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    ])
    error_message = "Every queue refuses, of everybody, what comes without TLS."
  }
}

run "receivers_wait_for_messages" {
  command = plan

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.this : queue.receive_wait_time_seconds == 20])
    error_message = "Queues are polled long."
  }
}

run "what_failed_is_kept_for_14_days" {
  command = plan

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.dead_letters : queue.message_retention_seconds == 1209600])
    error_message = "By default a dead-letter queue keeps for as long as SQS can."
  }
}

run "every_name_is_used_once" {
  command = plan

  assert {
    condition = (
      length(distinct([for queue in concat(values(aws_sqs_queue.this), values(aws_sqs_queue.dead_letters)) : queue.tags.Name])) == 4
    )
    error_message = "Name tags repeat within no type."
  }
}
