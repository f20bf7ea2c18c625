"""RDS: databases that take writes, replicas of them, and what they are made with. Each module here is one noun of it.

What a database's members are: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html. They are kept in
ministack's own stores, by the names that they have there; names of the overlay's own begin with an underscore.
"""

from __future__ import annotations

from localcloud.overlay.rds import (
    database,
    engines,
    instances,
    making,
    parameter_groups,
    replicas,
    restores,
    settings,
    snapshots,
    subnet_groups,
    tags,
)
from localcloud.overlay.rds.service import overlay

__all__ = [
    "database",
    "engines",
    "instances",
    "making",
    "overlay",
    "parameter_groups",
    "replicas",
    "restores",
    "settings",
    "snapshots",
    "subnet_groups",
    "tags",
]
