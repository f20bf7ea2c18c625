"""Deletions that take more than one call: what is in the way goes first, and what takes its time is waited for.

Each can be cut off and repeated. Each raises ClientError, to be explained, and AwsFailed where waiting is of no use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explained
from shopctl.aws.liveness import unless_absent
from shopctl.errors import AwsFailed

LONGEST_PAUSE_SECONDS = 8.0
# A distribution is disabled at all edge locations, or a large database is deleted, within this time.
PATIENCE_SECONDS = 30 * 60.0
# The network interfaces of a load balancer or a database outlive it by minutes.
GRACE_SECONDS = 3 * 60.0
_STILL_IN_USE = frozenset(
    {
        "DependencyViolation",
        "InvalidDBParameterGroupState",
        "InvalidDBSubnetGroupStateFault",
        "ResourceInUse",
        "ResourceInUseException",
        "WAFAssociatedItemException",
    }
)

Answer = TypeVar("Answer")


def once_free(delete: Callable[[], Answer]) -> Answer:
    """Delete what others may hang on that are going just now. Raises: ClientError once its grace has run out."""
    for _ in _pauses(GRACE_SECONDS):
        try:
            return delete()
        except ClientError as error:
            if error_code(error) not in _STILL_IN_USE:
                raise
    return delete()


def delete_nat_gateway(ec2: Any, name: str) -> None:
    """A NAT gateway holds its address and its subnet until it is gone, minutes later."""
    ec2.delete_nat_gateway(NatGatewayId=name)
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[name])


def delete_internet_gateway(ec2: Any, name: str) -> None:
    """A gateway is detached first."""
    for gateway in ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"]:
        for attachment in gateway["Attachments"]:
            ec2.detach_internet_gateway(InternetGatewayId=name, VpcId=attachment["VpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=name)


def delete_rule(ec2: Any, name: str) -> None:
    """A rule is taken out of its security group, on the side that it is on."""
    for rule in ec2.describe_security_group_rules(SecurityGroupRuleIds=[name])["SecurityGroupRules"]:
        revoke = ec2.revoke_security_group_egress if rule["IsEgress"] else ec2.revoke_security_group_ingress
        revoke(GroupId=rule["GroupId"], SecurityGroupRuleIds=[name])


def delete_group(scaling: Any, name: str) -> None:
    """A scaling group takes its instances with it, and is gone after them."""

    def is_gone() -> bool:
        return not scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]

    if not is_gone():
        scaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
        _wait_until(is_gone, f"scaling group {name}")


def delete_load_balancer(balancing: Any, arn: str) -> None:
    """A load balancer takes its listeners and their rules with it."""
    balancing.delete_load_balancer(LoadBalancerArn=arn)
    _wait_until(
        lambda: unless_absent(
            lambda: not balancing.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"], otherwise=True
        ),
        f"load balancer {arn}",
    )


def delete_database(rds: Any, name: str) -> None:
    """A database that no state knows goes with its data and its automated backups; its other snapshots are kept."""
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    if instance["DBInstanceStatus"] != "deleting":
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    _wait_until(
        lambda: unless_absent(
            lambda: not rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"], otherwise=True
        ),
        f"database {name}",
    )


def delete_vault(backup: Any, name: str) -> None:
    """A vault is deleted once it is empty, and emptied once it is not locked any more.

    It is looked for in the list: of one that does not exist AWS says that it is denied.
    """
    pages = backup.get_paginator("list_backup_vaults").paginate()
    for vault in (vault for page in pages for vault in page["BackupVaultList"] if vault["BackupVaultName"] == name):
        if vault.get("Locked"):
            backup.delete_backup_vault_lock_configuration(BackupVaultName=name)
        empty_vault(backup, name)
        backup.delete_backup_vault(BackupVaultName=name)


def empty_vault(backup: Any, name: str) -> None:
    """Delete the recovery points of a vault, and wait until they are gone."""

    def points() -> list[Any]:
        pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=name)
        return [point for page in pages for point in page["RecoveryPoints"]]

    for point in points():
        arn = point["RecoveryPointArn"]
        if point["Status"] != "DELETING":
            _delete_point(backup, name, arn)
    _wait_until(lambda: not points(), f"the recovery points of vault {name}")


def _delete_point(backup: Any, vault: str, arn: str) -> None:
    unless_absent(lambda: backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=arn), otherwise=None)


def delete_plan(backup: Any, name: str) -> None:
    """A backup plan is deleted once it selects nothing."""
    pages = backup.get_paginator("list_backup_selections").paginate(BackupPlanId=name)
    for selection in [each["SelectionId"] for page in pages for each in page["BackupSelectionsList"]]:
        backup.delete_backup_selection(BackupPlanId=name, SelectionId=selection)
    backup.delete_backup_plan(BackupPlanId=name)


def delete_distribution(cloudfront: Any, name: str) -> None:
    """A distribution is deleted once it is disabled everywhere."""
    found = cloudfront.get_distribution_config(Id=name)
    if found["DistributionConfig"]["Enabled"]:
        config = {**found["DistributionConfig"], "Enabled": False}
        cloudfront.update_distribution(Id=name, IfMatch=found["ETag"], DistributionConfig=config)
    _wait_until(
        lambda: cloudfront.get_distribution(Id=name)["Distribution"]["Status"] == "Deployed", f"distribution {name}"
    )
    cloudfront.delete_distribution(Id=name, IfMatch=cloudfront.get_distribution(Id=name)["ETag"])


def delete_tagged_by_version(get: Callable[..., Any], delete: Callable[..., Any], name: str) -> None:
    """CloudFront deletes what is named with its current version."""
    delete(Id=name, IfMatch=get(Id=name)["ETag"])


def delete_web_acl(waf: Any, known_as: str) -> None:
    """WAF deletes a web ACL that is named with its current lock token, and its logging with it."""
    acl_id, name, scope = known_as.split("/")
    token = waf.get_web_acl(Name=name, Id=acl_id, Scope=scope)["LockToken"]
    waf.delete_web_acl(Name=name, Id=acl_id, Scope=scope, LockToken=token)


def delete_role(iam: Any, name: str) -> None:
    """IAM deletes only a role that has no policy and no profile left."""
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for policy in page["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for policy in page["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for page in iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=name):
        for profile in page["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=name)
    iam.delete_role(RoleName=name)


def delete_profile(iam: Any, name: str) -> None:
    """IAM deletes only an instance profile that has no role left."""
    for role in iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
    iam.delete_instance_profile(InstanceProfileName=name)


def delete_record(route53: Any, known_as: str) -> None:
    """Route 53 deletes only a record that is named with all it says. ``known_as`` is ``ZONE_name_TYPE[_part]``."""
    zone, name, kind, part = _parts_of(known_as)
    listed = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName=name)["ResourceRecordSets"]
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": found}
        for found in listed
        if found["Name"].rstrip(".") == name and found["Type"] == kind and found.get("SetIdentifier", "") == part
    ]
    if changes:
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def _parts_of(known_as: str) -> tuple[str, str, str, str]:
    """Split a record's id: its name may hold underscores, its type is the last word in capitals."""
    zone, _, rest = known_as.partition("_")
    words = rest.split("_")
    at = max(place for place, word in enumerate(words) if place and word.isupper())
    return zone, "_".join(words[:at]), words[at], "_".join(words[at + 1 :])


def delete_secret_now(cloud: Cloud, name: str, region: str) -> None:
    """Delete a secret without its waiting time, which would keep its name; one that is gone is fine. No way back.

    Its copies in other regions go first: AWS does not delete a secret that has some.
    Source: docs.aws.amazon.com/secretsmanager/latest/userguide/delete-secret.html.
    Raises: AwsFailed.
    """
    secrets = cloud.secrets(region)
    with explained(f"deleting secret {name}"):
        found: Any = unless_absent(lambda: secrets.describe_secret(SecretId=name), otherwise={})
        copies = [copy["Region"] for copy in found.get("ReplicationStatus", ())]
        if copies and found.get("PrimaryRegion", region) == region:
            secrets.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=copies)
        unless_absent(lambda: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True), otherwise=None)


def _wait_until(is_so: Callable[[], bool], what: str) -> None:
    for _ in _pauses(PATIENCE_SECONDS):
        if is_so():
            return
    raise AwsFailed(
        f"{what}: still there after {PATIENCE_SECONDS / 60:.0f} min", "Look at it in AWS, then: shopctl resume"
    )


def _pauses(seconds: float) -> Iterator[None]:
    """Return again and again within so many seconds, after pauses that double from a quarter of a second."""
    pause, end = 0.25, time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
