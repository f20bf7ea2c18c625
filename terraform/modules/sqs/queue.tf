locals {
  queue_names             = { for purpose in keys(var.queues) : purpose => "${var.name}-${purpose}" }
  dead_letter_queue_names = { for purpose, name in local.queue_names : purpose => "${name}-dead-letters" }

  # Computed, because a policy names the queue that it is made with, and a queue and its dead-letter queue name each
  # other.
  queue_arns = {
    for name in concat(values(local.queue_names), values(local.dead_letter_queue_names)) :
    name => "arn:aws:sqs:${var.region}:${var.account_id}:${name}"
  }

  tls_only_policies = {
    for name, arn in local.queue_arns : name => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    })
  }
}

resource "aws_sqs_queue" "this" {
  for_each = var.queues

  name                       = local.queue_names[each.key]
  kms_master_key_id          = var.kms_key_arn
  message_retention_seconds  = each.value.message_retention_seconds
  policy                     = local.tls_only_policies[local.queue_names[each.key]]
  receive_wait_time_seconds  = 20 # long polling, the longest: fewer empty answers, each of which is paid for
  visibility_timeout_seconds = each.value.visibility_timeout_seconds

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters[each.key].arn
    maxReceiveCount     = each.value.max_receive_count
  })

  tags = merge(var.tags, { Name = local.queue_names[each.key] })
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = var.queues

  name                      = local.dead_letter_queue_names[each.key]
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = each.value.dead_letter_retention_seconds
  policy                    = local.tls_only_policies[local.dead_letter_queue_names[each.key]]
  receive_wait_time_seconds = 20

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arns[local.queue_names[each.key]]]
  })

  tags = merge(var.tags, { Name = local.dead_letter_queue_names[each.key] })
}
