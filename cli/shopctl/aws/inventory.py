"""What stands in a stack's region, asked of AWS and not of any state: for taking in what a killed Terraform made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopctl.adopt import Tagged
from shopctl.aws.cloud import GLOBAL_REGION, Cloud
from shopctl.aws.faults import explained
from shopctl.aws.liveness import is_live, queue_name, unless_absent
from shopctl.aws.lookups import find
from shopctl.aws.usage import weight
from shopctl.kinds import Standing, standing_of
from shopctl.plan import JsonValue


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
        with explained(f"looking for what is tagged as part of {stack}"):
            listed = dict(self._listed(wanted))
            egress = self._egress_rules(listed)
            return (
                *(Tagged(arn, name, self._standing(arn, egress)) for arn, name in listed.items()),
                *self._roles(wanted),
                *self._groups(wanted),
            )

    def is_live(self, standing: Standing) -> bool:
        """Whether the resource stands by itself: not gone or going, and no part of something else."""
        with explained(f"looking at {standing.type} {standing.id}"):
            return is_live(self.cloud, self.region, standing)

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        """Of resources of one type and name, the one that others hang on; among equals the last by id."""
        with explained(f"looking which {twins[0].type} is in use"):
            return max(sorted(twins), key=lambda twin: weight(self.cloud, self.region, twin))

    def find(self, kind: str, planned: Mapping[str, JsonValue]) -> str | None:
        """The import id of the resource of a type without tags that the planned values name, if it stands."""
        with explained(f"looking for the {kind} that is planned"):
            return find(self.cloud, self.region, kind, planned)

    def _listed(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """ARN and name of all that the tagging API lists; what has no region is listed in one region only."""
        filters: Any = [{"Key": key, "Values": [value]} for key, value in wanted.items()]
        for region in dict.fromkeys((self.region, GLOBAL_REGION)):
            for page in self.cloud.tagging(region).get_paginator("get_resources").paginate(TagFilters=filters):
                for item in page["ResourceTagMappingList"]:
                    if region == self.region or not _region_of(item["ResourceARN"]):
                        yield item["ResourceARN"], _name_in(item["Tags"])

    def _standing(self, arn: str, egress: frozenset[str]) -> Standing | None:
        """What no ARN says: a queue's URL, by which Terraform knows it, and which way a security group's rule goes."""
        standing = standing_of(arn)
        match standing:
            case Standing("aws_sqs_queue"):
                sqs = self.cloud.sqs(self.region)
                # Of a queue that is gone the ARN must do.
                url = unless_absent(lambda: sqs.get_queue_url(QueueName=queue_name(arn))["QueueUrl"], otherwise=arn)
                return Standing("aws_sqs_queue", url)
            case Standing(id=rule) if rule in egress:
                return Standing("aws_vpc_security_group_egress_rule", rule)
            case _:
                return standing

    def _egress_rules(self, arns: Iterable[str]) -> frozenset[str]:
        rules = [arn.rpartition("/")[2] for arn in arns if ":security-group-rule/" in arn]
        if not rules:
            return frozenset()
        filters: Any = [{"Name": "security-group-rule-id", "Values": rules}]  # a filter does not mind what is gone
        pages = self.cloud.ec2(self.region).get_paginator("describe_security_group_rules").paginate(Filters=filters)
        found = (rule for page in pages for rule in page["SecurityGroupRules"])
        return frozenset(rule["SecurityGroupRuleId"] for rule in found if rule["IsEgress"])

    def _roles(self, wanted: Mapping[str, str]) -> Iterator[Tagged]:
        """IAM roles: AWS's tagging API does not list them, and their own list has no tags."""
        for page in self.cloud.iam().get_paginator("list_roles").paginate():
            for role in page["Roles"]:
                if role["RoleName"].startswith(f"{self.prefix}-"):
                    tags = self._role_tags(role["RoleName"])
                    if wanted.items() <= tags.items():
                        yield Tagged(role["Arn"], tags.get("Name", ""), standing_of(role["Arn"]))

    def _role_tags(self, name: str) -> dict[str, str]:
        listed: Any = unless_absent(lambda: self.cloud.iam().list_role_tags(RoleName=name)["Tags"], otherwise=())
        return as_mapping(listed)

    def _groups(self, wanted: Mapping[str, str]) -> Iterator[Tagged]:
        """Scaling groups, which AWS's tagging API does not list either.

        Source: docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html.
        """
        pages = self.cloud.untyped("autoscaling", self.region).get_paginator("describe_auto_scaling_groups").paginate()
        for group in (group for page in pages for group in page["AutoScalingGroups"]):
            if wanted.items() <= as_mapping(group["Tags"]).items():
                name, arn = group["AutoScalingGroupName"], group["AutoScalingGroupARN"]
                yield Tagged(arn, name, Standing("aws_autoscaling_group", name))


def as_mapping(tags: Iterable[Any]) -> dict[str, str]:
    """Tags as most services list them, by key. Pure."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def _name_in(tags: Iterable[Any]) -> str:
    return as_mapping(tags).get("Name", "")


def _region_of(arn: str) -> str:
    """The region of an ARN; a bucket's names none, though it has one."""
    _, _, service, region, _ = arn.split(":", 4)
    return "its own" if service == "s3" else region
