"""Record sets that DNS can't hold, or that Route 53 couldn't choose between."""

from __future__ import annotations

from collections.abc import Iterator

from ministack.services.cloudfront import _distributions as distributions
from ministack.services.route53 import _health_checks as health_checks
from ministack.services.route53 import _records as records
from ministack.services.route53 import _zones as zones

from localcloud.message import Forward, Request, Response
from localcloud.overlay.elbv2.load_balancers import HOSTED_ZONES as LOAD_BALANCER_ZONES
from localcloud.overlay.route53.record_sets import POLICIES, Alias, RecordSet, after, present_set, record_set
from localcloud.overlay.route53.service import overlay
from localcloud.overlay.route53.values import value_fault
from localcloud.refusal import refuse

# Source: docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html (HostedZoneId).
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
_AWS_ZONES = {
    CLOUDFRONT_ZONE: "cloudfront.net.",
    **{zone_id: f"{region}.elb.amazonaws.com." for region, zone_id in LOAD_BALANCER_ZONES.items()},
}


@overlay.on("ChangeResourceRecordSets")
async def change_record_sets(request: Request, forward: Forward) -> Response:
    """A batch is taken whole or not at all: whole record sets, names within the zone, values of their type, aliases
    of what is there, no CNAME beside others, and of the same name and type only such as can be chosen between.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html,
    API_ResourceRecordSet.html and docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html.
    """
    zone_id = request.path.rstrip("/").split("/")[-2]
    zone = zones.get(zone_id)
    if zone is None or request.xml is None:
        return await forward(request)
    changes = tuple(record_set(change) for change in request.xml.iterfind(".//{*}Change"))
    additions = tuple(change for change in changes if change.action != "DELETE")
    for change in additions:
        if fault := _form_fault(change):
            return refuse(request, "InvalidInput", f"Invalid request: {fault} in Change with [{_named(change)}]")
        if change.health_check_id and change.health_check_id not in health_checks:
            message = f"No health check exists with the specified ID {change.health_check_id}."
            return refuse(request, "NoSuchHealthCheck", message, status=404)
    held = after(changes, records.get(zone_id, []))
    faults = [fault for change in additions for fault in _faults(change, zone["name"], held)]
    faults += _cname_faults(changes, held)
    if faults:
        return refuse(request, "InvalidChangeBatch", f"[{', '.join(faults)}]")
    return await forward(request)


def _form_fault(record: RecordSet) -> str | None:
    """What is missing or too much in a record set by itself."""
    if record.alias is None and not (record.has_ttl and record.values):
        if record.values:
            return "Missing field 'TTL'"
        return "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]], but found none"
    if record.alias is not None and (record.has_ttl or record.values):
        return "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]], but found more than one"
    if record.policies and not record.identifier:
        return "Missing field 'SetIdentifier'"
    if len(record.policies) != bool(record.identifier):
        found = "more than one" if record.policies else "none"
        return f"Expected exactly one of [{', '.join(POLICIES)}], but found {found}"
    return None


def _named(record: RecordSet) -> str:
    identifier = record.identifier or "null"
    return f"Action={record.action}, Name={record.name}, Type={record.type}, SetIdentifier={identifier}"


def _faults(record: RecordSet, zone_name: str, held: tuple[RecordSet, ...]) -> Iterator[str]:
    if record.name != zone_name and not record.name.endswith(f".{zone_name}"):
        yield f"RRSet with DNS name {record.name} is not permitted in zone {zone_name}"
    if record.type == "CNAME" and record.name == zone_name:
        yield f"RRSet of type CNAME with DNS name {record.name} is not permitted at apex in zone {zone_name}"
    if len(set(record.values)) < len(record.values):
        yield f"Duplicate Resource Record: '{record.values}'"
    for value in record.values:
        if fault := value_fault(record.type, value):
            yield f"Invalid Resource Record: '{fault} (Value {value})'"
    yield from _choice_faults(record, held)
    if record.alias is not None:
        yield from _alias_faults(record, record.alias, held, zone_name)


def _choice_faults(record: RecordSet, held: tuple[RecordSet, ...]) -> Iterator[str]:
    """Record sets of one name and type are chosen by one policy, and in a failover there is one of each role.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (Failover: "You can't create
    non-failover resource record sets that have the same values for the Name and Type elements"). The health check of
    a primary: github.com/kubernetes-sigs/external-dns/issues/2362.
    """
    if record.failover == "PRIMARY" and record.alias is None and not record.health_check_id:
        yield "A non-alias primary ResourceRecordSet must have an associated health check."
    others = [other for other in held if other.key[:2] == record.key[:2] and other.key != record.key]
    if any(other.policies != record.policies for other in others):
        policy = "".join(record.policies).lower()
        yield f"{record} cannot be created " + (
            f"because a non-{policy} RRSet with the same name and type already exists."
            if policy
            else "as other RRSets exist with the same name and type."
        )
    if record.failover and any(other.failover == record.failover for other in others):
        yield f"{record} cannot be created because another RRSet is the {record.failover} of the same name and type."


def _alias_faults(record: RecordSet, alias: Alias, held: tuple[RecordSet, ...], own_zone_name: str) -> Iterator[str]:
    """An alias points into the zone that it names, to something that is there.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html (DNSName, EvaluateTargetHealth: not
    for a distribution).
    """
    zone_name = _zone_name(alias.zone_id)
    tried = f"Tried to create an alias that targets {alias.name}, type {record.type} in zone {alias.zone_id}, but "
    if zone_name and not f".{alias.name}".endswith(f".{zone_name}"):
        yield f"{tried}the alias target name does not lie within the target zone"
    elif alias.zone_id == CLOUDFRONT_ZONE:
        if alias.evaluates_health:
            yield f"{tried}the health of a distribution can't be evaluated"
        if alias.name not in {f"{distribution['DomainName']}." for distribution in distributions.values()}:
            yield f"{tried}that target was not found"
    elif alias.zone_id in zones:
        others = held if zone_name == own_zone_name else map(present_set, records.get(alias.zone_id, []))
        if (alias.name, record.type) not in {other.key[:2] for other in others}:
            yield f"{tried}that target was not found"


def _zone_name(zone_id: str) -> str:
    """The name of a zone of the account's or of AWS's own; empty for one that isn't known here."""
    if zone_id in zones:
        return str(zones[zone_id]["name"])
    return _AWS_ZONES.get(zone_id, "")


def _cname_faults(changes: tuple[RecordSet, ...], held: tuple[RecordSet, ...]) -> list[str]:
    """A CNAME is alone at its name, also with what the batch itself adds and removes."""
    names = {change.name for change in changes}
    alone = {record.name for record in held if record.type == "CNAME" and record.name in names}
    return [
        f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same "
        f"DNS name"
        for name in sorted(alone)
        if len({record.type for record in held if record.name == name}) > 1
    ]
