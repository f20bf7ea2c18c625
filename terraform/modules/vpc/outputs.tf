# Subnets are given away with the routes and lists that make them usable, so that what is built on them waits for those.

output "app_subnet_ids" {
  description = "Subnets of the app tier by availability zone, for instances and mount targets."
  value       = local.subnet_ids.app

  depends_on = [
    aws_network_acl.this,
    aws_route.nat,
    aws_route_table_association.app,
    aws_vpc_endpoint.gateway,
  ]
}

output "db_subnet_ids" {
  description = "Subnets of the db tier by availability zone, for databases and caches. Without a way to the internet."
  value       = local.subnet_ids.db

  depends_on = [aws_network_acl.this, aws_route_table_association.db]
}

output "nat_public_ips" {
  description = "Address that the app tier is seen under from outside, by availability zone of the NAT gateway."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }

  depends_on = [aws_nat_gateway.this]
}

output "public_subnet_ids" {
  description = "Subnets of the public tier by availability zone, for load balancers."
  value       = local.subnet_ids.public

  depends_on = [aws_network_acl.this, aws_route.internet, aws_route_table_association.public]
}

output "subnet_ids" {
  description = "Every subnet by its key."
  value       = { for key, subnet in aws_subnet.this : key => subnet.id }

  depends_on = [
    aws_network_acl.this,
    aws_route.internet,
    aws_route.nat,
    aws_route_table_association.app,
    aws_route_table_association.db,
    aws_route_table_association.public,
  ]
}

output "vpc_cidr" {
  description = "IPv4 addresses of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}
