"""Whether something that AWS still lists is there, or is gone and only remembered."""

from __future__ import annotations

from botocore.exceptions import ClientError

from shopctl.adopt import kind_of, name_of
from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code

# The tagging API goes on listing these, tags and all, from an hour to the end of a waiting time.
_GONE_NAT_GATEWAYS = frozenset({"deleting", "deleted", "failed"})
_GONE_ENDPOINTS = frozenset({"deleting", "deleted", "failed", "rejected", "expired"})
_GOING_KEYS = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


def is_live(cloud: Cloud, region: str, arn: str) -> bool:
    """Tell whether a listed resource is neither gone nor on its way out by itself.

    Asks AWS for the kinds that linger; any other kind is believed to be there. Raises: ClientError, to be explained.
    """
    name = name_of(arn)
    try:
        match kind_of(arn):
            case ("kms", "key"):
                return cloud.kms(region).describe_key(KeyId=name)["KeyMetadata"]["KeyState"] not in _GOING_KEYS
            case ("secretsmanager", "secret"):
                return "DeletedDate" not in cloud.secrets(region).describe_secret(SecretId=arn)
            case ("ec2", "natgateway"):
                gateways = cloud.ec2(region).describe_nat_gateways(NatGatewayIds=[name])["NatGateways"]
                return any(gateway["State"] not in _GONE_NAT_GATEWAYS for gateway in gateways)
            case ("ec2", "vpc-endpoint"):
                endpoints = cloud.ec2(region).describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]
                return any(endpoint["State"].lower() not in _GONE_ENDPOINTS for endpoint in endpoints)
            case _:
                return True
    except ClientError as error:
        if "NotFound" in error_code(error):
            return False
        raise
