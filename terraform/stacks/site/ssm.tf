locals {
  _database_parameters = var.database == null ? {} : {
    "database/host" = { description = "Host of the database.", value = module.rds[0].address }
    "database/name" = { description = "Name of the database.", value = module.rds[0].database_name }
    "database/port" = { description = "Port of the database.", value = tostring(module.rds[0].port) }
    "database/user" = { description = "Owner of the database.", value = module.rds[0].username }
  }
}

# What an instance is told when it starts; secrets are named here and read from where they are.
module "ssm" {
  source = "../../modules/ssm"

  name = var.name

  parameters = merge(
    {
      "domain"      = { description = "Domain of the shop.", value = var.domain }
      "region/role" = { description = "What the region was at the last deploy: active or standby.", value = var.role }
    },
    { for purpose, name in var.base.bucket_names : "bucket/${purpose}" => { description = "Bucket for ${purpose}.", value = name } },
    { for purpose, url in module.sqs.queue_urls : "queue/${purpose}" => { description = "Queue for ${purpose}.", value = url } },
    { for purpose, arn in var.secret_arns : "secret/${purpose}" => { description = "ARN of the secret ${purpose}.", value = arn } },
    local._database_parameters,
  )
}
