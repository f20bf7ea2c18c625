"""Record sets, as a change names them and as a zone holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from localcloud.overlay.route53.service import text_at

# How a record set is chosen among those of its name and type. Source: docs.aws.amazon.com/Route53/latest/APIReference/
# API_ResourceRecordSet.html.
POLICIES = ("CidrRoutingConfig", "Failover", "GeoLocation", "GeoProximityLocation", "MultiValueAnswer", "Region",
             "Weight")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alias:
    """What an alias record points to, its name in lower case with a dot at the end."""

    zone_id: str
    name: str
    evaluates_health: bool


@dataclass(frozen=True, slots=True)
class RecordSet:
    """A record set as a change names it, its name in lower case with a dot at the end."""

    action: str
    name: str
    type: str
    values: tuple[str, ...]
    alias: Alias | None = None
    failover: str = ""
    has_ttl: bool = False
    health_check_id: str = ""
    identifier: str = ""
    policies: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other record set of its zone."""
        return self.name, self.type, self.identifier

    def __str__(self) -> str:
        identifier = f", SetIdentifier {self.identifier}" if self.identifier else ""
        return f"RRSet with DNS name {self.name}, type {self.type}{identifier}"


def record_set(change: Element) -> RecordSet:
    """The record set that a change of a batch names. Pure."""
    found = change.find("{*}ResourceRecordSet")
    record = change if found is None else found
    return RecordSet(
        action=text_at(change, "Action"),
        name=_dotted(text_at(record, "Name")),
        type=text_at(record, "Type"),
        values=tuple(value.text or "" for value in record.iterfind("{*}ResourceRecords/{*}ResourceRecord/{*}Value")),
        alias=_alias(record),
        failover=text_at(record, "Failover"),
        has_ttl=record.find("{*}TTL") is not None,
        health_check_id=text_at(record, "HealthCheckId"),
        identifier=text_at(record, "SetIdentifier"),
        policies=tuple(policy for policy in POLICIES if record.find(f"{{*}}{policy}") is not None),
    )


def _alias(record: Element) -> Alias | None:
    target = record.find("{*}AliasTarget")
    if target is None:
        return None
    evaluates_health = text_at(target, "EvaluateTargetHealth") == "true"
    return Alias(text_at(target, "HostedZoneId"), _dotted(text_at(target, "DNSName")), evaluates_health)


def after(changes: Iterable[RecordSet], present: Iterable[Mapping[str, Any]]) -> tuple[RecordSet, ...]:
    """The zone's record sets as they would be after a batch. Pure."""
    held = {record.key: record for record in map(present_set, present)}
    for change in changes:
        if change.action == "DELETE":
            held.pop(change.key, None)
        else:
            held[change.key] = change
    return tuple(held.values())


def present_set(record: Mapping[str, Any]) -> RecordSet:
    """A record set that ministack holds. Pure."""
    return RecordSet(
        action="",
        name=record["Name"].lower(),
        type=record["Type"],
        values=tuple(record.get("ResourceRecords", ())),
        failover=record.get("Failover", ""),
        identifier=record.get("SetIdentifier", ""),
        policies=tuple(policy for policy in POLICIES if policy in record),
    )


def _dotted(name: str) -> str:
    return name.lower().rstrip(".") + "."
