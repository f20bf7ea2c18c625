"""Resource Groups Tagging API: every tagged resource, by region.

ministack lists some services only, hides their errors and gives everything on one page. What AWS lists:
docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html. IAM's roles and users aren't
among it, its policies and instance profiles are (github.com/aws/aws-sdk/issues/581). Neither are Auto Scaling groups.
"""

# ruff: noqa: SLF001 - ministack's stores and collectors have no public door

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ministack.services import (
    acm,
    alb,
    cloudfront,
    cloudwatch,
    cloudwatch_logs,
    ec2,
    iam,
    rds,
    route53,
    secretsmanager,
    ssm,
    tagging,
    waf,
)

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("tagging")

Tags = Mapping[str, str]
Tagged = Iterator[tuple[str, Tags]]  # ARN and tags

# Global services have their resources listed in one region only (github.com/cloud-custodian/cloud-custodian/pull/2729).
GLOBAL_REGION = "us-east-1"
DEFAULT_PAGE_SIZE = 50

# Prefix of an EC2 id -> the type in its ARN, and ministack's store. Source: docs.aws.amazon.com/service-authorization/
# latest/reference/list_amazonec2.html, "Resource types".
_EC2_TYPES = {
    "acl": ("network-acl", ec2._network_acls),
    "dopt": ("dhcp-options", ec2._dhcp_options),
    "eigw": ("egress-only-internet-gateway", ec2._egress_igws),
    "eipalloc": ("elastic-ip", ec2._addresses),
    "eni": ("network-interface", ec2._network_interfaces),
    "fl": ("vpc-flow-log", ec2._flow_logs),
    "i": ("instance", ec2._instances),
    "igw": ("internet-gateway", ec2._internet_gateways),
    "lt": ("launch-template", ec2._launch_templates),
    "nat": ("natgateway", ec2._nat_gateways),
    "pcx": ("vpc-peering-connection", ec2._vpc_peering),
    "pl": ("prefix-list", ec2._prefix_lists),
    "rtb": ("route-table", ec2._route_tables),
    "sg": ("security-group", ec2._security_groups),
    "subnet": ("subnet", ec2._subnets),
    "vol": ("volume", ec2._volumes),
    "vpc": ("vpc", ec2._vpcs),
    "vpce": ("vpc-endpoint", ec2._vpc_endpoints),
}


@overlay.on("GetResources")
async def get_resources(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack isn't asked
    """All resources that have tags and pass the filters, a page at a time.

    Source: docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html. A resource that
    never had tags isn't listed; a page has 1 to 100 resources, 50 unless told.
    """
    wanted = request.json
    size = wanted.get("ResourcesPerPage", DEFAULT_PAGE_SIZE)
    token = wanted.get("PaginationToken", "") or "0"
    if not 1 <= size <= 100:
        return refuse(request, "InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
    if not token.isdigit():
        return refuse(request, "PaginationTokenExpiredException", "The PaginationToken is not valid")
    found = [
        {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        for arn, tags in sorted(tagged_resources(request))
        if tags and _is_wanted(wanted, arn, tags)
    ]
    end = int(token) + size
    page = {"ResourceTagMappingList": found[end - size : end], "PaginationToken": str(end) if end < len(found) else ""}
    return Response(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(page).encode())


def tagged_resources(request: Request) -> Tagged:
    """Every resource of the request's account that AWS lists in its region, with its tags."""
    collectors = dict.fromkeys(tagging._COLLECTORS.values())
    collectors.pop(tagging._collect_cloudfront)  # it goes on telling of distributions that are gone
    for collect in collectors:
        for arn, tags in collect():
            if request.region == GLOBAL_REGION or not _is_global(arn):
                yield arn, _as_mapping(tags)
    regional = (_ec2, _logs, _secrets, _databases, _load_balancing, _observation, _firewalls)
    for service in (*regional, *((_iam, _route53, _edge) if request.region == GLOBAL_REGION else ())):
        yield from service(request)


def _is_global(arn: str) -> bool:
    """Whether an ARN names no region; S3's don't either, but its buckets are listed where they are."""
    _, _, service, region, _ = arn.split(":", 4)
    return not region and service != "s3"


def _ec2(request: Request) -> Tagged:
    rules = _security_group_rules()
    for identity, tags in ec2._tags.items():
        if identity in rules:
            kind = "security-group-rule"
        else:
            kind, store = _EC2_TYPES.get(identity.rpartition("-")[0], ("", {}))
            if identity not in store or store[identity].get("State") == "deleted":
                continue  # ministack keeps the tags of what is gone
        yield f"arn:aws:ec2:{request.region}:{request.account}:{kind}/{identity}", _as_mapping(tags)


def _security_group_rules() -> frozenset[str]:
    return frozenset(
        ec2._sg_rule_id(group_id, is_egress, rule)
        for group_id, group in ec2._security_groups.items()
        for direction, is_egress in (("IpPermissions", False), ("IpPermissionsEgress", True))
        for rule in group[direction]
    )


def _logs(request: Request) -> Tagged:
    for name, group in cloudwatch_logs._log_groups.items():
        yield f"arn:aws:logs:{request.region}:{request.account}:log-group:{name}", group["tags"]


def _secrets(request: Request) -> Tagged:  # noqa: ARG001 - the store is scoped by itself
    for secret in secretsmanager._secrets.values():
        yield secret["ARN"], _as_mapping(secret["Tags"])


def _databases(request: Request) -> Tagged:  # noqa: ARG001 - the stores are scoped by themselves
    stores = (
        (rds._instances, "DBInstanceArn"),
        (rds._snapshots, "DBSnapshotArn"),
        (rds._subnet_groups, "DBSubnetGroupArn"),
        (rds._param_groups, "DBParameterGroupArn"),
    )
    for store, arn in stores:
        for record in store.values():
            yield record[arn], _as_mapping(rds._tags.get(record[arn], ()))


def _load_balancing(request: Request) -> Tagged:  # noqa: ARG001 - the stores are scoped by themselves
    for store in (alb._lbs, alb._tgs, alb._listeners, alb._rules):
        for arn in store:
            yield arn, _as_mapping(alb._tags.get(arn, ()))


def _observation(request: Request) -> Tagged:  # noqa: ARG001 - the stores are scoped by themselves
    for store in (cloudwatch._alarms, cloudwatch._composite_alarms):
        for alarm in store.values():
            yield alarm["AlarmArn"], cloudwatch._resource_tags.get(alarm["AlarmArn"], {})
    yield from ssm._tags.items()
    for arn, certificate in acm._certificates.items():
        yield arn, _as_mapping(certificate.get("Tags", ()))


def _firewalls(request: Request) -> Tagged:  # noqa: ARG001 - the store is scoped by itself
    for acl in waf._web_acls.values():
        yield acl["ARN"], _as_mapping(waf._waf_tags.get(acl["ARN"], ()))


def _edge(request: Request) -> Tagged:  # noqa: ARG001 - the stores are scoped by themselves
    for distribution in cloudfront._distributions.values():
        yield distribution["ARN"], _as_mapping(cloudfront._tags.get(distribution["ARN"], ()))


def _iam(request: Request) -> Tagged:  # noqa: ARG001 - the stores are scoped by themselves
    for entity in (*iam._policies.values(), *iam._instance_profiles.values()):
        yield entity["Arn"], _as_mapping(entity.get("Tags", []))


def _route53(request: Request) -> Tagged:  # noqa: ARG001 - the store is scoped by itself
    for (kind, identity), tags in route53._tags.items():
        yield f"arn:aws:route53:::{kind}/{identity}", tags


def _as_mapping(tags: Iterable[Mapping[str, str]]) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _is_wanted(wanted: Mapping[str, Any], arn: str, tags: Tags) -> bool:
    """Whether a resource passes all filters: every tag filter, one of the types, one of the named ARNs."""
    return (
        all(_has_tag(tags, each["Key"], each.get("Values", ())) for each in wanted.get("TagFilters", ()))
        and _any_or_none(wanted.get("ResourceTypeFilters", ()), lambda kind: _is_of_type(arn, kind))
        and _any_or_none(wanted.get("ResourceARNList", ()), lambda named: named == arn)
    )


def _any_or_none(choices: Iterable[str], passes: Callable[[str], bool]) -> bool:
    results = [passes(choice) for choice in choices]
    return any(results) or not results


def _has_tag(tags: Tags, key: str, values: Iterable[str]) -> bool:
    return key in tags and _any_or_none(values, lambda value: tags[key] == value)


def _is_of_type(arn: str, wanted: str) -> bool:
    """Whether an ARN is of a type like ``ec2`` or ``ec2:vpc``."""
    service, _, kind = wanted.partition(":")
    _, _, arn_service, _, _, resource = arn.split(":", 5)
    return arn_service == service and (not kind or resource.replace(":", "/").split("/")[0] == kind)
