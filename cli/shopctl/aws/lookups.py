"""What can't carry tags, found by the planned values that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from shopctl.aws.buckets import bucket_exists
from shopctl.aws.cloud import Cloud
from shopctl.aws.liveness import unless_absent
from shopctl.plan import JsonValue

_Planned = Mapping[str, JsonValue]


def find(cloud: Cloud, region: str, kind: str, planned: _Planned) -> str | None:
    """Return the import id of the resource that the planned values name, or None where there is none.

    ``kind`` is one of ``kinds.NAMED``, and what that names is in ``planned``. Raises: ClientError, to be explained.
    """
    return LOOKUPS[kind](cloud, region, planned)


def _bucket(cloud: Cloud, region: str, planned: _Planned) -> str | None:
    return planned["bucket"] if bucket_exists(cloud, planned["bucket"], region) else None


def _key_alias(cloud: Cloud, region: str, planned: _Planned) -> str | None:
    name = planned["name"]
    return unless_absent(lambda: cloud.kms(region).describe_key(KeyId=name) and name, otherwise=None)


def _route(cloud: Cloud, region: str, planned: _Planned) -> str | None:
    table, destination = planned["route_table_id"], planned["destination_cidr_block"]
    found = cloud.ec2(region).describe_route_tables(RouteTableIds=[table])["RouteTables"]
    stands = any(route.get("DestinationCidrBlock") == destination for each in found for route in each["Routes"])
    return f"{table}_{destination}" if stands else None


def _route_table_association(cloud: Cloud, region: str, planned: _Planned) -> str | None:
    subnet = planned["subnet_id"]
    found = cloud.ec2(region).describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    return f"{subnet}/{found['RouteTables'][0]['RouteTableId']}" if found["RouteTables"] else None


def _record(cloud: Cloud, _region: str, planned: _Planned) -> str | None:
    """Only a record with exactly the planned content is taken for ours: any other may be somebody else's."""
    content = _planned_content(planned)
    zone, name, kind, part = planned["zone_id"], planned["name"], planned["type"], planned.get("set_identifier")
    if content is None:
        return None
    # The list begins at the name, so all records of that name are on its first page.
    listed = cloud.route53().list_resource_record_sets(HostedZoneId=zone, StartRecordName=name)
    stands = any(
        _host(found["Name"]) == _host(name)
        and found["Type"] == kind
        and found.get("SetIdentifier") == part
        and _content(found) == content
        for found in listed["ResourceRecordSets"]
    )
    return "_".join(filter(None, (zone, name, kind, part))) if stands else None


def _planned_content(planned: _Planned) -> frozenset[str] | None:
    """The values of a planned record, or the name that it is an alias of; None while they are not known."""
    for alias in planned.get("alias") or ():
        return frozenset({_host(alias["name"])}) if alias.get("name") else None
    values = planned.get("records")
    return frozenset(map(_bare, values)) if values else None


def _content(record: Any) -> frozenset[str]:
    if "AliasTarget" in record:
        return frozenset({_host(record["AliasTarget"]["DNSName"])})
    return frozenset(_bare(item["Value"]) for item in record.get("ResourceRecords", ()))


def _host(name: str) -> str:
    """A name as all spell it: Route 53 ends it with a dot, and writes a star in octal."""
    return name.rstrip(".").lower().replace("\\052", "*")


def _bare(value: str) -> str:
    """A record's value without the quotes that TXT records carry in Route 53 and not in Terraform."""
    return value.strip('"').rstrip(".")


def _backup_selection(cloud: Cloud, region: str, planned: _Planned) -> str | None:
    plan, name = planned["plan_id"], planned["name"]
    pages = cloud.untyped("backup", region).get_paginator("list_backup_selections").paginate(BackupPlanId=plan)
    found = (each for page in pages for each in page["BackupSelectionsList"])
    return next((f"{plan}|{each['SelectionId']}" for each in found if each["SelectionName"] == name), None)


def _access_control(cloud: Cloud, _region: str, planned: _Planned) -> str | None:
    pages = cloud.untyped("cloudfront").get_paginator("list_origin_access_controls").paginate()
    found = (each for page in pages for each in page["OriginAccessControlList"].get("Items", ()))
    return _id_of(planned["name"], found)


def _headers_policy(cloud: Cloud, _region: str, planned: _Planned) -> str | None:
    """The list comes in pages, of which only the last has no marker."""
    cloudfront = cloud.untyped("cloudfront")
    marker: dict[str, str] = {}
    while True:
        listed = cloudfront.list_response_headers_policies(Type="custom", **marker)["ResponseHeadersPolicyList"]
        policies = (item["ResponseHeadersPolicy"] for item in listed.get("Items", ()))
        configs = ({"Id": each["Id"], **each["ResponseHeadersPolicyConfig"]} for each in policies)
        found = _id_of(planned["name"], configs)
        if found or not listed.get("NextMarker"):
            return found
        marker = {"Marker": listed["NextMarker"]}


def _id_of(name: str, found: Iterable[Any]) -> str | None:
    return next((each["Id"] for each in found if each["Name"] == name), None)


LOOKUPS: Final[Mapping[str, Callable[[Cloud, str, _Planned], str | None]]] = {
    "aws_backup_selection": _backup_selection,
    "aws_cloudfront_origin_access_control": _access_control,
    "aws_cloudfront_response_headers_policy": _headers_policy,
    "aws_kms_alias": _key_alias,
    "aws_route": _route,
    "aws_route53_record": _record,
    "aws_route_table_association": _route_table_association,
    "aws_s3_bucket": _bucket,
}
