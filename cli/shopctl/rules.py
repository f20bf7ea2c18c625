"""Rules between the fields of an env.yaml; each broken one is a problem at the field that should change.

Every function takes a section whose fields are right each by itself, and is pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING, Final

from shopctl import naming
from shopctl.yamlfile import Problem

if TYPE_CHECKING:
    from shopctl.sections import (
        Backup,
        Compute,
        DatabaseStorage,
        Lifecycle,
        RegionNetwork,
        Regions,
        ScaleSteps,
        Scaling,
        VaultLock,
        WorkQueue,
    )
    from shopctl.spec import EnvSpec

LOCAL_ACCOUNT: Final = "000000000000"
SMALLEST_SUBNET_PREFIX: Final = 28
# A transition to Glacier may follow one to Standard-IA only after 30 days there.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
DAYS_IN_STANDARD_IA: Final = 30
SMALLEST_STRIPED_GIB: Final = 400


def environment(spec: EnvSpec) -> Iterator[Problem]:
    """Rules between sections."""
    if spec.cloud == "aws" and spec.account == LOCAL_ACCOUNT:
        yield Problem(("account",), "is the local cloud's account; write your AWS account's twelve digits")
    if spec.protected and not spec.deletion_protection:
        yield Problem(("deletion_protection",), "a protected environment keeps it; write true or remove the line")
    if (excess := len(longest := _longest_bucket_name(spec)) - naming.MAX_BUCKET) > 0:
        yield Problem(("name",), f"makes the bucket name {longest}: {excess} too long for S3; shorten name or project")
    if (excess := len(prefix := naming.name(spec)) - naming.MAX_NAME) > 0:
        yield Problem(("name",), f"makes the prefix {prefix}: {excess} too long for AWS; shorten name or project")
    if spec.name.endswith("-edge"):
        yield Problem(("name",), "ends as the names of another environment's edge do; choose another ending")
    if "dr" in spec.model_fields_set and not spec.has_dr:
        yield Problem(("dr",), "has no use without regions.dr; remove it, or name the region")
    if spec.database.read_replicas and not spec.database.multi_az:
        text = "is false, yet there are read replicas; a copy that takes over comes before copies to read from"
        yield Problem(("database", "multi_az"), text)
    yield from _networks(spec)


def _longest_bucket_name(spec: EnvSpec) -> str:
    purposes = naming.BUCKET_PURPOSES + naming.OWN_BUCKET_PURPOSES
    names = (naming.bucket_name(spec, purpose, region) for purpose in purposes for region in spec.control_regions)
    return max(names, key=len)


def _networks(spec: EnvSpec) -> Iterator[Problem]:
    primary, dr = spec.network.primary, spec.network.dr
    match spec.has_dr, dr:
        case True, None:
            yield Problem(("network", "dr"), "is missing; regions.dr needs its network, such as {cidr: 10.1.0.0/16}")
        case False, None:
            return
        case False, _:
            yield Problem(("network", "dr"), "has no use without regions.dr; remove it, or name the region")
    if dr and IPv4Network(dr.cidr).overlaps(IPv4Network(primary.cidr)):
        text = f"overlaps the primary region's {primary.cidr}; choose another, such as 10.1.0.0/16"
        yield Problem(("network", "dr", "cidr"), text)


def regions(section: Regions) -> Iterator[Problem]:
    """Three different regions, or one."""
    if section.dr == section.primary:
        yield Problem(("dr",), "is the primary region; choose another, or remove it for no recovery region")
    if section.witness in {section.primary, section.dr} - {None}:
        yield Problem(("witness",), "must be a third region, neither primary nor dr")
    if section.dr and not section.witness:
        text = "is missing; with dr a third region must hold a copy of the control store, such as eu-north-1"
        yield Problem(("witness",), text)
    if section.witness and not section.dr:
        yield Problem(("witness",), "has no use without dr; remove it, or add dr")


def network(section: RegionNetwork) -> Iterator[Problem]:
    """Subnets in the same zones, within the network, beside each other."""
    tiers = section.subnets.tiers
    zones = sorted(tiers["public"])
    for tier, subnets in tiers.items():
        if len(subnets) < 2:
            yield Problem(("subnets", tier), "needs two availability zones: {a: …, b: …}")
        elif sorted(subnets) != zones:
            yield Problem(("subnets", tier), f"must have the zones of the public tier: {', '.join(zones)}")
    placed = {
        ("subnets", tier, zone): IPv4Network(cidr) for tier, subnets in tiers.items() for zone, cidr in subnets.items()
    }
    smallest = max(placed.values(), key=lambda subnet: subnet.prefixlen)
    if smallest.prefixlen > SMALLEST_SUBNET_PREFIX:
        yield Problem(("cidr",), f"is too small for the usual layout ({smallest}); write `subnets` yourself")
    vpc = IPv4Network(section.cidr)
    for place, subnet in placed.items():
        if not subnet.subnet_of(vpc):
            yield Problem(place, f"is not within the network {vpc}")
    for (_, one), (place, other) in combinations(placed.items(), 2):
        if one.overlaps(other):
            yield Problem(place, f"overlaps the subnet {one}")


def lifecycle(section: Lifecycle) -> Iterator[Problem]:
    """Moves one after the other, and the end after the last."""
    ia, glacier, end = section.standard_ia_after_days, section.glacier_after_days, section.expire_after_days
    if ia is not None and glacier is not None and glacier < ia + DAYS_IN_STANDARD_IA:
        text = f"objects stay in Standard-IA for {DAYS_IN_STANDARD_IA} days; write {ia + DAYS_IN_STANDARD_IA} or more"
        yield Problem(("glacier_after_days",), text)
    moves = [days for days in (section.intelligent_tiering_after_days, ia, glacier) if days is not None]
    if end is not None and moves and end <= max(moves):
        text = f"objects would end before their last move at {max(moves)} days; write more, or null for never"
        yield Problem(("expire_after_days",), text)


def queue(section: WorkQueue) -> Iterator[Problem]:
    """Failed messages outlive waiting ones.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    (a message keeps its first sending time in the dead-letter queue)
    """
    if section.dead_letter_retention_seconds <= section.message_retention_seconds:
        text = f"must be more than message_retention_seconds ({section.message_retention_seconds})"
        yield Problem(("dead_letter_retention_seconds",), text)


def compute(section: Compute) -> Iterator[Problem]:
    """A lowest number of instances that is not above the highest."""
    if section.max_instances < section.min_instances:
        yield Problem(("max_instances",), f"is less than min_instances ({section.min_instances}); write at least that")


def scaling(section: Scaling) -> Iterator[Problem]:
    """One way of scaling, not both and not none: two policies on one metric pull against each other.

    Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
    """
    if section.steps and section.target_cpu_percent is not None:
        yield Problem(("target_cpu_percent",), "works against `steps`, which scale by CPU too; keep one of the two")
    if not section.steps and section.target_cpu_percent is None:
        yield Problem(("target_cpu_percent",), "is null and there are no `steps`; write a percentage, such as 60")


def scale_steps(section: ScaleSteps) -> Iterator[Problem]:
    """Room between growing and shrinking."""
    if section.in_below_percent >= section.out_above_percent:
        text = f"must be below out_above_percent ({section.out_above_percent}), or the group would grow and shrink"
        yield Problem(("in_below_percent",), text)


def database_storage(section: DatabaseStorage) -> Iterator[Problem]:
    """What gp3 takes.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage (from 400 GiB for
    MySQL and PostgreSQL), USER_PIOPS.Autoscaling.html (a limit at least 10 % above the size)
    """
    for field in ("iops", "throughput_mibps"):
        if getattr(section, field) is not None and section.size_gib < SMALLEST_STRIPED_GIB:
            text = f"can be had from {SMALLEST_STRIPED_GIB} GiB on; enlarge size_gib or remove it"
            yield Problem((field,), text)
    if section.max_size_gib is not None and section.max_size_gib * 10 < section.size_gib * 11:
        least = -(-section.size_gib * 11 // 10)
        yield Problem(("max_size_gib",), f"must be 10 % above size_gib at least; write {least} or more")


def vault_lock(section: VaultLock) -> Iterator[Problem]:
    """A range that holds something."""
    if section.max_retention_days < section.min_retention_days:
        text = f"is less than min_retention_days ({section.min_retention_days}); write at least that"
        yield Problem(("max_retention_days",), text)


def backup(section: Backup) -> Iterator[Problem]:
    """Retentions that the vaults' lock takes: AWS Backup fails a job whose retention is outside of it.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """
    if section.lock is None:
        return
    low, high = section.lock.min_retention_days, section.lock.max_retention_days
    for field in ("retention_days", "copy_retention_days"):
        if not low <= (days := getattr(section, field)) <= high:
            text = f"is outside of the vaults' lock, and each backup would fail; write {low} to {high}, not {days}"
            yield Problem((field,), text)
