# A password for the database that the tests plan.

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV_AWS_149:stands for a moment, in a test, and protects nothing
  #checkov:skip=CKV2_AWS_57:stands for a moment, in a test, and protects nothing
  name                    = "shop-test/database"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo         = "0123456789abcdefghijklmnopqrstuvwxyz0123"
  secret_string_wo_version = 1
}
