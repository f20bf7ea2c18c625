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
    from shopctl.spec import EnvSpec, Lifecycle, RegionNetwork, Regions, WorkQueue

LOCAL_ACCOUNT: Final = "000000000000"
SMALLEST_SUBNET_PREFIX: Final = 28
# A transition to Glacier may follow one to Standard-IA only after 30 days there.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
DAYS_IN_STANDARD_IA: Final = 30


def environment(spec: EnvSpec) -> Iterator[Problem]:
    """Rules between sections."""
    if spec.cloud == "aws" and spec.account == LOCAL_ACCOUNT:
        yield Problem(("account",), "is the local cloud's account; write your AWS account's twelve digits")
    if spec.protected and not spec.deletion_protection:
        yield Problem(("deletion_protection",), "a protected environment keeps it; write true or remove the line")
    if (excess := len(longest := _longest_bucket_name(spec)) - naming.MAX_BUCKET) > 0:
        yield Problem(("name",), f"makes the bucket name {longest}: {excess} too long for S3; shorten name or project")
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
