"""Every AWS name and tag that shopctl itself gives or looks for, computed from env.yaml alone.

A name starts with ``<project>-<env>``. A project has no hyphen and an environment may have some, so two environments
never share a name. Buckets are never shortened: env.yaml is refused where one would be too long. Names with tighter
limits are shortened with a hash of the whole, which keeps them stable and different.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shopctl.spec import EnvSpec

BUCKET_PURPOSES: Final = ("assets", "backups", "images", "logs", "uploads")
CDN_BUCKET_PURPOSES: Final = ("assets", "images")  # what CloudFront may read
KEY_PURPOSES: Final = ("compute", "data", "logs", "messaging")
SECRET_PURPOSES: Final = ("app", "database", "operator", "origin")
OWN_BUCKET_PURPOSES: Final = ("control", "state")  # made by `bootstrap`, owned by no stack

# A load balancer's name has 32 characters at most, and names of the edge are longer by "-edge".
# Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
MAX_NAME: Final = 27
MAX_BUCKET: Final = 63  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
MAX_ROLE: Final = 64  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_QUEUE: Final = 80  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html

_HASH_LENGTH: Final = 8


def fit(name: str, limit: int) -> str:
    """``name`` itself where it fits into ``limit`` characters, else its beginning and a hash of the whole.

    Pure and stable. Two long names differ in the result unless 32 bits of their SHA-256 agree.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: limit - _HASH_LENGTH - 1].rstrip('-')}-{digest}"


def name(spec: EnvSpec) -> str:
    """The environment's complete prefix, such as ``shop-prod``. Pure."""
    return f"{spec.project}-{spec.name}"


def bucket_name(spec: EnvSpec, purpose: str, region: str) -> str:
    """The bucket for ``purpose`` in ``region``; the account makes it unique in all of AWS. Pure."""
    return f"{name(spec)}-{purpose}-{spec.account}-{region}"


def control_bucket(spec: EnvSpec, region: str) -> str:
    """The bucket that holds this region's copy of the control store. Pure."""
    return bucket_name(spec, "control", region)


def state_bucket(spec: EnvSpec, region: str) -> str:
    """The bucket that holds the Terraform states kept in ``region``. Pure."""
    return bucket_name(spec, "state", region)


def bucket_domain(spec: EnvSpec, purpose: str, region: str) -> str:
    """The host name under which CloudFront reads the bucket for ``purpose`` in ``region``. Pure.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    return f"{bucket_name(spec, purpose, region)}.s3.{region}.amazonaws.com"


def copies_vault_arn(spec: EnvSpec, region: str) -> str:
    """The vault in ``region`` that receives copies of the other region's backups. Pure."""
    return f"arn:aws:backup:{region}:{spec.account}:backup-vault:{name(spec)}-copies"


def traffic_switch(spec: EnvSpec) -> str:
    """The alarm in the disaster recovery region that moves the shop's traffic there. Pure."""
    return f"{name(spec)}-traffic-switch"


def key_alias(spec: EnvSpec, purpose: str) -> str:
    """The alias of a KMS key. Pure."""
    return f"alias/{name(spec)}-{purpose}"


def secret_name(spec: EnvSpec, purpose: str) -> str:
    """The name of a secret in Secrets Manager. Pure."""
    return f"{name(spec)}/{purpose}"


def queue_name(spec: EnvSpec, purpose: str) -> str:
    """The name of a queue. Pure."""
    return fit(f"{name(spec)}-{purpose}", MAX_QUEUE)


def role_name(spec: EnvSpec, purpose: str, region: str) -> str:
    """The name of an IAM role; IAM is global, so the region is part of it. Pure."""
    return fit(f"{name(spec)}-{purpose}-{region}", MAX_ROLE)


def tags(spec: EnvSpec, stack: str) -> dict[str, str]:
    """The tags of everything that ``stack`` (a StackId as text) makes; CostCenter and Owner carry cost allocation.

    Pure.
    """
    return {
        "CostCenter": spec.cost.cost_center,
        "Environment": spec.name,
        "ManagedBy": "shopctl",
        "Owner": spec.cost.owner,
        "Project": spec.project,
        "Stack": stack,
    }
