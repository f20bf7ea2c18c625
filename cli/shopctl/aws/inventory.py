"""What stands in a stack's region, asked of AWS and not of any state: for taking in what a killed Terraform made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shopctl.adopt import Standing, Tagged
from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import explained
from shopctl.aws.liveness import is_live, queue_name, unless_absent


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
        kms = self.cloud.kms(self.region)
        with explained(f"looking for {name}"):
            return unless_absent(lambda: bool(kms.describe_key(KeyId=name)), otherwise=False)

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
        if not arn.startswith("arn:aws:sqs:"):
            return Tagged(arn, _name_in(tags))
        sqs = self.cloud.sqs(self.region)
        url = unless_absent(lambda: sqs.get_queue_url(QueueName=queue_name(arn))["QueueUrl"], otherwise=arn)
        return Tagged(arn, _name_in(tags), url)

    def _roles(self, wanted: Mapping[str, str]) -> list[Tagged]:
        """IAM roles: AWS's tagging API does not list them, and their own list has no tags."""
        pages = self.cloud.iam().get_paginator("list_roles").paginate()
        roles = [role for page in pages for role in page["Roles"] if role["RoleName"].startswith(f"{self.prefix}-")]
        tagged = [(role["Arn"], self._role_tags(role["RoleName"])) for role in roles]
        return [Tagged(arn, tags.get("Name", "")) for arn, tags in tagged if wanted.items() <= tags.items()]

    def _role_tags(self, name: str) -> dict[str, str]:
        listed = unless_absent(lambda: self.cloud.iam().list_role_tags(RoleName=name)["Tags"], otherwise=())
        return {tag["Key"]: tag["Value"] for tag in listed}

    def _weight(self, standing: Standing) -> float:
        """How much hangs on a resource; of keys, of which AWS can't say that, the newest counts."""
        ec2: Any = self.cloud.ec2(self.region)  # untyped: each line below reads one list of a reply
        name = standing.id
        match standing.type:
            case "aws_vpc":
                hanging = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [name]}])["Subnets"]
            case "aws_eip":
                addresses = ec2.describe_addresses(AllocationIds=[name])["Addresses"]
                hanging = [address for address in addresses if "AssociationId" in address]
            case "aws_internet_gateway":
                gateways = ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"]
                hanging = gateways[0]["Attachments"]
            case "aws_network_acl":
                hanging = ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"][0]["Associations"]
            case "aws_route_table":
                hanging = ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"][0]["Associations"]
            case "aws_kms_key":
                return self.cloud.kms(self.region).describe_key(KeyId=name)["KeyMetadata"]["CreationDate"].timestamp()
            case _:
                hanging = ()
        return len(hanging)


def _name_in(tags: Any) -> str:
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == "Name"), "")


def _bare(value: str) -> str:
    """A record's value without the quotes that TXT records carry in Route 53 and not in Terraform."""
    return value.strip('"')
