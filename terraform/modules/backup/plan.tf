locals {
  vault_name = "${var.name}-daily"
  vault_arn  = "arn:aws:backup:${var.region}:${var.account_id}:backup-vault:${local.vault_name}"
}

resource "aws_backup_plan" "this" {
  count = var.plan_enabled ? 1 : 0

  name = "${var.name}-daily"

  rule {
    rule_name         = "daily"
    schedule          = var.schedule
    target_vault_name = aws_backup_vault.this.name
    start_window      = 60  # minutes, the shortest that AWS takes: a backup that can't start is known within the hour
    completion_window = 360 # minutes

    lifecycle {
      delete_after = var.retention_days
    }

    dynamic "copy_action" {
      for_each = var.copy == null ? [] : [var.copy]

      content {
        destination_vault_arn = copy_action.value.vault_arn

        lifecycle {
          delete_after = copy_action.value.retention_days
        }
      }
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-daily" })

  depends_on = [aws_backup_vault_lock_configuration.this] # no backup enters a vault that is still open
}

resource "aws_backup_selection" "this" {
  count = var.plan_enabled ? 1 : 0

  name         = "${var.name}-daily"
  plan_id      = aws_backup_plan.this[0].id
  iam_role_arn = aws_iam_role.this.arn
  resources    = var.selection_arns

  depends_on = [aws_iam_role_policy.this] # AWS asks the role for its permissions when it is selected
}
