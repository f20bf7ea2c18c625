locals {
  # An idle queue reports nothing after some hours.
  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
  _queues = merge([
    for purpose, queue in var.queues : {
      "queue-${purpose}-age" = {
        description  = "The oldest ${purpose} message waits too long: the worker is down or too slow."
        namespace    = "AWS/SQS"
        metric       = "ApproximateAgeOfOldestMessage"
        dimensions   = { QueueName = queue.name }
        statistic    = "Maximum"
        missing_data = "notBreaching"
        threshold    = queue.max_age_seconds
      }
      "queue-${purpose}-dead" = {
        description  = "A ${purpose} message failed again and again and was put aside; somebody has to look at it."
        namespace    = "AWS/SQS"
        metric       = "ApproximateNumberOfMessagesVisible"
        dimensions   = { QueueName = queue.dead_letter_name }
        statistic    = "Maximum"
        missing_data = "notBreaching"
        periods      = 1
        threshold    = 0
      }
    }
  ]...)
}
