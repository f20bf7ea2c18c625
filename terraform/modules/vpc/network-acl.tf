# Network ACLs have no memory: a connection needs a rule for its requests and one for its answers. Security groups
# decide who talks to whom; these lists only make sure that a wrong group can't open one tier to another.

locals {
  _anywhere = ["0.0.0.0/0"]

  _tier_cidrs = {
    for tier in ["public", "app", "db"] : tier => [
      for subnet in var.subnets : subnet.cidr if subnet.tier == tier
    ]
  }

  # Clients, load balancers and NAT gateways answer from these ports.
  # Source: AWS, VPC User Guide, "Custom network ACLs", section "Ephemeral ports".
  _high_ports = { from = 1024, to = 65535 }

  _web_ports = {
    http  = { from = 80, to = 80 }
    https = { from = 443, to = 443 }
  }

  _data_ports = {
    mysql      = { from = 3306, to = 3306 }
    postgresql = { from = 5432, to = 5432 }
    redis      = { from = 6379, to = 6379 }
  }

  # Who may send TCP to the tier (ingress), and to whom the tier may send it (egress).
  _tcp_peers = {
    public = {
      ingress = [
        { cidrs = local._anywhere, ports = values(local._web_ports) }, # customers; what app sends through NAT
        { cidrs = local._anywhere, ports = [local._high_ports] },      # answers to NAT and to the load balancer
      ]
      egress = [
        { cidrs = local._anywhere, ports = values(local._web_ports) }, # what app sends through NAT
        { cidrs = local._anywhere, ports = [local._high_ports] },      # answers to customers; requests to app
      ]
    }
    app = {
      ingress = [
        { cidrs = local._anywhere, ports = [local._high_ports] }, # requests of the load balancer; answers
      ]
      egress = [
        { cidrs = local._anywhere, ports = values(local._web_ports) }, # AWS APIs, payment provider
        { cidrs = concat(local._tier_cidrs.app, local._tier_cidrs.public), ports = [local._high_ports] },
        { cidrs = local._tier_cidrs.db, ports = values(local._data_ports) },
      ]
    }
    db = {
      ingress = [
        { cidrs = local._tier_cidrs.app, ports = values(local._data_ports) },
        { cidrs = local._tier_cidrs.db, ports = [local._high_ports] }, # replicas and nodes of one cluster
      ]
      egress = [
        { cidrs = concat(local._tier_cidrs.app, local._tier_cidrs.db), ports = [local._high_ports] },
      ]
    }
  }

  # "Fragmentation needed": without it, packets too large for a route's MTU vanish.
  # Source: AWS, VPC User Guide, "Custom network ACLs and path MTU discovery".
  _fragmentation_needed = {
    for tier in keys(local._tcp_peers) : tier => {
      cidr      = tier == "db" ? var.cidr : "0.0.0.0/0"
      from      = 0
      icmp_code = 4
      icmp_type = 3
      protocol  = "icmp"
      to        = 0
    }
  }

  # tier => direction => rule number => rule
  network_acl_rules = {
    for tier, directions in local._tcp_peers : tier => {
      for direction, peers in directions : direction => {
        for index, rule in flatten([
          local._fragmentation_needed[tier],
          [
            for peer in peers : [
              for cidr in peer.cidrs : [
                for ports in peer.ports : {
                  cidr      = cidr
                  from      = ports.from
                  icmp_code = null
                  icmp_type = null
                  protocol  = "tcp"
                  to        = ports.to
                }
              ]
            ]
          ],
        ]) : 100 + 10 * index => rule
      }
    }
  }
}

resource "aws_network_acl" "this" {
  #checkov:skip=CKV2_AWS_1:subnet_ids holds the subnets of the tier, by way of a local that checkov doesn't follow
  for_each = local.network_acl_rules

  subnet_ids = values(local.subnet_ids[each.key])
  vpc_id     = aws_vpc.this.id

  dynamic "ingress" {
    for_each = each.value.ingress

    content {
      action     = "allow"
      cidr_block = ingress.value.cidr
      from_port  = ingress.value.from
      icmp_code  = ingress.value.icmp_code
      icmp_type  = ingress.value.icmp_type
      protocol   = ingress.value.protocol
      rule_no    = ingress.key
      to_port    = ingress.value.to
    }
  }

  dynamic "egress" {
    for_each = each.value.egress

    content {
      action     = "allow"
      cidr_block = egress.value.cidr
      from_port  = egress.value.from
      icmp_code  = egress.value.icmp_code
      icmp_type  = egress.value.icmp_type
      protocol   = egress.value.protocol
      rule_no    = egress.key
      to_port    = egress.value.to
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
