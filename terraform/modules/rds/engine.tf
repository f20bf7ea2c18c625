locals {
  _engines = {
    mysql = {
      # 8.0 of 8.0.44: MySQL's major version has two numbers, PostgreSQL's has one.
      major_parts = 2
      port        = 3306
      log_types   = ["error", "slowquery"]
      parameters = {
        # With backups there are binary logs, and then only an administrator makes triggers unless this is on.
        # Source: https://dev.mysql.com/doc/refman/8.0/en/stored-programs-logging.html
        log_bin_trust_function_creators = "1"
        log_output                      = "FILE" # a table can't be exported to CloudWatch Logs
        long_query_time                 = "1"    # seconds
        require_secure_transport        = "1"
        slow_query_log                  = "1"
      }
    }
    postgres = {
      major_parts = 1
      port        = 5432
      log_types   = ["postgresql", "upgrade"]
      parameters = {
        log_min_duration_statement = "1000" # milliseconds
        log_statement              = "ddl"
        "rds.force_ssl"            = "1"
      }
    }
  }

  engine         = local._engines[var.engine.name]
  _version_parts = split(".", var.engine.version)
  major          = join(".", slice(local._version_parts, 0, min(local.engine.major_parts, length(local._version_parts))))
  _minor         = try(tonumber(local._version_parts[local.engine.major_parts]), null) # null: AWS takes its default
  family         = "${var.engine.name}${local.major}"

  # Which class runs which version. AWS is asked by nothing here: a minor version that AWS takes out of sale would make
  # every plan of a database fail that still runs on it, and no answer of the provider's data source says what is wrong.
  # So only those pairs are refused that don't exist; what this table doesn't know, such as a newer family, is left to AWS.
  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
  _burstable = ["micro", "small", "medium", "large", "xlarge", "2xlarge"]
  _graviton  = ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]
  _class_sizes = {
    m5  = concat(local._graviton, ["24xlarge"])
    m6g = local._graviton
    m6i = concat(local._graviton, ["24xlarge", "32xlarge"])
    m7g = local._graviton
    m7i = concat(local._graviton, ["24xlarge", "48xlarge"])
    m8g = concat(local._graviton, ["24xlarge", "48xlarge"])
    r5  = concat(local._graviton, ["24xlarge"])
    r6g = local._graviton
    r6i = concat(local._graviton, ["24xlarge", "32xlarge"])
    r7g = local._graviton
    r7i = concat(local._graviton, ["24xlarge", "48xlarge"])
    r8g = concat(local._graviton, ["24xlarge", "48xlarge"])
    t3  = local._burstable
    t4g = local._burstable
  }

  # The first minor version of each major version that runs on a family; a major version without an entry runs whole.
  _third_graviton = { postgres13 = 4, postgres14 = 5 }
  _newest         = { "mysql8.0" = 32, postgres13 = 11, postgres14 = 9, postgres15 = 4, postgres16 = 1, postgres17 = 1 }
  _first_minors = {
    m7g = local._third_graviton
    m7i = local._newest
    m8g = local._newest
    r6i = { postgres13 = 4 }
    r7g = local._third_graviton
    r7i = local._newest
    r8g = local._newest
  }

  # Out of sale, or for Oracle and SQL Server only.
  _foreign_families = ["m4", "r4", "t2", "x1", "x1e", "x2iezn", "z1d"]

  # Database Insights, which holds Performance Insights, needs more memory under MySQL.
  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.Engines.html
  _without_insights = {
    mysql    = ["db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"]
    postgres = []
  }
}
