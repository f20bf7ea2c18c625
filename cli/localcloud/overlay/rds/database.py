"""A database as it is kept and as it is shown."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import choice
from string import ascii_uppercase, digits
from typing import Any

from ministack.core.responses import request_scope
from ministack.services.rds import _instances as instances
from ministack.services.rds import _subnet_groups as subnet_groups

from localcloud.message import Request
from localcloud.models import service_model
from localcloud.overlay.rds.service import Members, Refused
from localcloud.overlay.rds.tags import tags_of

Database = dict[str, Any]

_IDENTIFIER = re.compile(r"[a-z](-?[a-z0-9])*")
_LAG = timedelta(
    minutes=5
)  # docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html: logs are kept every 5 minutes


def find(identifier: str) -> Database:
    """A database of the request's region by its identifier in any case, or by its ARN. Raises Refused."""
    database: Database | None = instances.get(identifier.lower().rpartition(":")[2])
    if database is None or (identifier.startswith("arn:") and identifier != database["DBInstanceArn"]):
        raise Refused("DBInstanceNotFound", f"DBInstance {identifier} not found.", 404)
    return database


def refuse_identifier(identifier: str) -> None:
    """Refuse what is no identifier, and one that is taken."""
    if not _IDENTIFIER.fullmatch(identifier) or len(identifier) > 63:
        message = "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."  # noqa: E501 - AWS's own words
        raise Refused("InvalidParameterValue", message)
    if identifier in instances:
        raise Refused("DBInstanceAlreadyExists", "DB instance already exists")


def identity(request: Request, identifier: str, port: int) -> Database:
    """What is a database's alone: its names, its address, and when it was made."""
    return {
        "DBInstanceIdentifier": identifier,
        "DBInstanceArn": f"arn:aws:rds:{request.region}:{request.account}:db:{identifier}",
        "DBInstanceStatus": "available",
        "DbiResourceId": "db-" + "".join(choice(ascii_uppercase + digits) for _ in range(26)),
        "Endpoint": endpoint(request, identifier, port),
        "InstanceCreateTime": datetime.now(UTC),
    }


def endpoint(request: Request, identifier: str, port: int) -> Members:
    """Where a database is reached: each account has a label of its own in each region."""
    label = sha256(f"{request.account}/{request.region}".encode()).hexdigest()[:12]
    return {
        "Address": f"{identifier}.{label}.{request.region}.rds.amazonaws.com",
        "Port": port,
        "HostedZoneId": f"Z{sha256(request.region.encode()).hexdigest()[:13].upper()}",
    }


def shown(database: Members) -> Members:
    """A database as RDS shows it; one that is being made has no address yet."""
    known = _members()
    members = {name: value for name, value in database.items() if name in known}
    group = database["DBSubnetGroup"]
    members["DBSubnetGroup"] = subnet_groups.get(group["DBSubnetGroupName"], group)
    if database["BackupRetentionPeriod"] and "DBClusterIdentifier" not in members:
        latest = max(database["InstanceCreateTime"], datetime.now(UTC) - _LAG)
        members["LatestRestorableTime"] = latest
    return {**members, "TagList": tags_of(database["DBInstanceArn"])}


def shown_as_new(database: Members) -> Members:
    """A database in the reply to the request that made it."""
    hidden = ("Endpoint", "LatestRestorableTime")
    members = {name: value for name, value in shown(database).items() if name not in hidden}
    return {"DBInstance": {**members, "DBInstanceStatus": "creating"}}


def region_of(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def in_region(database_or_arn: str, account: str) -> AbstractContextManager[None]:
    """Reach into the stores of another region, the one that an ARN names."""
    scope: AbstractContextManager[None] = request_scope(account, region_of(database_or_arn))
    return scope


def _members() -> frozenset[str]:
    model = service_model("rds")
    return frozenset(model.shape_for("DBInstance").members if model else ())  # type: ignore[attr-defined] # botocore: a structure has members
