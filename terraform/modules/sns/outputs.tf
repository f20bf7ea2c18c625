output "alerts_topic_arn" {
  description = "ARN of the alerts topic, once alarms may publish to it."
  value       = aws_sns_topic.alerts.arn
  depends_on  = [aws_sns_topic_policy.alerts]
}
