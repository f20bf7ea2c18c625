"""What hangs on a resource: of two that a lost reply has made, the one in use is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shopctl.aws.cloud import Cloud
from shopctl.kinds import Standing


def weight(cloud: Cloud, region: str, standing: Standing) -> float:
    """How much hangs on a resource; of keys, of which AWS can't say that, the newest counts.

    0 where names are unique, so that there can be no second one. Raises: ClientError, to be explained.
    """
    weigh = _weights(cloud, region).get(standing.type)
    return weigh(standing.id) if weigh else 0.0


def _weights(cloud: Cloud, region: str) -> Mapping[str, Callable[[str], float]]:
    ec2: Any = cloud.ec2(region)  # untyped: each line reads one list of a reply

    def associations(name: str) -> float:
        addresses = ec2.describe_addresses(AllocationIds=[name])["Addresses"]
        return sum("AssociationId" in address for address in addresses)

    def attachments(name: str) -> float:
        return len(ec2.describe_internet_gateways(InternetGatewayIds=[name])["InternetGateways"][0]["Attachments"])

    def subnets(name: str) -> float:
        return len(ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [name]}])["Subnets"])

    def aliases(name: str) -> float:
        config = cloud.untyped("cloudfront").get_distribution(Id=name)["Distribution"]["DistributionConfig"]
        return int(config["Aliases"]["Quantity"])

    def selections(name: str) -> float:
        listed = cloud.untyped("backup", region).list_backup_selections(BackupPlanId=name)
        return len(listed["BackupSelectionsList"])

    def users(arn: str) -> float:
        certificate = cloud.untyped("acm", region).describe_certificate(CertificateArn=arn)["Certificate"]
        # The one that is validated is worth more than one that nobody can use yet.
        is_issued: bool = certificate["Status"] == "ISSUED"
        return len(certificate.get("InUseBy", ())) + is_issued / 2

    return {
        "aws_acm_certificate": users,
        "aws_backup_plan": selections,
        "aws_cloudfront_distribution": aliases,
        "aws_eip": associations,
        "aws_internet_gateway": attachments,
        "aws_kms_key": lambda name: (
            cloud.kms(region).describe_key(KeyId=name)["KeyMetadata"]["CreationDate"].timestamp()
        ),
        "aws_network_acl": lambda name: len(
            ec2.describe_network_acls(NetworkAclIds=[name])["NetworkAcls"][0]["Associations"]
        ),
        "aws_route53_health_check": lambda name: _records_on(cloud, name),
        "aws_route_table": lambda name: len(
            ec2.describe_route_tables(RouteTableIds=[name])["RouteTables"][0]["Associations"]
        ),
        "aws_vpc": subnets,
    }


def _records_on(cloud: Cloud, health_check: str) -> float:
    """The records of all zones that ask a health check; Route 53 can't be asked the other way round."""
    route53 = cloud.route53()
    zones = [
        zone["Id"] for page in route53.get_paginator("list_hosted_zones").paginate() for zone in page["HostedZones"]
    ]
    pages = (
        page
        for zone in zones
        for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    )
    return sum(record.get("HealthCheckId") == health_check for page in pages for record in page["ResourceRecordSets"])
