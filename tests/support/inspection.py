"""What stands in a local cloud, asked with stock boto3 alone: in every region, whatever any state says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import boto3

from support.shop import STACKS, Shop

REGIONS: Final = tuple(sorted(boto3.session.Session().get_available_regions("ec2")))
GLOBAL_REGION: Final = "us-east-1"

# service -> operation, list in its reply, id in the list's items
_REGIONAL: Final = {
    "acm": (("list_certificates", "CertificateSummaryList", "CertificateArn"),),
    "autoscaling": (("describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupARN"),),
    "backup": (
        ("list_backup_plans", "BackupPlansList", "BackupPlanArn"),
        ("list_backup_vaults", "BackupVaultList", "BackupVaultArn"),
    ),
    "cloudwatch": (("describe_alarms", "MetricAlarms", "AlarmArn"),),
    "ec2": (
        ("describe_addresses", "Addresses", "AllocationId"),
        ("describe_flow_logs", "FlowLogs", "FlowLogId"),
        ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        ("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
        ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
        ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
        ("describe_route_tables", "RouteTables", "RouteTableId"),
        ("describe_security_groups", "SecurityGroups", "GroupId"),
        ("describe_subnets", "Subnets", "SubnetId"),
        ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
        ("describe_vpcs", "Vpcs", "VpcId"),
    ),
    "elbv2": (
        ("describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
        ("describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ),
    "kms": (("list_aliases", "Aliases", "AliasName"), ("list_keys", "Keys", "KeyId")),
    "logs": (("describe_log_groups", "logGroups", "logGroupName"),),
    "rds": (
        ("describe_db_instances", "DBInstances", "DBInstanceArn"),
        ("describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupArn"),
        ("describe_db_snapshots", "DBSnapshots", "DBSnapshotArn"),
        ("describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupArn"),
    ),
    "secretsmanager": (("list_secrets", "SecretList", "ARN"),),
    "sns": (("list_subscriptions", "Subscriptions", "SubscriptionArn"), ("list_topics", "Topics", "TopicArn")),
    "sqs": (("list_queues", "QueueUrls", None),),
    "ssm": (("describe_parameters", "Parameters", "Name"),),
}
_GLOBAL: Final = {
    "iam": (
        ("list_instance_profiles", "InstanceProfiles", "Arn"),
        ("list_policies", "Policies", "Arn"),
        ("list_roles", "Roles", "Arn"),
    ),
    "route53": (("list_health_checks", "HealthChecks", "Id"), ("list_hosted_zones", "HostedZones", "Id")),
    "s3": (("list_buckets", "Buckets", "Name"),),
}
# What AWS goes on telling of for a while, or deletes by itself.
_GONE: Final = frozenset({"deleted", "deleting"})


def everything(shop: Shop) -> frozenset[str]:
    """All that stands anywhere, as texts that name it; keys in their waiting time and what is deleted are left out."""
    with ThreadPoolExecutor(8) as pool:
        regional = pool.map(lambda region: tuple(_in_region(shop, region)), REGIONS)
        return frozenset(name for found in (*regional, tuple(_global(shop)), tuple(_edge(shop))) for name in found)


def duplicates(shop: Shop) -> list[str]:
    """What carries a stack's tags and is in no state, or shares its type and name with another of the stack."""
    return [fault for stack in STACKS for fault in _duplicates(shop, stack)]


def locks(shop: Shop) -> list[str]:
    """The state locks, and the claims of the run lock, that nobody released."""
    left = [f"state lock of {stack}" for stack in STACKS if shop.is_locked(stack)]
    control = shop.objects(next(name for name in _names(shop) if "-control-" in name), "lock/")
    claims = {key.rpartition("/")[2] for key in control if "/claims/" in key}
    releases = {key.rpartition("/")[2] for key in control if "/releases/" in key}
    newest = max(claims, default="")
    return left + ([f"run lock: {control[f'lock/local/claims/{newest}'].decode()}"] if newest not in releases else [])


def tagged(shop: Shop, stack: str) -> dict[str, dict[str, str]]:
    """The tags of all that carries a stack's tag and stands, by ARN.

    IAM roles too, which AWS's tagging API leaves out.
    """
    region = shop.region(stack)
    pages = shop.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
    found = {
        item["ResourceARN"]: _as_mapping(item["Tags"])
        for page in pages.paginate(TagFilters=[{"Key": "Stack", "Values": [stack]}])
        for item in page["ResourceTagMappingList"]
        if _is_live(shop, region, item["ResourceARN"])
    }
    iam = shop.client("iam", GLOBAL_REGION)
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            tags = _as_mapping(iam.list_role_tags(RoleName=role["RoleName"])["Tags"])
            if tags.get("Stack") == stack:
                found[role["Arn"]] = tags
    return found


def resources(state: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every managed resource of a state: its type and its attributes."""
    for resource in state.get("resources", ()):
        if resource["mode"] == "managed":
            for instance in resource["instances"]:
                yield resource["type"], instance["attributes"]


def _in_region(shop: Shop, region: str) -> Iterator[str]:
    for service, lists in _REGIONAL.items():
        client = shop.client(service, region)
        for operation, listed, identity in lists:
            for item in _pages(client, operation, listed):
                name = item if identity is None else item.get(identity, "")
                if item_is_there(client, service, item):
                    yield f"{region} {service} {listed} {name}"


def item_is_there(client: Any, service: str, item: Any) -> bool:
    """Whether what a list tells of is neither gone nor going."""
    if service == "kms" and "KeyId" in item:
        return bool(client.describe_key(KeyId=item["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion")
    if service == "kms":
        target = item.get("TargetKeyId")
        return target is None or item_is_there(client, service, {"KeyId": target})
    return not isinstance(item, dict) or str(item.get("State", "")).lower() not in _GONE


def _global(shop: Shop) -> Iterator[str]:
    for service, lists in _GLOBAL.items():
        client = shop.client(service, GLOBAL_REGION)
        for operation, listed, identity in lists:
            options = {"Scope": "Local"} if operation == "list_policies" else {}
            for item in _pages(client, operation, listed, **options):
                yield f"{service} {listed} {item[identity]}"
                if listed == "HostedZones":
                    yield from _records(client, item["Id"])


def _edge(shop: Shop) -> Iterator[str]:
    """CloudFront and its firewall, whose lists are deeper."""
    cdn = shop.client("cloudfront", GLOBAL_REGION)
    for item in cdn.list_distributions()["DistributionList"].get("Items", ()):
        yield f"cloudfront {item['ARN']}"
    for item in cdn.list_origin_access_controls()["OriginAccessControlList"].get("Items", ()):
        yield f"cloudfront origin access control {item['Id']}"
    for item in cdn.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"].get("Items", ()):
        yield f"cloudfront policy {item['ResponseHeadersPolicy']['Id']}"
    for item in shop.client("wafv2", GLOBAL_REGION).list_web_acls(Scope="CLOUDFRONT")["WebACLs"]:
        yield f"wafv2 {item['ARN']}"


def _records(client: Any, zone: str) -> Iterator[str]:
    for record in _pages(client, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone):
        yield f"route53 record {record['Name']} {record['Type']}"


def _pages(client: Any, operation: str, listed: str, **options: Any) -> Iterator[Any]:
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**options):
            yield from page.get(listed, ())
    else:
        yield from getattr(client, operation)(**options).get(listed, ())


def _duplicates(shop: Shop, stack: str) -> Iterator[str]:
    known = {
        str(value)
        for _, attributes in resources(shop.state(stack))
        for value in (attributes.get("id"), attributes.get("arn"), attributes.get("url"))
    }
    live = tagged(shop, stack)
    for arn in live:
        # A state knows EC2's resources by their ids, the others by their ARNs.
        if not known.intersection({arn, arn.rpartition("/")[2]}):
            yield f"{stack}: {arn} is in no state"
    # A name ends an ARN, behind a slash or a colon; what is left says of what kind it is.
    kinds = {arn: re.sub(r"[^/:]*$", "", arn) for arn in live}
    names = Counter((kinds[arn], tags.get("Name", arn)) for arn, tags in live.items())
    yield from (f"{stack}: {count} x {kind} {name}" for (kind, name), count in names.items() if count > 1)


def _is_live(shop: Shop, region: str, arn: str) -> bool:
    name = arn.rpartition("/")[2]
    if ":natgateway/" in arn:
        found = shop.client("ec2", region).describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]
        return any(gateway["State"] not in _GONE for gateway in found)
    if ":kms:" in arn:
        return item_is_there(shop.client("kms", region), "kms", {"KeyId": name})
    return True


def _names(shop: Shop) -> list[str]:
    return [bucket["Name"] for bucket in shop.client("s3", GLOBAL_REGION).list_buckets()["Buckets"]]


def _as_mapping(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
