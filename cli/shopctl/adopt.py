"""Which resources that a plan would create stand already, because a killed Terraform made them and saved no state.

Every taggable resource carries its stack and a ``Name`` that is unique within its type and stack, so a planned
creation and a resource that is in no state can be matched without guessing. What can't carry tags has a name or a
parent that says the same. Matches become import blocks beside the stack's HCL.

Resources that AWS lets one create again without harm (policies and settings that are *put*) need no match.
Import ids: registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, section "Import" of each resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shopctl.plan import Change, Plan

IMPORTS_FILE = "adopt.tf.json"

# (service, resource kind) of an ARN -> the Terraform types that make it.
_TYPES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ec2", "elastic-ip"): ("aws_eip",),
    ("ec2", "internet-gateway"): ("aws_internet_gateway",),
    ("ec2", "natgateway"): ("aws_nat_gateway",),
    ("ec2", "network-acl"): ("aws_network_acl",),
    ("ec2", "route-table"): ("aws_route_table",),
    ("ec2", "security-group"): ("aws_security_group",),
    ("ec2", "security-group-rule"): (
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
    ),
    ("ec2", "subnet"): ("aws_subnet",),
    ("ec2", "vpc"): ("aws_vpc",),
    ("ec2", "vpc-endpoint"): ("aws_vpc_endpoint",),
    ("ec2", "vpc-flow-log"): ("aws_flow_log",),
    ("kms", "key"): ("aws_kms_key",),
    ("logs", "log-group"): ("aws_cloudwatch_log_group",),
    ("secretsmanager", "secret"): ("aws_secretsmanager_secret",),
    ("sns", ""): ("aws_sns_topic",),
    ("sqs", ""): ("aws_sqs_queue",),
}
_IMPORTED_BY_ARN = frozenset({"secretsmanager", "sns"})


@dataclass(frozen=True, slots=True)
class Tagged:
    """A live resource that carries the stack's tag. ``import_id`` overrides what the ARN says."""

    arn: str
    name: str
    import_id: str | None = None


class Inventory(Protocol):
    """What stands in a stack's region, asked of AWS. Every method raises AwsFailed."""

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        """All live resources that carry the stack's tag; what is being deleted is left out."""

    def owns_bucket(self, name: str) -> bool:
        """Whether the account has this bucket."""

    def has_role(self, name: str, stack: str) -> bool:
        """Whether this IAM role exists and carries the stack's tag."""

    def has_alias(self, name: str) -> bool:
        """Whether this KMS alias exists."""

    def has_record(self, zone_id: str, name: str, kind: str) -> bool:
        """Whether the hosted zone has this record."""

    def route_table_of(self, subnet_id: str) -> str | None:
        """The route table that a subnet is explicitly associated with."""


def find_existing(plan: Plan, inventory: Inventory) -> dict[str, str]:
    """Say which planned creations stand already: address -> import id. Asks the inventory only for creations."""
    creations = [change for change in plan.changes if change.is_create and not change.is_import]
    if not creations:
        return {}
    stack = str(plan.stack)
    live = {
        (kind, tagged.name): import_id(tagged) for tagged in inventory.tagged(stack) for kind in types_of(tagged.arn)
    }
    found = ((change.address, _find(change, stack, live, inventory)) for change in creations)
    return {address: known for address, known in found if known is not None}


def import_blocks(imports: Mapping[str, str]) -> str:
    """The content of ``adopt.tf.json``: one import block per resource. Pure, byte-stable."""
    blocks = [{"to": address, "id": known} for address, known in sorted(imports.items())]
    return json.dumps({"import": blocks}, indent=2) + "\n"


def types_of(arn: str) -> tuple[str, ...]:
    """The Terraform types that make the kind of resource that an ARN names; none where that is not known. Pure."""
    return _TYPES.get(kind_of(arn), ())


def kind_of(arn: str) -> tuple[str, str]:
    """The service and the kind of resource that an ARN names; "" for a service with one kind only. Pure."""
    service, kind, _ = _split(arn)
    return service, kind


def name_of(arn: str) -> str:
    """The id or name at the end of an ARN. Pure."""
    return _split(arn)[2]


def import_id(tagged: Tagged) -> str:
    """The id by which Terraform imports a tagged resource. Pure."""
    service, _, name = _split(tagged.arn)
    return tagged.import_id or (tagged.arn if service in _IMPORTED_BY_ARN else name)


def strangers(live: Iterable[Tagged], in_state: frozenset[str]) -> tuple[Tagged, ...]:
    """The tagged resources whose ARN and id are in no state: made twice, or by a Terraform that was killed. Pure."""
    return tuple(
        tagged
        for tagged in live
        if types_of(tagged.arn) and not in_state.intersection({tagged.arn, import_id(tagged), name_of(tagged.arn)})
    )


def _find(change: Change, stack: str, live: Mapping[tuple[str, str], str], inventory: Inventory) -> str | None:
    planned = change.after or {}
    match change.type:
        case "aws_s3_bucket":
            name = planned["bucket"]
            return name if inventory.owns_bucket(name) else None
        case "aws_iam_role":
            name = planned["name"]
            return name if inventory.has_role(name, stack) else None
        case "aws_kms_alias":
            name = planned["name"]
            return name if inventory.has_alias(name) else None
        case "aws_route53_record":
            zone, name, kind = planned["zone_id"], planned["name"], planned["type"]
            return f"{zone}_{name}_{kind}" if inventory.has_record(zone, name, kind) else None
        case "aws_route_table_association":
            # Known only once the subnet itself is adopted: the next round asks again.
            subnet = planned.get("subnet_id")
            table = inventory.route_table_of(subnet) if subnet else None
            return f"{subnet}/{table}" if table else None
        case kind:
            return live.get((kind, (planned.get("tags_all") or {}).get("Name", "")))


def _split(arn: str) -> tuple[str, str, str]:
    """Split an ARN into service, kind of resource ("" where the service has one kind only) and name."""
    _, _, service, _, _, resource = arn.split(":", 5)
    for mark in "/:":
        kind, found, name = resource.partition(mark)
        if found and (service, kind) in _TYPES:
            return service, kind, name.removesuffix(":*")
    return service, "", resource
