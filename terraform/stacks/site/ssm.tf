locals {
  _database_parameters = var.database == null ? {} : {
    "database/engine" = { description = "Engine of the database.", value = var.database.engine.name }
    "database/host"   = { description = "Host of the database.", value = module.rds[0].address }
    "database/name"   = { description = "Name of the database.", value = module.rds[0].database_name }
    "database/port"   = { description = "Port of the database.", value = tostring(module.rds[0].port) }
    "database/user"   = { description = "Owner of the database.", value = module.rds[0].username }
  }
  _reader_parameters = try(var.database.read_replicas, 0) == 0 ? {} : {
    "database/readers" = { description = "Hosts of the database's replicas in the region.", value = join(" ", values(module.rds[0].reader_addresses)) }
  }
}

# What an instance is told when it starts; secrets are named here and read from where they are.
module "ssm" {
  source = "../../modules/ssm"

  name = var.name

  parameters = merge(
    {
      "control/buckets" = { description = "The control store: region=bucket.", value = join(" ", [for region, bucket in var.control_buckets : "${region}=${bucket}"]) }
      "domain"          = { description = "Domain of the shop.", value = var.domain }
      "environment"     = { description = "Name of the environment, as in the control store's keys.", value = var.env }
      "mail/from"       = { description = "Address that customers get mail from.", value = local.mail_from }
      "proxies"         = { description = "Proxies before the application that note the client's address.", value = tostring(local.proxies) }
      "region/role"     = { description = "What the region was at the last deploy: active or standby.", value = var.role }
    },
    { for purpose, name in var.base.bucket_names : "bucket/${purpose}" => { description = "Bucket for ${purpose}.", value = name } },
    { for purpose, url in module.sqs.queue_urls : "queue/${purpose}" => { description = "Queue for ${purpose}.", value = url } },
    { for purpose, arn in local.secret_arns : "secret/${purpose}" => { description = "ARN of the secret ${purpose}.", value = arn } },
    local._database_parameters,
    local._reader_parameters,
  )
}
