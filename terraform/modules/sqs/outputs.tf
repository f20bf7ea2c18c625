output "dead_letter_queue_arns" {
  description = "Dead-letter queues by purpose."
  value       = { for purpose, queue in aws_sqs_queue.dead_letters : purpose => queue.arn }
}

output "dead_letter_queue_names" {
  description = "Names of the dead-letter queues by purpose, as alarms have them."
  value       = { for purpose, queue in aws_sqs_queue.dead_letters : purpose => queue.name }
}

output "queue_arns" {
  description = "Queues by purpose."
  value       = { for purpose, queue in aws_sqs_queue.this : purpose => queue.arn }
}

output "queue_names" {
  description = "Names of the queues by purpose, as alarms have them."
  value       = { for purpose, queue in aws_sqs_queue.this : purpose => queue.name }
}

output "queue_urls" {
  description = "Addresses that the queues are sent to and received from, by purpose."
  value       = { for purpose, queue in aws_sqs_queue.this : purpose => queue.url }
}
