"""The network of the local cloud behaves as AWS's: what it lists, what it refuses, what it makes only once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client import LocalCloud
from localcloud.faults import LostReply

REGION = "eu-central-1"
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC with a subnet, an internet gateway and an address, on a cloud that other networks share."""

    ec2: Any
    vpc: str
    subnet: str
    gateway: str
    address: str

    def acl_of(self, subnet: str) -> dict[str, Any]:
        filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
        (acl,) = self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
        return dict(acl)

    def association_of(self, subnet: str) -> str:
        links = self.acl_of(subnet)["Associations"]
        return next(str(link["NetworkAclAssociationId"]) for link in links if link["SubnetId"] == subnet)

    def new_nat_gateway(self, **more: Any) -> str:
        made = self.ec2.create_nat_gateway(SubnetId=self.subnet, AllocationId=self.address, **more)
        return str(made["NatGateway"]["NatGatewayId"])

    def new_acl(self) -> str:
        return str(self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"])

    def new_table(self) -> str:
        return str(self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"])


@pytest.fixture
def network(shared_cloud: LocalCloud) -> Iterator[Network]:
    ec2 = shared_cloud.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    yield Network(ec2, vpc, subnet, gateway, ec2.allocate_address(Domain="vpc")["AllocationId"])
    assert shared_cloud.problems() == ()


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    return str(refusal.value.response["Error"]["Code"])


# Network ACLs


def test_a_new_subnet_is_in_the_default_list_of_its_vpc_and_in_no_other(network: Network) -> None:
    acl = network.acl_of(network.subnet)
    assert acl["IsDefault"]
    assert acl["VpcId"] == network.vpc


def test_a_subnet_moves_from_one_list_to_another(network: Network) -> None:
    acl, before = network.new_acl(), network.association_of(network.subnet)
    moved = network.ec2.replace_network_acl_association(AssociationId=before, NetworkAclId=acl)
    assert network.acl_of(network.subnet)["NetworkAclId"] == acl
    assert network.association_of(network.subnet) == moved["NewAssociationId"] != before


def test_a_list_forgets_a_subnet_that_is_deleted(network: Network) -> None:
    network.ec2.delete_subnet(SubnetId=network.subnet)
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}]
    acls = network.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    assert [acl["Associations"] for acl in acls] == [[]]


def test_a_rule_keeps_its_ports_and_its_kind_of_icmp(network: Network) -> None:
    acl = network.new_acl()
    common = {"NetworkAclId": acl, "RuleAction": "allow", "Egress": False, "CidrBlock": ANYWHERE}
    network.ec2.create_network_acl_entry(**common, RuleNumber=100, Protocol="6", PortRange={"From": 80, "To": 443})
    network.ec2.create_network_acl_entry(**common, RuleNumber=90, Protocol="1", IcmpTypeCode={"Type": 3, "Code": 4})
    (shown,) = network.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    icmp, tcp, last = [entry for entry in shown["Entries"] if not entry["Egress"]]
    assert (tcp["RuleNumber"], tcp["PortRange"]) == (100, {"From": 80, "To": 443})
    assert (icmp["RuleNumber"], icmp["IcmpTypeCode"]) == (90, {"Type": 3, "Code": 4})
    assert (last["RuleNumber"], last["RuleAction"]) == (32767, "deny")


def test_rule_numbers_are_held_once_and_must_exist_to_be_changed(network: Network) -> None:
    rule = {"NetworkAclId": network.new_acl(), "RuleNumber": 100, "Egress": True}
    content = {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": ANYWHERE}
    assert code_of(network.ec2.delete_network_acl_entry, **rule) == "InvalidNetworkAclEntry.NotFound"
    assert code_of(network.ec2.replace_network_acl_entry, **rule, **content) == "InvalidNetworkAclEntry.NotFound"
    network.ec2.create_network_acl_entry(**rule, **content)
    assert code_of(network.ec2.create_network_acl_entry, **rule, **content) == "NetworkAclEntryAlreadyExists"
    network.ec2.delete_network_acl_entry(**rule)


def test_a_list_takes_20_rules_in_each_direction(network: Network) -> None:
    rule = {"NetworkAclId": network.new_acl(), "Protocol": "-1", "RuleAction": "allow", "CidrBlock": ANYWHERE}
    for number in range(1, 21):
        network.ec2.create_network_acl_entry(**rule, RuleNumber=number, Egress=False)
    again = {**rule, "RuleNumber": 21, "Egress": False}
    assert code_of(network.ec2.create_network_acl_entry, **again) == "NetworkAclEntryLimitExceeded"
    network.ec2.create_network_acl_entry(**rule, RuleNumber=21, Egress=True)


def test_neither_the_default_list_nor_one_in_use_is_deleted(network: Network) -> None:
    default, acl = network.acl_of(network.subnet)["NetworkAclId"], network.new_acl()
    assert code_of(network.ec2.delete_network_acl, NetworkAclId=default) == "InvalidParameterValue"
    link = network.association_of(network.subnet)
    back = network.ec2.replace_network_acl_association(AssociationId=link, NetworkAclId=acl)["NewAssociationId"]
    assert code_of(network.ec2.delete_network_acl, NetworkAclId=acl) == "DependencyViolation"
    network.ec2.replace_network_acl_association(AssociationId=back, NetworkAclId=default)
    network.ec2.delete_network_acl(NetworkAclId=acl)


# Flow logs


def flow_log(vpc: str, **more: Any) -> dict[str, Any]:
    return {
        "ResourceIds": [vpc],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestination": f"arn:aws:logs:{REGION}:000000000000:log-group:/shop-local/vpc-flow",
        "DeliverLogsPermissionArn": "arn:aws:iam::000000000000:role/flow",
        **more,
    }


def test_a_flow_log_is_told_with_all_that_it_was_made_with(network: Network) -> None:
    tags = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "Name", "Value": "shop"}]}]
    request = flow_log(network.vpc, MaxAggregationInterval=60, TagSpecifications=tags)
    (identity,) = network.ec2.create_flow_logs(**request)["FlowLogIds"]
    (shown,) = network.ec2.describe_flow_logs(FlowLogIds=[identity])["FlowLogs"]
    assert shown["DeliverLogsPermissionArn"] == request["DeliverLogsPermissionArn"]
    assert shown["LogDestination"] == request["LogDestination"]
    assert shown["LogGroupName"] == "/shop-local/vpc-flow"
    assert shown["MaxAggregationInterval"] == 60
    assert shown["LogFormat"].startswith("${version} ${account-id} ${interface-id}")
    assert shown["Tags"] == [{"Key": "Name", "Value": "shop"}]


def test_the_same_flow_log_is_not_made_twice(network: Network) -> None:
    network.ec2.create_flow_logs(**flow_log(network.vpc))
    again = network.ec2.create_flow_logs(**flow_log(network.vpc))
    assert again["FlowLogIds"] == []
    assert again["Unsuccessful"][0]["Error"]["Code"] == "FlowLogAlreadyExists"


def test_a_flow_log_to_a_log_group_needs_a_role(network: Network) -> None:
    request = flow_log(network.vpc)
    del request["DeliverLogsPermissionArn"]
    assert code_of(network.ec2.create_flow_logs, **request) == "InvalidParameter"


def test_an_unknown_flow_log_is_named_among_the_unsuccessful(network: Network) -> None:
    (failure,) = network.ec2.delete_flow_logs(FlowLogIds=["fl-00000000000000000"])["Unsuccessful"]
    assert failure["Error"]["Code"] == "InvalidFlowLogId.NotFound"


def test_a_flow_log_that_is_gone_is_left_out_of_the_answer(network: Network) -> None:
    assert network.ec2.describe_flow_logs(FlowLogIds=["fl-00000000000000000"])["FlowLogs"] == []


# NAT gateways, addresses and internet gateways


def test_a_nat_gateway_holds_an_address_until_it_is_deleted(network: Network) -> None:
    identity = network.new_nat_gateway()
    (shown,) = network.ec2.describe_nat_gateways(NatGatewayIds=[identity])["NatGateways"]
    (link,) = shown["NatGatewayAddresses"]
    assert link["AllocationId"] == network.address
    assert link["PrivateIp"] == "10.0.1.4"
    assert code_of(network.ec2.release_address, AllocationId=network.address) == "InvalidIPAddress.InUse"
    assert code_of(network.new_nat_gateway) == "Resource.AlreadyAssociated"
    network.ec2.delete_nat_gateway(NatGatewayId=identity)
    network.ec2.release_address(AllocationId=network.address)
    (gone,) = network.ec2.describe_nat_gateways(NatGatewayIds=[identity])["NatGateways"]
    assert gone["State"] == "deleted"


def test_a_nat_gateway_fails_in_a_vpc_that_has_no_internet_gateway(network: Network) -> None:
    network.ec2.detach_internet_gateway(VpcId=network.vpc, InternetGatewayId=network.gateway)
    (shown,) = network.ec2.describe_nat_gateways(NatGatewayIds=[network.new_nat_gateway()])["NatGateways"]
    assert (shown["State"], shown["FailureCode"]) == ("failed", "Gateway.NotAttached")


def test_what_a_nat_gateway_stands_on_stays_while_it_lives(network: Network) -> None:
    ec2, identity = network.ec2, network.new_nat_gateway()
    detach = {"VpcId": network.vpc, "InternetGatewayId": network.gateway}
    assert code_of(ec2.delete_subnet, SubnetId=network.subnet) == "DependencyViolation"
    assert code_of(ec2.detach_internet_gateway, **detach) == "DependencyViolation"
    assert code_of(ec2.delete_internet_gateway, InternetGatewayId=network.gateway) == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=identity)
    ec2.delete_subnet(SubnetId=network.subnet)
    ec2.detach_internet_gateway(**detach)
    ec2.delete_internet_gateway(InternetGatewayId=network.gateway)


def test_a_vpc_has_one_internet_gateway(network: Network) -> None:
    other = network.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attach = {"VpcId": network.vpc, "InternetGatewayId": other}
    assert code_of(network.ec2.attach_internet_gateway, **attach) == "InvalidParameterValue"


# VPCs and subnets


@pytest.mark.parametrize(
    ("cidr", "code"),
    [
        ("10.0.1.128/25", "InvalidSubnet.Conflict"),
        ("10.0.0.0/15", "InvalidSubnet.Range"),
        ("10.0.2.0/29", "InvalidSubnet.Range"),
        ("10.1.2.0/24", "InvalidSubnet.Range"),
        ("10.0.2/24", "InvalidParameterValue"),
    ],
)
def test_a_subnet_lies_in_its_vpc_beside_the_others(network: Network, cidr: str, code: str) -> None:
    assert code_of(network.ec2.create_subnet, VpcId=network.vpc, CidrBlock=cidr) == code


def test_a_subnet_lies_in_a_zone_of_its_region(network: Network) -> None:
    request = {"VpcId": network.vpc, "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1a"}
    assert code_of(network.ec2.create_subnet, **request) == "InvalidParameterValue"


def test_a_subnet_counts_the_addresses_that_are_left_of_its_own_size(network: Network) -> None:
    made = network.ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.0.16.0/22")["Subnet"]
    (shown,) = network.ec2.describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"]
    assert shown["AvailableIpAddressCount"] == 1019


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/29"])
def test_a_vpc_is_neither_larger_than_16_nor_smaller_than_28(network: Network, cidr: str) -> None:
    assert code_of(network.ec2.create_vpc, CidrBlock=cidr) == "InvalidVpc.Range"


def test_members_of_the_default_security_group_may_talk_to_each_other(network: Network) -> None:
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}]
    (group,) = network.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]]


@pytest.mark.parametrize("made", ["acl", "table", "endpoint"])
def test_a_vpc_stays_while_something_was_made_in_it(network: Network, made: str) -> None:
    ec2 = network.ec2
    ec2.detach_internet_gateway(VpcId=network.vpc, InternetGatewayId=network.gateway)
    ec2.delete_subnet(SubnetId=network.subnet)
    match made:
        case "acl":
            acl = network.new_acl()
            assert code_of(ec2.delete_vpc, VpcId=network.vpc) == "DependencyViolation"
            ec2.delete_network_acl(NetworkAclId=acl)
        case "table":
            table = network.new_table()
            assert code_of(ec2.delete_vpc, VpcId=network.vpc) == "DependencyViolation"
            ec2.delete_route_table(RouteTableId=table)
        case _:
            endpoint = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=f"com.amazonaws.{REGION}.s3")
            assert code_of(ec2.delete_vpc, VpcId=network.vpc) == "DependencyViolation"
            ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpoint"]["VpcEndpointId"]])
    ec2.delete_vpc(VpcId=network.vpc)
    assert code_of(ec2.describe_vpcs, VpcIds=[network.vpc]) == "InvalidVpcID.NotFound"


# Route tables


def test_a_destination_has_one_route(network: Network) -> None:
    route = {"RouteTableId": network.new_table(), "DestinationCidrBlock": ANYWHERE}
    target = {"GatewayId": network.gateway}
    assert code_of(network.ec2.replace_route, **route, **target) == "InvalidRoute.NotFound"
    assert code_of(network.ec2.delete_route, **route) == "InvalidRoute.NotFound"
    network.ec2.create_route(**route, **target)
    assert code_of(network.ec2.create_route, **route, **target) == "RouteAlreadyExists"
    network.ec2.delete_route(**route)


def test_a_route_leads_to_something_that_is_there(network: Network) -> None:
    route = {"RouteTableId": network.new_table(), "DestinationCidrBlock": ANYWHERE}
    gone = network.new_nat_gateway()
    network.ec2.delete_nat_gateway(NatGatewayId=gone)
    assert code_of(network.ec2.create_route, **route, NatGatewayId=gone) == "InvalidNatGatewayID.NotFound"
    assert code_of(network.ec2.create_route, **route, GatewayId="igw-0000") == "InvalidGatewayID.NotFound"
    network.ec2.detach_internet_gateway(VpcId=network.vpc, InternetGatewayId=network.gateway)
    assert code_of(network.ec2.create_route, **route, GatewayId=network.gateway) == "InvalidParameterValue"


def test_a_subnet_has_one_route_table_that_stays_while_it_uses_it(network: Network) -> None:
    ec2, table, other = network.ec2, network.new_table(), network.new_table()
    link = ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnet)["AssociationId"]
    again = {"RouteTableId": other, "SubnetId": network.subnet}
    assert code_of(ec2.associate_route_table, **again) == "Resource.AlreadyAssociated"
    assert code_of(ec2.delete_route_table, RouteTableId=table) == "DependencyViolation"
    ec2.disassociate_route_table(AssociationId=link)
    ec2.delete_route_table(RouteTableId=table)


# Selection and idempotency


def test_filters_select_by_every_condition_and_wildcards(network: Network) -> None:
    ec2, vpc = network.ec2, network.vpc
    tags = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "Name", "Value": "shop-local-s3"}]}]
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", TagSpecifications=tags)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.dynamodb")

    def found(**filters: str) -> list[str]:
        asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        shown = ec2.describe_vpc_endpoints(Filters=asked)["VpcEndpoints"]
        return [str(endpoint["ServiceName"]).rpartition(".")[2] for endpoint in shown]

    assert found(vpc_id=vpc) == ["s3", "dynamodb"]
    assert found(vpc_id=vpc, **{"tag:Name": "shop-local-*"}) == ["s3"]
    assert found(vpc_id="vpc-0000") == []


def test_an_unknown_filter_is_refused(network: Network) -> None:
    filters = [{"Name": "vpcid", "Values": [network.vpc]}]
    assert code_of(network.ec2.describe_subnets, Filters=filters) == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("operation", "parameter", "code"),
    [
        ("describe_addresses", "AllocationIds", "InvalidAllocationID.NotFound"),
        ("describe_nat_gateways", "NatGatewayIds", "NatGatewayNotFound"),
        ("describe_network_acls", "NetworkAclIds", "InvalidNetworkAclID.NotFound"),
        ("describe_route_tables", "RouteTableIds", "InvalidRouteTableID.NotFound"),
        ("describe_vpc_endpoints", "VpcEndpointIds", "InvalidVpcEndpointId.NotFound"),
    ],
)
def test_an_unknown_id_is_refused(network: Network, operation: str, parameter: str, code: str) -> None:
    assert code_of(getattr(network.ec2, operation), **{parameter: ["unknown"]}) == code


def test_a_creation_that_is_sent_again_makes_nothing_twice(network: Network) -> None:
    first = network.new_nat_gateway(ClientToken="one")
    assert network.new_nat_gateway(ClientToken="one") == first
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}]
    assert len(network.ec2.describe_nat_gateways(Filters=filters)["NatGateways"]) == 1


def test_a_reply_that_is_lost_costs_no_second_nat_gateway(shared_cloud: LocalCloud, network: Network) -> None:
    shared_cloud.inflict(LostReply(), service="ec2", operation="CreateNatGateway", count=1)
    persistent = shared_cloud.client("ec2", REGION, attempts=2)
    persistent.create_nat_gateway(SubnetId=network.subnet, AllocationId=network.address)
    assert [status.hits for status in shared_cloud.faults()] == [1]
    shared_cloud.lift()
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}]
    assert len(network.ec2.describe_nat_gateways(Filters=filters)["NatGateways"]) == 1


def test_a_token_of_another_request_is_refused(network: Network) -> None:
    network.ec2.create_route_table(VpcId=network.vpc, ClientToken="two")
    other = network.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    request = {"VpcId": other, "ClientToken": "two"}
    assert code_of(network.ec2.create_route_table, **request) == "IdempotentParameterMismatch"
