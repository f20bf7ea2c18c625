"""Which resources that a plan would create stand already: made by a Terraform that was killed, or made twice.

Every taggable resource carries its environment, its stack and a ``Name`` that is unique within its type and stack, so
a planned creation and a resource that is in no state can be matched without guessing. What can't carry tags has a
name or a parent that says the same. Matches become import blocks beside the stack's HCL.

What needs no match: settings that are *put* (bucket settings, topic and role policies), a topic's subscription, which
AWS gives back instead of making a second one, what AWS puts into every VPC, and the version of a secret, of which a
new one takes the place of the old.
Import ids: registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, section "Import" of each resource.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shopctl.plan import Change, Plan

IMPORTS_FILE = "adopt.tf.json"

# (service, kind of resource) of an ARN -> the Terraform type that makes it. Rules of security groups go with theirs.
TYPES: Mapping[tuple[str, str], str] = {
    ("ec2", "elastic-ip"): "aws_eip",
    ("ec2", "internet-gateway"): "aws_internet_gateway",
    ("ec2", "natgateway"): "aws_nat_gateway",
    ("ec2", "network-acl"): "aws_network_acl",
    ("ec2", "route-table"): "aws_route_table",
    ("ec2", "security-group"): "aws_security_group",
    ("ec2", "subnet"): "aws_subnet",
    ("ec2", "vpc"): "aws_vpc",
    ("ec2", "vpc-endpoint"): "aws_vpc_endpoint",
    ("ec2", "vpc-flow-log"): "aws_flow_log",
    ("iam", "role"): "aws_iam_role",
    ("kms", "key"): "aws_kms_key",
    ("logs", "log-group"): "aws_cloudwatch_log_group",
    ("s3", ""): "aws_s3_bucket",
    ("secretsmanager", "secret"): "aws_secretsmanager_secret",
    ("sns", ""): "aws_sns_topic",
    ("sqs", ""): "aws_sqs_queue",
}
_KNOWN_BY_ARN = frozenset({"aws_secretsmanager_secret", "aws_sns_topic"})


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """A resource that stands, in Terraform's words: its type, and the id by which it is imported."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A resource that carries the stack's tags. ``known_as`` is its id for Terraform where no ARN says it."""

    arn: str
    name: str
    known_as: str | None = None

    @property
    def standing(self) -> Standing | None:
        """The resource in Terraform's words, or None for a kind that no stack makes."""
        service, kind, name = _split(self.arn)
        made_by = TYPES.get((service, kind))
        if made_by is None:
            return None
        return Standing(made_by, self.known_as or (self.arn if made_by in _KNOWN_BY_ARN else name))


class Inventory(Protocol):
    """What stands in a stack's region, asked of AWS. Every method raises AwsFailed."""

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        """All resources that carry the stack's tags, also some that are gone or going."""

    def is_live(self, standing: Standing) -> bool:
        """Whether the resource stands by itself: not gone or going, and not a part of every VPC."""

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        """Of resources of one type and name, the one that others hang on."""

    def owns_bucket(self, name: str) -> bool:
        """Whether the account has this bucket."""

    def has_alias(self, name: str) -> bool:
        """Whether this KMS alias exists."""

    def has_record(self, zone_id: str, name: str, kind: str, values: frozenset[str]) -> bool:
        """Whether the hosted zone has this record with exactly these values."""

    def has_route(self, route_table_id: str, destination: str) -> bool:
        """Whether a route table has a route to these addresses."""

    def route_table_of(self, subnet_id: str) -> str | None:
        """The route table that a subnet is explicitly associated with."""


def find_existing(plan: Plan, inventory: Inventory) -> dict[str, Standing]:
    """Say which planned creations stand already, by address. Asks the inventory only where there are creations."""
    creations = [change for change in plan.changes if change.is_create and not change.is_import]
    if not creations:
        return {}
    live = _by_type_and_name(inventory.tagged(str(plan.stack)))
    found = ((change.address, _find(change, live, inventory)) for change in creations)
    return {address: standing for address, standing in found if standing is not None}


def import_blocks(imports: Mapping[str, Standing]) -> str:
    """The content of ``adopt.tf.json``: one import block per resource. Pure, byte-stable."""
    blocks = [{"to": address, "id": standing.id} for address, standing in sorted(imports.items())]
    return json.dumps({"import": blocks}, indent=2) + "\n"


def strangers(live: Iterable[Tagged], in_state: frozenset[str]) -> tuple[Standing, ...]:
    """The tagged resources whose id and ARN are in no state. Pure."""
    return tuple(
        standing
        for tagged in live
        if (standing := tagged.standing) is not None and not in_state.intersection({tagged.arn, standing.id})
    )


def _by_type_and_name(live: Iterable[Tagged]) -> Mapping[tuple[str, str], tuple[Standing, ...]]:
    found: dict[tuple[str, str], tuple[Standing, ...]] = defaultdict(tuple)
    for tagged in live:
        if (standing := tagged.standing) is not None:
            found[standing.type, tagged.name] += (standing,)
    return found


def _find(
    change: Change, live: Mapping[tuple[str, str], tuple[Standing, ...]], inventory: Inventory
) -> Standing | None:
    """What stands already of a planned creation. What is not known yet is asked for again in the next round."""
    planned = change.after or {}
    match change.type:
        case "aws_s3_bucket":
            known_as = planned["bucket"] if inventory.owns_bucket(planned["bucket"]) else None
        case "aws_kms_alias":
            known_as = planned["name"] if inventory.has_alias(planned["name"]) else None
        case "aws_route53_record":
            known_as = _find_record(planned, inventory)
        case "aws_route":
            table, destination = planned.get("route_table_id"), planned["destination_cidr_block"]
            known_as = f"{table}_{destination}" if table and inventory.has_route(table, destination) else None
        case "aws_route_table_association":
            subnet = planned.get("subnet_id")
            table = inventory.route_table_of(subnet) if subnet else None
            known_as = f"{subnet}/{table}" if table else None
        case kind:
            return _find_tagged(live.get((kind, (planned.get("tags_all") or {}).get("Name", "")), ()), inventory)
    return Standing(change.type, known_as) if known_as else None


def _find_record(planned: Mapping[str, object], inventory: Inventory) -> str | None:
    """A record has no tags: only one with exactly the planned values is taken for ours."""
    zone, name, kind, values = planned.get("zone_id"), planned["name"], planned["type"], planned.get("records")
    if not isinstance(zone, str) or not isinstance(values, list):
        return None
    return f"{zone}_{name}_{kind}" if inventory.has_record(zone, str(name), str(kind), frozenset(values)) else None


def _find_tagged(twins: tuple[Standing, ...], inventory: Inventory) -> Standing | None:
    living = tuple(twin for twin in twins if inventory.is_live(twin))
    return inventory.in_use(living) if len(living) > 1 else next(iter(living), None)


def _split(arn: str) -> tuple[str, str, str]:
    """Split an ARN into service, kind of resource ("" where the service has one kind only) and name."""
    _, _, service, _, _, resource = arn.split(":", 5)
    for mark in "/:":
        kind, found, name = resource.partition(mark)
        if found and (service, kind) in TYPES:
            # A role's ARN has its path before the name.
            return service, kind, name.rpartition("/")[2] if service == "iam" else name.removesuffix(":*")
    return service, "", resource
