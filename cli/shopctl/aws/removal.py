"""Deleting what no state knows: made twice, or left by a Terraform that was killed before it could save."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shopctl.adopt import Standing
from shopctl.aws.buckets import delete_bucket
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import explained
from shopctl.aws.leftovers import delete_secret_now
from shopctl.aws.liveness import unless_absent

# Nothing was encrypted with a key that no state knows; AWS keeps it restorable for its shortest term all the same.
_KEY_WINDOW_DAYS = 7
_WITH_DATA = frozenset({"aws_cloudwatch_log_group", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_sqs_queue"})


def holds_data(standing: Standing) -> bool:
    """Tell whether something of the shop's may be lost with the resource. Pure."""
    return standing.type in _WITH_DATA


def delete_all(cloud: Cloud, region: str, doomed: Iterable[Standing]) -> tuple[Standing, ...]:
    """Delete resources and the data in them, first what others hang on; return what was deleted.

    What is gone already is fine, and routes and associations go with what they link. Can be cut off and repeated.
    Raises: AwsFailed.
    """
    deletions = _deletions(cloud, region)
    order = {kind: place for place, kind in enumerate(deletions)}
    known = {standing for standing in doomed if standing.type in order}
    return tuple(
        standing
        for standing in sorted(known, key=lambda standing: (order[standing.type], standing.id))
        if _delete(deletions[standing.type], standing)
    )


def _delete(delete: Callable[[str], object], standing: Standing) -> bool:
    def is_deleted() -> bool:
        delete(standing.id)
        return True

    with explained(f"deleting {standing.type} {standing.id}"):
        return unless_absent(is_deleted, otherwise=False)


def _deletions(cloud: Cloud, region: str) -> Mapping[str, Callable[[str], object]]:
    """How each type is deleted, in the order in which nothing stands in the way of the next."""
    ec2, kms = cloud.ec2(region), cloud.kms(region)
    return {
        "aws_flow_log": lambda name: ec2.delete_flow_logs(FlowLogIds=[name]),
        "aws_vpc_endpoint": lambda name: ec2.delete_vpc_endpoints(VpcEndpointIds=[name]),
        "aws_nat_gateway": lambda name: _delete_nat_gateway(ec2, name),
        "aws_eip": lambda name: ec2.release_address(AllocationId=name),
        "aws_subnet": lambda name: ec2.delete_subnet(SubnetId=name),
        "aws_network_acl": lambda name: ec2.delete_network_acl(NetworkAclId=name),
        "aws_internet_gateway": lambda name: _delete_internet_gateway(ec2, name),
        "aws_route_table": lambda name: ec2.delete_route_table(RouteTableId=name),
        "aws_security_group": lambda name: ec2.delete_security_group(GroupId=name),
        "aws_vpc": lambda name: ec2.delete_vpc(VpcId=name),
        "aws_cloudwatch_log_group": lambda name: cloud.logs(region).delete_log_group(logGroupName=name),
        "aws_iam_role": lambda name: _delete_role(cloud.iam(), name),
        "aws_sqs_queue": lambda url: cloud.sqs(region).delete_queue(QueueUrl=url),
        "aws_sns_topic": lambda arn: cloud.sns(region).delete_topic(TopicArn=arn),
        "aws_secretsmanager_secret": lambda arn: delete_secret_now(cloud, arn, region),
        "aws_s3_bucket": lambda name: delete_bucket(cloud, name, region, lambda _count: None),
        "aws_route53_record": lambda known_as: _delete_record(cloud.route53(), known_as),
        "aws_kms_alias": lambda name: kms.delete_alias(AliasName=name),
        "aws_kms_key": lambda name: kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=_KEY_WINDOW_DAYS),
    }


def _delete_nat_gateway(ec2: Any, name: str) -> None:
    """A NAT gateway holds its address and its subnet until it is gone, minutes later."""
    ec2.delete_nat_gateway(NatGatewayId=name)
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[name])


def _delete_internet_gateway(ec2: Any, name: str) -> None:
    for gateway in ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"]:
        for attachment in gateway["Attachments"]:
            ec2.detach_internet_gateway(InternetGatewayId=name, VpcId=attachment["VpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=name)


def _delete_role(iam: Any, name: str) -> None:
    """IAM deletes only a role that has no policy left."""
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for policy in page["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _delete_record(route53: Any, known_as: str) -> None:
    """Route 53 deletes only a record that is named with all its values. ``known_as`` is ``ZONE_name_TYPE``."""
    zone, _, rest = known_as.partition("_")
    name, _, kind = rest.rpartition("_")
    listed = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName=name)["ResourceRecordSets"]
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": found}
        for found in listed
        if found["Name"].rstrip(".") == name and found["Type"] == kind
    ]
    if changes:
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
