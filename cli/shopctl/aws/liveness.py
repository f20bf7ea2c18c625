"""Whether something that AWS still lists is there, or is gone and only remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from shopctl.adopt import Standing
from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code

Answer = TypeVar("Answer")
Otherwise = TypeVar("Otherwise")

# The tagging API goes on listing these, tags and all, from an hour to the end of a waiting time.
_GONE = frozenset({"deleted", "deleting", "expired", "failed", "rejected"})
_GOING_KEYS = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def is_live(cloud: Cloud, region: str, standing: Standing) -> bool:
    """Tell whether a listed resource stands by itself: it is neither gone nor going, and no part of every VPC.

    AWS puts a network ACL, a main route table and a security group into each VPC; they go with it. The tagging API
    lags behind deletions, so each kind is asked about. Raises: ClientError, to be explained.
    """
    look = _looks(cloud, region).get(standing.type)
    if look is None:
        return True
    return unless_absent(lambda: look(standing.id), otherwise=False)


def unless_absent(ask: Callable[[], Answer], *, otherwise: Otherwise) -> Answer | Otherwise:
    """Return what AWS answers, or ``otherwise`` where it refuses because what is asked about does not exist."""
    try:
        return ask()
    except ClientError as error:
        if is_absence(error):
            return otherwise
        raise


def is_absence(error: ClientError) -> bool:
    """Tell whether AWS refused because what was asked about does not exist. Pure.

    Sources: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (``Invalid...NotFound``), and the API
    references of IAM (NoSuchEntity), S3 (NoSuchBucket), SQS (NonExistentQueue), KMS, Logs, SNS, Secrets Manager.
    """
    return any(word in error_code(error) for word in ("DoesNotExist", "NoSuch", "NonExistent", "NotFound"))


def queue_name(known_as: str) -> str:
    """The name of a queue from its URL or its ARN. Pure."""
    return known_as.rpartition("/")[2].rpartition(":")[2]


def _looks(cloud: Cloud, region: str) -> Mapping[str, Callable[[str], bool]]:
    """By type, how to see that it stands; AWS's answer that it does not exist is left to the caller."""
    ec2: Any = cloud.ec2(region)  # untyped: the lambdas read one field each of replies that are all alike

    def group_exists(name: str) -> bool:
        groups = cloud.logs(region).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return any(group["logGroupName"] == name for group in groups)

    def gateway_lives(name: str) -> bool:
        gateways = ec2.describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]
        return any(gateway["State"] not in _GONE for gateway in gateways)

    def endpoint_lives(name: str) -> bool:
        endpoints = ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]
        return any(endpoint["State"].lower() not in _GONE for endpoint in endpoints)

    def table_is_own(name: str) -> bool:
        tables = ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"]
        return not any(link.get("Main") for table in tables for link in table["Associations"])

    def list_is_own(name: str) -> bool:
        return not ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"][0]["IsDefault"]

    def group_is_own(name: str) -> bool:
        return bool(ec2.describe_security_groups(GroupIds=[name])["SecurityGroups"][0]["GroupName"] != "default")

    return {
        "aws_cloudwatch_log_group": group_exists,
        "aws_eip": lambda name: bool(ec2.describe_addresses(AllocationIds=[name])["Addresses"]),
        "aws_flow_log": lambda name: bool(ec2.describe_flow_logs(FlowLogIds=[name])["FlowLogs"]),
        "aws_iam_role": lambda name: bool(cloud.iam().get_role(RoleName=name)),
        "aws_internet_gateway": lambda name: bool(ec2.describe_internet_gateways(InternetGatewayIds=[name])),
        "aws_kms_key": lambda name: (
            cloud.kms(region).describe_key(KeyId=name)["KeyMetadata"]["KeyState"] not in _GOING_KEYS
        ),
        "aws_nat_gateway": gateway_lives,
        "aws_network_acl": list_is_own,
        "aws_route_table": table_is_own,
        "aws_s3_bucket": lambda name: bucket_exists(cloud, name, region),
        "aws_secretsmanager_secret": lambda arn: (
            "DeletedDate" not in cloud.secrets(region).describe_secret(SecretId=arn)
        ),
        "aws_security_group": group_is_own,
        "aws_sns_topic": lambda arn: bool(cloud.sns(region).get_topic_attributes(TopicArn=arn)),
        "aws_sqs_queue": lambda known_as: bool(cloud.sqs(region).get_queue_url(QueueName=queue_name(known_as))),
        "aws_subnet": lambda name: bool(ec2.describe_subnets(SubnetIds=[name])["Subnets"]),
        "aws_vpc": lambda name: bool(ec2.describe_vpcs(VpcIds=[name])["Vpcs"]),
        "aws_vpc_endpoint": endpoint_lives,
    }
