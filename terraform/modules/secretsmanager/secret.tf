resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:a new value logs every customer out, so it is rotated by decision and not by calendar
  for_each = merge({ for purpose, secret in var.secrets : purpose => secret.description }, var.given)

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days

  # A region where nobody may read the primary any more still has the value, under the same name. The customer key ends at
  # its region, so replicas have AWS's own key.
  dynamic "replica" {
    for_each = var.replica_regions

    content {
      region = replica.key
    }
  }

  tags = merge(var.tags, { Name = "${var.name}/${each.key}" })
}

# A new one is drawn at every run and thrown away, unless the version below is new: then it is written.
ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = var.secrets

  password_length     = each.value.length
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = var.secrets

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.this[each.key].random_password
  secret_string_wo_version = 1
}
