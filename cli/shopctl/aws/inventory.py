"""What stands in a stack's region, asked of AWS and not of any state: for taking in what a killed Terraform made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shopctl.adopt import Standing, Tagged
from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explained

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# What AWS still tells of, tags and all, although it is gone or going.
_GONE = frozenset({"deleted", "deleting", "expired", "failed", "rejected"})
_GONE_KEYS = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def is_absence(error: ClientError) -> bool:
    """Whether AWS refused because what was asked about does not exist. Pure.

    Sources: docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (``Invalid….NotFound``), and the API
    references of IAM (NoSuchEntity), S3 (NoSuchBucket), SQS (NonExistentQueue), KMS, Logs, SNS, Secrets Manager.
    """
    return any(word in error_code(error) for word in ("DoesNotExist", "NoSuch", "NonExistent", "NotFound"))


@dataclass(frozen=True, slots=True)
class StackInventory:
    """The inventory of one environment in one region. See ``adopt.Inventory`` for what its methods promise.

    ``name`` is the prefix of the environment's names, ``identity`` the tags that tell it from every other one.
    """

    cloud: Cloud
    region: str
    name: str
    identity: Mapping[str, str] = field(hash=False)

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        """All resources that carry the stack's tags, also some that are gone or going.

        The tagging API may lag some seconds behind a creation; whoever asks after a crash asks later than that.
        """
        wanted = {**self.identity, "Stack": stack}
        filters: Any = [{"Key": key, "Values": [value]} for key, value in wanted.items()]
        with explained(f"looking for what is tagged as part of {stack}"):
            pages = self.cloud.tagging(self.region).get_paginator("get_resources").paginate(TagFilters=filters)
            found = [
                Tagged(item["ResourceARN"], _name_in(item["Tags"]))
                for page in pages
                for item in page["ResourceTagMappingList"]
            ]
            return (*(self._with_queue_url(tagged) for tagged in found), *self._roles(wanted))

    def is_live(self, standing: Standing) -> bool:
        """Whether the resource stands by itself: not gone or going, and not a part of every VPC."""
        look = self._looks().get(standing.type)
        if look is None:
            return True
        with explained(f"looking at {standing.type} {standing.id}"):
            try:
                return look(standing.id)
            except ClientError as error:
                if is_absence(error):
                    return False
                raise

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        """Of resources of one type and name, the one that others hang on; among equals the last by id."""
        with explained(f"looking which {twins[0].type} is in use"):
            return max(sorted(twins), key=self._weight)

    def owns_bucket(self, name: str) -> bool:
        """Whether the account has this bucket."""
        return bucket_exists(self.cloud, name, self.region)

    def has_alias(self, name: str) -> bool:
        """Whether this KMS alias exists."""
        return self._exists(f"looking for {name}", lambda: self.cloud.kms(self.region).describe_key(KeyId=name))

    def has_record(self, zone_id: str, name: str, kind: str, values: frozenset[str]) -> bool:
        """Whether the hosted zone has this record with exactly these values."""
        with explained(f"looking for record {name} {kind}"):
            listed = self.cloud.route53().list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=name)
        return any(
            found["Name"].rstrip(".") == name.rstrip(".")
            and found["Type"] == kind
            and {_bare(item["Value"]) for item in found.get("ResourceRecords", [])} == set(map(_bare, values))
            for found in listed["ResourceRecordSets"]
        )

    def has_route(self, route_table_id: str, destination: str) -> bool:
        """Whether a route table has a route to these addresses."""
        with explained(f"looking for routes of {route_table_id}"):
            tables = self.cloud.ec2(self.region).describe_route_tables(RouteTableIds=[route_table_id])["RouteTables"]
        return any(route.get("DestinationCidrBlock") == destination for table in tables for route in table["Routes"])

    def route_table_of(self, subnet_id: str) -> str | None:
        """The route table that a subnet is explicitly associated with."""
        with explained(f"looking for the route table of {subnet_id}"):
            tables = self.cloud.ec2(self.region).describe_route_tables(
                Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
            )["RouteTables"]
        return tables[0]["RouteTableId"] if tables else None

    def _with_queue_url(self, tagged: Tagged) -> Tagged:
        """Terraform knows a queue by its URL; of one that is gone the ARN must do."""
        if not tagged.arn.startswith("arn:aws:sqs:"):
            return tagged
        try:
            url = _queue_url(self.cloud.sqs(self.region), tagged.arn.rpartition(":")[2])
        except ClientError as error:
            if is_absence(error):
                return tagged
            raise
        return Tagged(tagged.arn, tagged.name, url)

    def _roles(self, wanted: Mapping[str, str]) -> list[Tagged]:
        """IAM roles: AWS's tagging API does not list them."""
        iam = self.cloud.iam()
        roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
        found: list[Tagged] = []
        for role in roles:
            if role["RoleName"].startswith(f"{self.name}-"):
                tags = iam.list_role_tags(RoleName=role["RoleName"])["Tags"]
                if wanted.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items():
                    found.append(Tagged(role["Arn"], _name_in(tags)))
        return found

    def _exists(self, doing: str, look: Callable[[], object]) -> bool:
        with explained(doing):
            try:
                look()
            except ClientError as error:
                if is_absence(error):
                    return False
                raise
        return True

    def _looks(self) -> Mapping[str, Callable[[str], bool]]:
        """By type, how to see that a resource stands by itself; a refusal because it is absent says that it does not.

        AWS tells of a deleted NAT gateway or endpoint for a while, and puts a network ACL, a main route table and a
        security group into every VPC, which go with it.
        """
        ec2: Any = self.cloud.ec2(self.region)
        kms, logs, iam = self.cloud.kms(self.region), self.cloud.logs(self.region), self.cloud.iam()

        def first(listed: list[Any]) -> Any:
            return listed[0] if listed else {}

        return {
            "aws_cloudwatch_log_group": lambda group: any(
                found["logGroupName"] == group
                for found in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            ),
            "aws_eip": lambda name: bool(ec2.describe_addresses(AllocationIds=[name])["Addresses"]),
            "aws_flow_log": lambda name: bool(ec2.describe_flow_logs(FlowLogIds=[name])["FlowLogs"]),
            "aws_iam_role": lambda name: bool(iam.get_role(RoleName=name)),
            "aws_internet_gateway": lambda name: bool(ec2.describe_internet_gateways(InternetGatewayIds=[name])),
            "aws_kms_key": lambda name: kms.describe_key(KeyId=name)["KeyMetadata"]["KeyState"] not in _GONE_KEYS,
            "aws_nat_gateway": lambda name: (
                first(ec2.describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]).get("State", "deleted")
                not in _GONE
            ),
            "aws_network_acl": lambda name: (
                not first(ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"])["IsDefault"]
            ),
            "aws_route_table": lambda name: (
                not any(
                    link.get("Main")
                    for link in first(ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"])["Associations"]
                )
            ),
            "aws_s3_bucket": self.owns_bucket,
            "aws_secretsmanager_secret": lambda arn: (
                "DeletedDate" not in self.cloud.secrets(self.region).describe_secret(SecretId=arn)
            ),
            "aws_security_group": lambda name: (
                first(ec2.describe_security_groups(GroupIds=[name])["SecurityGroups"])["GroupName"] != "default"
            ),
            "aws_sns_topic": lambda arn: bool(self.cloud.sns(self.region).get_topic_attributes(TopicArn=arn)),
            "aws_sqs_queue": lambda url: bool(_queue_url(self.cloud.sqs(self.region), url.rpartition("/")[2])),
            "aws_subnet": lambda name: bool(ec2.describe_subnets(SubnetIds=[name])["Subnets"]),
            "aws_vpc": lambda name: bool(ec2.describe_vpcs(VpcIds=[name])["Vpcs"]),
            "aws_vpc_endpoint": lambda name: (
                first(ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]).get("State", "deleted").lower()
                not in _GONE
            ),
        }

    def _weight(self, standing: Standing) -> float:
        """How much hangs on a resource; of keys, which nothing in AWS says that of, the newest counts."""
        ec2: Any = self.cloud.ec2(self.region)
        name = standing.id
        match standing.type:
            case "aws_vpc":
                return len(ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [name]}])["Subnets"])
            case "aws_eip":
                return sum("AssociationId" in found for found in ec2.describe_addresses(AllocationIds=[name])["Addresses"])
            case "aws_internet_gateway":
                found = ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"]
                return sum(len(gateway["Attachments"]) for gateway in found)
            case "aws_network_acl":
                found = ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"]
                return sum(len(acl["Associations"]) for acl in found)
            case "aws_route_table":
                found = ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"]
                return sum(len(table["Associations"]) for table in found)
            case "aws_kms_key":
                made = self.cloud.kms(self.region).describe_key(KeyId=name)["KeyMetadata"]["CreationDate"]
                return made.timestamp()
            case _:
                return 0


def _queue_url(sqs: SQSClient, name: str) -> str:
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]


def _name_in(tags: Any) -> str:
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == "Name"), "")


def _bare(value: str) -> str:
    """A record's value without the quotes that TXT records carry in Route 53 and not in Terraform."""
    return value.strip('"')
