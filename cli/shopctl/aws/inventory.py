"""What stands in a stack's region, asked of AWS and not of any state: for taking in what a killed Terraform made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from shopctl.adopt import Tagged, kind_of, name_of
from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explained
from shopctl.aws.liveness import is_live


@dataclass(frozen=True, slots=True)
class StackInventory:
    """The inventory of one region. See ``adopt.Inventory`` for what its methods promise."""

    cloud: Cloud
    region: str

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        """All live resources that carry the stack's tag.

        The tagging API may lag some seconds behind a creation; whoever asks after a crash asks later than that.
        """
        with explained(f"looking for what is tagged as part of {stack}"):
            pages = self.cloud.tagging(self.region).get_paginator("get_resources")
            found = [
                Tagged(item["ResourceARN"], {tag["Key"]: tag["Value"] for tag in item["Tags"]}.get("Name", ""))
                for page in pages.paginate(TagFilters=[{"Key": "Stack", "Values": [stack]}])
                for item in page["ResourceTagMappingList"]
            ]
            return tuple(
                self._with_import_id(tagged) for tagged in found if is_live(self.cloud, self.region, tagged.arn)
            )

    def owns_bucket(self, name: str) -> bool:
        """Whether the account has this bucket."""
        return bucket_exists(self.cloud, name, self.region)

    def has_role(self, name: str, stack: str) -> bool:
        """Whether this IAM role exists and carries the stack's tag."""
        with explained(f"looking for role {name}"):
            try:
                role = self.cloud.iam().get_role(RoleName=name)["Role"]
            except ClientError as error:
                if error_code(error) == "NoSuchEntity":
                    return False
                raise
        return {"Key": "Stack", "Value": stack} in role.get("Tags", [])

    def has_alias(self, name: str) -> bool:
        """Whether this KMS alias exists."""
        with explained(f"looking for {name}"):
            try:
                self.cloud.kms(self.region).describe_key(KeyId=name)
            except ClientError as error:
                if error_code(error) == "NotFoundException":
                    return False
                raise
        return True

    def has_record(self, zone_id: str, name: str, kind: str) -> bool:
        """Whether the hosted zone has this record."""
        with explained(f"looking for record {name} {kind}"):
            listed = self.cloud.route53().list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=name)
        records = listed["ResourceRecordSets"]
        return any(found["Name"].rstrip(".") == name.rstrip(".") and found["Type"] == kind for found in records)

    def route_table_of(self, subnet_id: str) -> str | None:
        """The route table that a subnet is explicitly associated with."""
        with explained(f"looking for the route table of {subnet_id}"):
            tables = self.cloud.ec2(self.region).describe_route_tables(
                Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
            )["RouteTables"]
        return tables[0]["RouteTableId"] if tables else None

    def delete_empty(self, tagged: Tagged) -> bool:
        """Delete a resource that holds no data; False, and nothing done, for a kind that may hold some."""
        delete = self._deletions().get(kind_of(tagged.arn))
        if delete is None:
            return False
        with explained(f"deleting {tagged.arn}"):
            delete(name_of(tagged.arn))
        return True

    def _with_import_id(self, tagged: Tagged) -> Tagged:
        if kind_of(tagged.arn) != ("sqs", ""):
            return tagged
        url = self.cloud.sqs(self.region).get_queue_url(QueueName=name_of(tagged.arn))["QueueUrl"]
        return Tagged(tagged.arn, tagged.name, url)

    def _deletions(self) -> Mapping[tuple[str, str], Callable[[str], object]]:
        ec2, kms = self.cloud.ec2(self.region), self.cloud.kms(self.region)
        return {
            ("ec2", "elastic-ip"): lambda name: ec2.release_address(AllocationId=name),
            ("ec2", "internet-gateway"): self._delete_internet_gateway,
            ("ec2", "natgateway"): lambda name: ec2.delete_nat_gateway(NatGatewayId=name),
            ("ec2", "network-acl"): lambda name: ec2.delete_network_acl(NetworkAclId=name),
            ("ec2", "route-table"): lambda name: ec2.delete_route_table(RouteTableId=name),
            ("ec2", "security-group"): lambda name: ec2.delete_security_group(GroupId=name),
            ("ec2", "subnet"): lambda name: ec2.delete_subnet(SubnetId=name),
            ("ec2", "vpc"): lambda name: ec2.delete_vpc(VpcId=name),
            ("ec2", "vpc-endpoint"): lambda name: ec2.delete_vpc_endpoints(VpcEndpointIds=[name]),
            ("ec2", "vpc-flow-log"): lambda name: ec2.delete_flow_logs(FlowLogIds=[name]),
            # Nothing was encrypted with a key that no state knows; AWS keeps it restorable for 7 days all the same.
            ("kms", "key"): lambda name: kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=7),
        }

    def _delete_internet_gateway(self, name: str) -> None:
        ec2 = self.cloud.ec2(self.region)
        for gateway in ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"]:
            for attachment in gateway["Attachments"]:
                ec2.detach_internet_gateway(InternetGatewayId=name, VpcId=attachment["VpcId"])
        ec2.delete_internet_gateway(InternetGatewayId=name)
