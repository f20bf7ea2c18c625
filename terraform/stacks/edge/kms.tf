# Firewall, CDN and their alarms are all in this region, so their keys are too.
module "kms" {
  source = "../../modules/kms"

  account_id           = var.account_id
  deletion_window_days = 30
  name                 = local.edge_name

  keys = {
    alerts = {
      description = "Alerts on their way to people."
      services    = ["cloudwatch.amazonaws.com"]
    }
    logs = {
      description = "Log of the firewall."
      services    = ["logs.${var.region}.amazonaws.com"]
    }
  }
}
