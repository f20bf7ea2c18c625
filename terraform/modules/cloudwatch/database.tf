locals {
  _bytes_per_gib = 1024 * 1024 * 1024
  _max           = { connections = try(var.database.max_connections, 0), storage_gib = try(var.database.storage_gib, 0) }

  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
  _database = {
    for what, alarm in {
      database-cpu = {
        description = "The database has been busy for 5 minutes."
        metric      = "CPUUtilization"
        threshold   = var.thresholds.database_cpu_percent
        is_needed   = true
      }
      database-connections = {
        description = "The database runs out of connections; at its maximum it refuses customers."
        metric      = "DatabaseConnections"
        statistic   = "Maximum"
        threshold   = floor(local._max.connections * var.thresholds.connections_percent / 100)
        is_needed   = true
      }
      database-storage = {
        description = "The database runs out of storage; when it's full it stops."
        metric      = "FreeStorageSpace"
        statistic   = "Minimum"
        comparison  = "LessThanThreshold"
        threshold   = floor(local._max.storage_gib * local._bytes_per_gib * var.thresholds.free_storage_percent / 100)
        is_needed   = true
      }
      database-replica-lag = {
        description = "The replica falls behind: so much would be lost if it had to take over."
        metric      = "ReplicaLag"
        statistic   = "Maximum"
        threshold   = var.thresholds.replica_lag_seconds
        is_needed   = try(var.database.is_replica, false)
      }
    } :
    what => merge(alarm, { namespace = "AWS/RDS", dimensions = { DBInstanceIdentifier = var.database.identifier } })
    if var.database != null && alarm.is_needed
  }
}
