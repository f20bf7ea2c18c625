"""Route 53: record sets that DNS can't hold."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from ministack.services.route53 import _caller_refs as caller_references
from ministack.services.route53 import _records as records
from ministack.services.route53 import _zones as zones

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("route53")

_CAA = re.compile(r'(\d{1,3}) (issue|issuewild|iodef) "[^"]*"')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,255}"(?:\s+"(?:[^"\\]|\\.){0,255}")*')


@dataclass(frozen=True, slots=True)
class RecordSet:
    """A record set as a change names it, its name in lower case with a dot at the end."""

    action: str
    name: str
    type: str
    values: tuple[str, ...]


@overlay.on("ChangeResourceRecordSets")
async def change_record_sets(request: Request, forward: Forward) -> Response:
    """A batch is taken whole or not at all: names within the zone, values of their type, no CNAME beside others.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html and
    docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html.
    """
    zone_id = request.path.rstrip("/").split("/")[-2]
    zone = zones.get(zone_id)
    if zone is None or request.xml is None:
        return await forward(request)
    changes = tuple(_record_set(change) for change in request.xml.iterfind(".//{*}Change"))
    faults = [fault for change in changes if change.action != "DELETE" for fault in _faults(change, zone["name"])]
    faults += _alias_faults(changes, records.get(zone_id, []))
    if faults:
        return refuse(request, "InvalidChangeBatch", f"[{', '.join(faults)}]")
    return await forward(request)


@overlay.on("CreateHostedZone")
async def create_hosted_zone(request: Request, forward: Forward) -> Response:
    """A caller's reference makes one zone only; the reply says where it is.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html (HostedZoneAlreadyExists,
    Location).
    """
    reference = _text(request.xml, "CallerReference") if request.xml is not None else ""
    if reference in caller_references:
        message = f"A hosted zone has already been created with the specified caller reference: {reference}"
        return refuse(request, "HostedZoneAlreadyExists", message, status=409)
    reply = await forward(request)
    if reply.status >= 400:
        return reply
    path = _text(fromstring(reply.body), "HostedZone/Id")  # noqa: S314 - the local cloud's own reply
    return replace(reply, headers={**reply.headers, "Location": f"https://route53.amazonaws.com/2013-04-01{path}"})


def _record_set(change: Element) -> RecordSet:
    return RecordSet(
        action=_text(change, "Action"),
        name=_text(change, "ResourceRecordSet/Name").lower().rstrip(".") + ".",
        type=_text(change, "ResourceRecordSet/Type"),
        values=tuple(value.text or "" for value in change.iterfind(".//{*}ResourceRecord/{*}Value")),
    )


def _faults(record: RecordSet, zone_name: str) -> Iterator[str]:
    if record.name != zone_name and not record.name.endswith(f".{zone_name}"):
        yield f"RRSet with DNS name {record.name} is not permitted in zone {zone_name}"
    if record.type == "CNAME" and record.name == zone_name:
        yield f"RRSet of type CNAME with DNS name {record.name} is not permitted at apex in zone {zone_name}"
    if len(set(record.values)) < len(record.values):
        yield f"Duplicate Resource Record: '{record.values}'"
    for value in record.values:
        if fault := _value_fault(record.type, value):
            yield f"Invalid Resource Record: '{fault} (Value {value})'"


def _value_fault(record_type: str, value: str) -> str | None:
    match record_type:
        case "A" if not _is_address(value, 4):
            return "ARRDATAIllegalIPv4Address"
        case "AAAA" if not _is_address(value, 6):
            return "AAAARRDATAIllegalIPv6Address"
        case "TXT" | "SPF" if not _QUOTED.fullmatch(value):
            return "InvalidCharacterString: value should be enclosed in quotation marks, of at most 255 characters each"
        case "CAA" if not _CAA.fullmatch(value):
            return 'CAARRDATAInvalid: value should be <flags> <tag> "<value>"'
        case _:
            return None


def _is_address(value: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(value).version == version
    except ValueError:
        return False


def _alias_faults(changes: tuple[RecordSet, ...], present: list[Mapping[str, Any]]) -> list[str]:
    """A CNAME is alone at its name, also with what the batch itself adds and removes."""
    held = {(record["Name"], record["Type"]) for record in present}
    held -= {(change.name, change.type) for change in changes if change.action == "DELETE"}
    held |= {(change.name, change.type) for change in changes if change.action != "DELETE"}
    names = {change.name for change in changes}
    alone = {name for name, record_type in held if record_type == "CNAME" and name in names}
    return [
        f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same "
        f"DNS name"
        for name in sorted(alone)
        if len({record_type for other, record_type in held if other == name}) > 1
    ]


def _text(element: Element, path: str) -> str:
    """The text at a path, in whatever namespace the sender wrote it."""
    return element.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or ""
