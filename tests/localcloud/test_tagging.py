"""What the tagging API lists: shopctl finds what a killed Terraform left behind by it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client import LocalCloud

HOME, OTHER, GLOBAL = "eu-central-1", "eu-west-1", "us-east-1"
TAGS = {"Stack": "site@eu-central-1", "Name": "x"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})

FLOW_LOGS = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [FLOW_LOGS]})


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAG_LIST}]


def types(cloud: LocalCloud, region: str, **filters: Any) -> list[str]:
    """service:type of everything that is listed, sorted."""
    pages = cloud.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate(**filters)
    arns = (one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"])
    return sorted(type_of(arn) for arn in arns)


def type_of(arn: str) -> str:
    """``ec2:vpc``; only the service where ARNs of a service name no type."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind, separator, _ = resource.replace(":", "/").partition("/")
    return f"{service}:{kind}" if separator else service


def make_network(ec2: Any) -> dict[str, str]:
    """One tagged resource of each type that a network has; returns their ids."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", TagSpecifications=tagged("subnet"))["Subnet"][
        "SubnetId"
    ]
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tagged("natgateway"))
    igw = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway"))["InternetGateway"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table"))["RouteTable"]["RouteTableId"]
    acl = ec2.create_network_acl(VpcId=vpc, TagSpecifications=tagged("network-acl"))["NetworkAcl"]["NetworkAclId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{HOME}.s3", RouteTableIds=[table],
                                       TagSpecifications=tagged("vpc-endpoint"))  # fmt: skip
    group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc,
                                      TagSpecifications=tagged("security-group"))["GroupId"]  # fmt: skip
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule],
                                         TagSpecifications=tagged("security-group-rule"))  # fmt: skip
    flow = ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="/x/vpc-flow",
                                DeliverLogsPermissionArn="arn:aws:iam::000000000000:role/flow",
                                TagSpecifications=tagged("vpc-flow-log"))["FlowLogIds"]  # fmt: skip
    return {
        "vpc": vpc, "subnet": subnet, "address": address, "nat": nat["NatGateway"]["NatGatewayId"],
        "igw": igw["InternetGatewayId"], "table": table, "acl": acl, "group": group, "flow": flow[0],
        "endpoint": endpoint["VpcEndpoint"]["VpcEndpointId"],
    }  # fmt: skip


NETWORK = sorted(f"ec2:{kind}" for kind in (
    "elastic-ip", "internet-gateway", "natgateway", "network-acl", "route-table", "security-group",
    "security-group-rule", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log"))  # fmt: skip


def test_every_part_of_a_network_is_listed_in_its_region_only_and_no_longer_once_deleted(cloud: LocalCloud) -> None:
    ec2 = cloud.client("ec2", HOME)
    made = make_network(ec2)
    assert types(cloud, HOME, ResourceTypeFilters=["ec2"]) == NETWORK
    assert types(cloud, OTHER) == []

    ec2.delete_flow_logs(FlowLogIds=[made["flow"]])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["endpoint"]])
    ec2.delete_nat_gateway(NatGatewayId=made["nat"])
    ec2.release_address(AllocationId=made["address"])
    ec2.delete_internet_gateway(InternetGatewayId=made["igw"])
    ec2.delete_network_acl(NetworkAclId=made["acl"])
    ec2.delete_security_group(GroupId=made["group"])
    ec2.delete_route_table(RouteTableId=made["table"])
    ec2.delete_subnet(SubnetId=made["subnet"])
    ec2.delete_vpc(VpcId=made["vpc"])
    assert types(cloud, HOME) == []


def make_the_rest(cloud: LocalCloud) -> None:
    """One tagged resource of each other service."""
    cloud.client("kms", HOME).create_key(Tags=[{"TagKey": key, "TagValue": value} for key, value in TAGS.items()])
    cloud.client("secretsmanager", HOME).create_secret(Name="shop/app", SecretString="x", Tags=TAG_LIST)
    cloud.client("sqs", HOME).create_queue(QueueName="jobs", tags=TAGS)
    cloud.client("sns", HOME).create_topic(Name="alerts", Tags=TAG_LIST)
    cloud.client("logs", HOME).create_log_group(logGroupName="/shop/vpc-flow", tags=TAGS)
    s3 = cloud.client("s3", HOME)
    s3.create_bucket(Bucket="shop-local-images", CreateBucketConfiguration={"LocationConstraint": HOME})
    s3.put_bucket_tagging(Bucket="shop-local-images", Tagging={"TagSet": TAG_LIST})
    route53 = cloud.client("route53", GLOBAL)
    zone = route53.create_hosted_zone(Name="shop.test", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, AddTags=TAG_LIST)
    iam = cloud.client("iam", GLOBAL)
    iam.create_policy(PolicyName="read", PolicyDocument=POLICY, Tags=TAG_LIST)
    iam.create_role(RoleName="flow", AssumeRolePolicyDocument=TRUST, Tags=TAG_LIST)


def test_each_service_is_listed_where_aws_lists_it(cloud: LocalCloud) -> None:
    make_the_rest(cloud)
    assert types(cloud, HOME) == ["kms:key", "logs:log-group", "s3", "secretsmanager:secret", "sns", "sqs"]
    assert types(cloud, GLOBAL) == ["iam:policy", "route53:hostedzone"]  # a role is not listed, as in AWS


def make_what_watches_and_keeps(cloud: LocalCloud) -> str:
    """An alarm, a parameter, a certificate, a vault, a firewall and a health check; returns the certificate's ARN."""
    cloud.client("cloudwatch", HOME).put_metric_alarm(
        AlarmName="cpu", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=80, ComparisonOperator="GreaterThanThreshold", Tags=TAG_LIST,
    )  # fmt: skip
    cloud.client("ssm", HOME).put_parameter(Name="/shop/bucket", Value="x", Type="String", Tags=TAG_LIST)
    cloud.client("backup", HOME).create_backup_vault(BackupVaultName="daily", BackupVaultTags=TAGS)
    cloud.client("wafv2", GLOBAL).create_web_acl(
        Name="shop", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, Rules=[], Tags=TAG_LIST,
        VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"},
    )  # fmt: skip
    route53 = cloud.client("route53", GLOBAL)
    check = {"Type": "HTTPS", "FullyQualifiedDomainName": "shop.test", "Port": 443}
    health = route53.create_health_check(CallerReference="1", HealthCheckConfig=check)["HealthCheck"]["Id"]
    route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=health, AddTags=TAG_LIST)
    acm = cloud.client("acm", HOME)
    arn: str = acm.request_certificate(DomainName="shop.test", ValidationMethod="DNS", Tags=TAG_LIST)["CertificateArn"]
    return arn


def test_what_watches_and_keeps_the_shop_is_listed_while_it_stands(cloud: LocalCloud) -> None:
    certificate = make_what_watches_and_keeps(cloud)
    assert types(cloud, HOME) == ["acm:certificate", "backup:backup-vault", "cloudwatch:alarm", "ssm:parameter"]
    assert types(cloud, GLOBAL) == ["route53:healthcheck", "wafv2:global"]
    assert types(cloud, OTHER) == []
    cloud.client("cloudwatch", HOME).delete_alarms(AlarmNames=["cpu"])
    cloud.client("ssm", HOME).delete_parameter(Name="/shop/bucket")
    cloud.client("acm", HOME).delete_certificate(CertificateArn=certificate)
    assert types(cloud, HOME) == ["backup:backup-vault"]


@pytest.fixture
def queues(cloud: LocalCloud) -> LocalCloud:
    sqs = cloud.client("sqs", HOME)
    for number in range(7):
        sqs.create_queue(
            QueueName=f"queue-{number}", tags={"Number": str(number), "Parity": "odd" if number % 2 else ""}
        )
    sqs.create_queue(QueueName="untagged")
    return cloud


def test_filters_narrow_by_tag_value_and_type(queues: LocalCloud) -> None:
    def count(**filters: Any) -> int:
        return len(types(queues, HOME, **filters))

    assert count() == 7
    assert count(TagFilters=[{"Key": "Parity", "Values": ["odd"]}]) == 3
    assert count(TagFilters=[{"Key": "Number", "Values": ["1", "2"]}, {"Key": "Parity", "Values": ["odd"]}]) == 1
    assert count(TagFilters=[{"Key": "Number"}], ResourceTypeFilters=["sqs"]) == 7
    assert count(ResourceTypeFilters=["ec2:vpc", "sns"]) == 0


def test_a_long_answer_comes_in_pages(queues: LocalCloud) -> None:
    api = queues.client("resourcegroupstaggingapi", HOME)
    first = api.get_resources(ResourcesPerPage=5)
    second = api.get_resources(ResourcesPerPage=5, PaginationToken=first["PaginationToken"])
    assert (len(first["ResourceTagMappingList"]), len(second["ResourceTagMappingList"])) == (5, 2)
    assert second["PaginationToken"] == ""
    with pytest.raises(ClientError, match="InvalidParameterException"):
        api.get_resources(ResourcesPerPage=101)
