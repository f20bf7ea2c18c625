# Gateway endpoints cost nothing and keep the traffic to S3 and DynamoDB off the NAT gateways, whose bytes do.
resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["dynamodb", "s3"])

  route_table_ids   = [for table in aws_route_table.app : table.id]
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
