"""Hosted zones: finding, making and deleting the public zone of a domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explained
from shopctl.errors import AwsFailed


@dataclass(frozen=True, slots=True)
class Zone:
    """A public hosted zone. ``comment`` says who made it, ``name_servers`` what the parent domain must delegate to."""

    id: str
    comment: str
    name_servers: tuple[str, ...]


def find_zone(cloud: Cloud, domain: str) -> Zone | None:
    """Return the public zone of exactly this domain, or None. Reads only.

    Raises: AwsFailed, also if there are several: then nobody can say which one the world sees.
    """
    with explained(f"looking for the hosted zone of {domain}"):
        # The list is sorted from the domain on, so all zones of that name are on its first page.
        listed = cloud.route53().list_hosted_zones_by_name(DNSName=domain)["HostedZones"]
        ids = [
            zone["Id"].removeprefix("/hostedzone/")
            for zone in listed
            if zone["Name"] == f"{domain}." and not zone.get("Config", {}).get("PrivateZone", False)
        ]
        if len(ids) > 1:
            raise AwsFailed(
                f"there are {len(ids)} public hosted zones of {domain}: {', '.join(ids)}",
                "Delete those that the parent domain does not delegate to, then run the same command again.",
            )
        return _read_zone(cloud, ids[0]) if ids else None


def create_zone(cloud: Cloud, domain: str, *, comment: str, reference: str, tags: Mapping[str, str]) -> Zone:
    """Make a public zone for the domain. ``reference`` is fresh for each zone; a retry with it makes no second one."""
    with explained(f"making the hosted zone of {domain}"):
        try:
            cloud.route53().create_hosted_zone(
                Name=domain, CallerReference=reference, HostedZoneConfig={"Comment": comment, "PrivateZone": False}
            )
        except ClientError as error:
            if error_code(error) != "HostedZoneAlreadyExists":  # said of the reference: the first reply was lost
                raise
    zone = find_zone(cloud, domain)
    if zone is None:
        raise AwsFailed(f"the hosted zone of {domain} is gone as soon as it was made", "Run the same command again.")
    tag_zone(cloud, zone, tags)
    return zone


def tag_zone(cloud: Cloud, zone: Zone, tags: Mapping[str, str]) -> None:
    """Put the tags on the zone. Can be repeated."""
    with explained(f"tagging hosted zone {zone.id}"):
        cloud.route53().change_tags_for_resource(
            ResourceType="hostedzone",
            ResourceId=zone.id,
            AddTags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
        )


def delete_zone(cloud: Cloud, zone: Zone) -> None:
    """Delete the zone; one that is gone is fine. Raises: AwsFailed, also if it still holds records of somebody's."""
    with explained(f"deleting hosted zone {zone.id}"):
        try:
            cloud.route53().delete_hosted_zone(Id=zone.id)
        except ClientError as error:
            match error_code(error):
                case "NoSuchHostedZone":
                    return
                case "HostedZoneNotEmpty":
                    raise AwsFailed(
                        f"hosted zone {zone.id} still holds records that shopctl did not make",
                        "Delete those records, then run the same command again.",
                    ) from error
                case _:
                    raise


def _read_zone(cloud: Cloud, zone_id: str) -> Zone:
    found = cloud.route53().get_hosted_zone(Id=zone_id)
    servers = found.get("DelegationSet", {}).get("NameServers", [])
    return Zone(
        id=zone_id,
        comment=found["HostedZone"].get("Config", {}).get("Comment", ""),
        name_servers=tuple(sorted(server.rstrip(".") for server in servers)),
    )
