"""Parameter groups: what a family's databases are configured with beside its defaults.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html,
API_ModifyDBParameterGroup.html, API_ResetDBParameterGroup.html, API_DeleteDBParameterGroup.html (Errors),
API_Parameter.html. Of the hundreds of parameters only those are known that take a restart; others count as dynamic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services.rds import _instances as instances
from ministack.services.rds import _param_groups as groups

from localcloud.message import Request
from localcloud.overlay.rds.engines import ENGINES
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation, page
from localcloud.overlay.rds.subnet_groups import sorted_by_name
from localcloud.overlay.rds.tags import forget_tags, set_tags

_NAME = re.compile(r"[a-z](-?[a-z0-9.])*")
_PARAMETER = re.compile(r"[a-z][a-z0-9_.]*")
_SHOWN = ("DBParameterGroupName", "DBParameterGroupFamily", "Description", "DBParameterGroupArn")
# Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html (apply type
# static) and dev.mysql.com/doc/refman/8.4/en/server-system-variable-reference.html (not dynamic).
_STATIC = frozenset({
    "autovacuum_freeze_max_age", "autovacuum_max_workers", "huge_pages", "innodb_log_file_size",
    "innodb_read_io_threads", "innodb_write_io_threads", "lower_case_table_names", "max_connections",
    "max_locks_per_transaction", "max_prepared_transactions", "max_replication_slots", "max_wal_senders",
    "max_worker_processes", "performance_schema", "rds.logical_replication", "shared_buffers",
    "shared_preload_libraries", "skip_name_resolve", "track_activity_query_size", "wal_buffers",
})  # fmt: skip
# MySQL changes its own while it runs: dev.mysql.com/doc/refman/8.4/en/server-system-variables.html (max_connections).
_DYNAMIC_IN_MYSQL = frozenset({"max_connections"})


@operation("CreateDBParameterGroup")
def create(request: Request, arguments: Arguments) -> Members:
    """A group of a family that there is; its name is kept in lower case."""
    name, family = arguments.get("DBParameterGroupName", "").lower(), arguments.get("DBParameterGroupFamily", "")
    if not _NAME.fullmatch(name) or len(name) > 255:
        message = f"The parameter DBParameterGroupName is not a valid identifier: {name}"
        raise Refused("InvalidParameterValue", message)
    if family not in _families():
        raise Refused("InvalidParameterValue", f"ParameterGroupFamily {family} is not a valid parameter group family")
    if name in groups:
        raise Refused("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    arn = f"arn:aws:rds:{request.region}:{request.account}:pg:{name}"
    groups[name] = dict(zip(_SHOWN, (name, family, arguments.get("Description", ""), arn), strict=True))
    groups[name]["Parameters"] = {}
    set_tags(arn, arguments.get("Tags", ()))
    return {"DBParameterGroup": _shown(groups[name])}


@operation("DeleteDBParameterGroup")
def delete(_: Request, arguments: Arguments) -> Members:
    """A group that a database uses is kept; one that isn't there is no error."""
    name = arguments.get("DBParameterGroupName", "").lower()
    if name.startswith("default."):
        raise Refused("InvalidParameterValue", "The parameter DBParameterGroupName is not a valid identifier")
    if any(name in names_of(instance) for instance in instances.values()):
        message = f"One or more database instances are still members of this parameter group {name}, so the group cannot be deleted"  # noqa: E501 - AWS's own words
        raise Refused("InvalidDBParameterGroupState", message)
    forget_tags(find(name)["DBParameterGroupArn"])
    del groups[name]
    return {}


@operation("DescribeDBParameterGroups")
def describe(_: Request, arguments: Arguments) -> Members:
    """One group by its name, or all."""
    name = arguments.get("DBParameterGroupName")
    found = [find(name)] if name else sorted_by_name(groups.values(), "DBParameterGroupName")
    return page(arguments, [_shown(group) for group in found], "DBParameterGroups")


@operation("DescribeDBParameters")
def describe_parameters(_: Request, arguments: Arguments) -> Members:
    """The parameters that were set. Those that have their default aren't known here."""
    group = find(arguments.get("DBParameterGroupName", ""))
    chosen = group["Parameters"] if arguments.get("Source", "user") == "user" else {}
    shown = [_parameter(group["DBParameterGroupFamily"], name, chosen[name]) for name in sorted(chosen)]
    return page(arguments, shown, "Parameters")


@operation("ModifyDBParameterGroup")
def modify(_: Request, arguments: Arguments) -> Members:
    """All parameters are set, or none: a static one only at the next restart."""
    group = find(arguments.get("DBParameterGroupName", ""))
    changes = arguments.get("Parameters", ())
    if not 1 <= len(changes) <= 20:
        raise Refused("InvalidParameterValue", "The request must contain 1 to 20 parameters")
    for change in changes:
        _refuse_change(group["DBParameterGroupFamily"], change)
    for change in changes:
        group["Parameters"][change["ParameterName"]] = {
            "ParameterValue": change["ParameterValue"],
            "ApplyMethod": change["ApplyMethod"],
        }
    _mark(group["DBParameterGroupName"], changes)
    return {"DBParameterGroupName": group["DBParameterGroupName"]}


@operation("ResetDBParameterGroup")
def reset(_: Request, arguments: Arguments) -> Members:
    """Parameters go back to their defaults: the named ones, or all."""
    group = find(arguments.get("DBParameterGroupName", ""))
    if arguments.get("ResetAllParameters"):
        group["Parameters"].clear()
    for change in arguments.get("Parameters", ()):
        group["Parameters"].pop(change["ParameterName"], None)
    _mark(group["DBParameterGroupName"], arguments.get("Parameters", ()))
    return {"DBParameterGroupName": group["DBParameterGroupName"]}


def find(name: str) -> dict[str, Any]:
    """A group by its name, in any case. Raises Refused."""
    group: dict[str, Any] | None = groups.get(name.lower())
    if group is None:
        raise Refused("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
    return group


def refuse_family(name: str, family: str) -> None:
    """Refuse a group that isn't there or is of another family."""
    if name == f"default.{family}":
        return
    found = find(name)["DBParameterGroupFamily"]
    if found != family:
        message = f"The Parameter Group {name} with DBParameterGroupFamily {found} can't be used for this instance. Please use a Parameter Group with DBParameterGroupFamily {family}"  # noqa: E501 - AWS's own words
        raise Refused("InvalidParameterCombination", message)


def names_of(instance: Members) -> list[str]:
    """The groups that a database uses."""
    return [membership["DBParameterGroupName"] for membership in instance.get("DBParameterGroups", ())]


def _families() -> frozenset[str]:
    return frozenset(f"{engine.name}{major}" for engine in ENGINES.values() for major in engine.versions)


def _shown(group: Members) -> Members:
    return {name: group[name] for name in _SHOWN}


def _is_static(family: str, name: str) -> bool:
    return name in _STATIC and not (family.startswith("mysql") and name in _DYNAMIC_IN_MYSQL)


def _parameter(family: str, name: str, chosen: Mapping[str, str]) -> Members:
    return {
        "ParameterName": name,
        **chosen,
        "Source": "user",
        "ApplyType": "static" if _is_static(family, name) else "dynamic",
        "DataType": "string",
        "IsModifiable": True,
    }


def _refuse_change(family: str, change: Mapping[str, str]) -> None:
    name = change.get("ParameterName", "")
    if not _PARAMETER.fullmatch(name):
        raise Refused("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if change.get("ApplyMethod") not in ("immediate", "pending-reboot") or "ParameterValue" not in change:
        raise Refused("InvalidParameterValue", f"ParameterValue and ApplyMethod are needed for {name}")
    if _is_static(family, name) and change["ApplyMethod"] == "immediate":
        message = "cannot use immediate apply method for static parameter"
        raise Refused("InvalidParameterCombination", message)


def _mark(name: str, changes: Iterable[Mapping[str, str]]) -> None:
    """Let the group's databases say that they wait for a restart, where they do."""
    if any(change.get("ApplyMethod") == "pending-reboot" for change in changes):
        for instance in instances.values():
            for membership in instance.get("DBParameterGroups", ()):
                if membership["DBParameterGroupName"] == name:
                    membership["ParameterApplyStatus"] = "pending-reboot"
