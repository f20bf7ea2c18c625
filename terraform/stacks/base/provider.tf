provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
  s3_use_path_style   = var.cloud == "local"

  default_tags {
    tags = var.tags
  }
}
