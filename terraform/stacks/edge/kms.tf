# Alarms publish to the topic with this key; CloudFront's are all in this region, so the key is too.
module "kms" {
  source = "../../modules/kms"

  account_id           = var.account_id
  deletion_window_days = 30
  name                 = var.name

  keys = {
    alerts = {
      description = "Alerts on their way to people."
      services    = ["cloudwatch.amazonaws.com"]
    }
  }
}
