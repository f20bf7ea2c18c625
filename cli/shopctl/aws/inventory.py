"""What stands in a stack's region, asked of AWS and not of any state: for taking in what a killed Terraform made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from shopctl.adopt import Standing, Tagged
from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import explained
from shopctl.aws.liveness import is_absence, is_live, queue_name


@dataclass(frozen=True, slots=True)
class StackInventory:
    """The inventory of one environment in one region. See ``adopt.Inventory`` for what its methods promise.

    ``prefix`` begins the environment's names; ``identity`` are the tags that tell it from every other environment.
    """

    cloud: Cloud
    region: str
    prefix: str
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
                self._tagged(item["ResourceARN"], item["Tags"])
                for page in pages
                for item in page["ResourceTagMappingList"]
            ]
            return (*found, *self._roles(wanted))

    def is_live(self, standing: Standing) -> bool:
        """Whether the resource stands by itself: not gone or going, and not a part of every VPC."""
        with explained(f"looking at {standing.type} {standing.id}"):
            return is_live(self.cloud, self.region, standing)

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        """Of resources of one type and name, the one that others hang on; among equals the last by id."""
        with explained(f"looking which {twins[0].type} is in use"):
            return max(sorted(twins), key=self._weight)

    def owns_bucket(self, name: str) -> bool:
        """Whether the account has this bucket."""
        return bucket_exists(self.cloud, name, self.region)

    def has_alias(self, name: str) -> bool:
        """Whether this KMS alias exists."""
        with explained(f"looking for {name}"):
            try:
                self.cloud.kms(self.region).describe_key(KeyId=name)
            except ClientError as error:
                if is_absence(error):
                    return False
                raise
        return True

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
        with explained(f"looking for the routes of {route_table_id}"):
            tables = self.cloud.ec2(self.region).describe_route_tables(RouteTableIds=[route_table_id])["RouteTables"]
        return any(route.get("DestinationCidrBlock") == destination for table in tables for route in table["Routes"])

    def route_table_of(self, subnet_id: str) -> str | None:
        """The route table that a subnet is explicitly associated with."""
        with explained(f"looking for the route table of {subnet_id}"):
            tables = self.cloud.ec2(self.region).describe_route_tables(
                Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
            )["RouteTables"]
        return tables[0]["RouteTableId"] if tables else None

    def _tagged(self, arn: str, tags: Any) -> Tagged:
        """Terraform knows a queue by its URL, which no ARN says; of a queue that is gone the ARN must do."""
        known_as = None
        if arn.startswith("arn:aws:sqs:"):
            try:
                known_as = self.cloud.sqs(self.region).get_queue_url(QueueName=queue_name(arn))["QueueUrl"]
            except ClientError as error:
                if not is_absence(error):
                    raise
        return Tagged(arn, _name_in(tags), known_as)

    def _roles(self, wanted: Mapping[str, str]) -> list[Tagged]:
        """IAM roles: AWS's tagging API does not list them, and their own list has no tags."""
        iam = self.cloud.iam()
        pages = iam.get_paginator("list_roles").paginate()
        named = [role for page in pages for role in page["Roles"] if role["RoleName"].startswith(f"{self.prefix}-")]
        tagged = [(role["Arn"], iam.list_role_tags(RoleName=role["RoleName"])["Tags"]) for role in named]
        return [
            Tagged(arn, _name_in(tags))
            for arn, tags in tagged
            if wanted.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items()
        ]

    def _weight(self, standing: Standing) -> float:
        """How much hangs on a resource; of keys, of which AWS can't say that, the newest counts."""
        ec2, name = self.cloud.ec2(self.region), standing.id
        match standing.type:
            case "aws_vpc":
                return len(ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [name]}])["Subnets"])
            case "aws_eip":
                addresses = ec2.describe_addresses(AllocationIds=[name])["Addresses"]
                return sum("AssociationId" in address for address in addresses)
            case "aws_internet_gateway":
                gateways = ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"]
                return sum(len(gateway["Attachments"]) for gateway in gateways)
            case "aws_network_acl":
                lists = ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"]
                return sum(len(acl["Associations"]) for acl in lists)
            case "aws_route_table":
                tables = ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"]
                return sum(len(table["Associations"]) for table in tables)
            case "aws_kms_key":
                return self.cloud.kms(self.region).describe_key(KeyId=name)["KeyMetadata"]["CreationDate"].timestamp()
            case _:
                return 0


def _name_in(tags: Any) -> str:
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == "Name"), "")


def _bare(value: str) -> str:
    """A record's value without the quotes that TXT records carry in Route 53 and not in Terraform."""
    return value.strip('"')
