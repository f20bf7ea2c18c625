# The database is given away with the rules that let its clients in.

output "address" {
  description = "Name that the database is reached under, without port."
  value       = aws_db_instance.this.address

  depends_on = [aws_vpc_security_group_egress_rule.client, aws_vpc_security_group_ingress_rule.client]
}

output "arn" {
  description = "ARN of the database, which a replica in another region takes as its source."
  value       = aws_db_instance.this.arn
}

output "database_name" {
  description = "Name of the database within the server."
  value       = var.database_name
}

output "engine" {
  description = "Engine and the version that runs, complete."
  value       = { name = var.engine.name, version = aws_db_instance.this.engine_version_actual }
}

output "identifier" {
  description = "Identifier of the database, with its generation."
  value       = aws_db_instance.this.identifier
}

output "parameter_group_name" {
  description = "Parameter group of every generation on this major version, for one that is restored."
  value       = aws_db_parameter_group.this.name
}

output "port" {
  description = "Port that the database listens on."
  value       = local.engine.port
}

output "reader_addresses" {
  description = "Names that the replicas in the region are reached under, by r1, r2, ..."
  value       = { for key, replica in aws_db_instance.replica : key => replica.address }

  depends_on = [aws_vpc_security_group_egress_rule.client, aws_vpc_security_group_ingress_rule.client]
}

output "security_group_id" {
  description = "Security group of every generation."
  value       = aws_security_group.this.id
}

output "subnet_group_name" {
  description = "Subnet group of every generation, for one that is restored."
  value       = aws_db_subnet_group.this.name
}

output "username" {
  description = "Master user, whose password is in the secret."
  value       = local.username
}
