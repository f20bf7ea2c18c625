"""Tags of what RDS has, kept in ministack's store by ARN and only as long as their resource.

Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddTagsToResource.html,
API_RemoveTagsFromResource.html, API_ListTagsForResource.html (Errors).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ministack.services.rds import _instances as instances
from ministack.services.rds import _param_groups as parameter_groups
from ministack.services.rds import _snapshots as snapshots
from ministack.services.rds import _subnet_groups as subnet_groups
from ministack.services.rds import _tags as tags

from localcloud.message import Forward, Request, Response
from localcloud.overlay.rds.service import Arguments, Members, Refused, overlay, perform

Tag = Mapping[str, str]

# Kind in an ARN -> (its store, the code of one that isn't there). Clusters and what else there is stay ministack's.
_KINDS = {
    "db": (instances, "DBInstanceNotFound"),
    "pg": (parameter_groups, "DBParameterGroupNotFound"),
    "snapshot": (snapshots, "DBSnapshotNotFound"),
    "subgrp": (subnet_groups, "DBSubnetGroupNotFoundFault"),
}


@overlay.on("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource")
async def keep_tags(request: Request, forward: Forward) -> Response:
    """Tags can be set on, and asked of, what stands in the region."""
    kind, _, _ = _resource(request.form.get("ResourceName", ""))
    if kind not in _KINDS:
        return await forward(request)
    work = {"AddTagsToResource": _add, "ListTagsForResource": _list, "RemoveTagsFromResource": _remove}
    return perform(work[request.operation], request)


def _add(request: Request, arguments: Arguments) -> Members:
    arn = _existing(request, arguments)
    set_tags(arn, arguments.get("Tags", ()))
    return {}


def _remove(request: Request, arguments: Arguments) -> Members:
    arn = _existing(request, arguments)
    tags[arn] = [tag for tag in tags_of(arn) if tag["Key"] not in arguments.get("TagKeys", ())]
    return {}


def _list(request: Request, arguments: Arguments) -> Members:
    return {"TagList": tags_of(_existing(request, arguments))}


def tags_of(arn: str) -> list[Tag]:
    """The tags of a resource."""
    found: list[Tag] = tags.get(arn, [])
    return found


def set_tags(arn: str, given: Iterable[Tag]) -> None:
    """Set these tags, beside those that are there."""
    merged = {tag["Key"]: tag.get("Value", "") for tag in (*tags_of(arn), *given)}
    tags[arn] = [{"Key": key, "Value": value} for key, value in merged.items()]


def forget_tags(arn: str) -> None:
    """Forget the tags of what is gone."""
    tags.pop(arn, None)


def _existing(request: Request, arguments: Arguments) -> str:
    arn = str(arguments["ResourceName"])
    kind, place, name = _resource(arn)
    if place != (request.region, request.account):
        message = "The specified resource name does not match an RDS resource in this region."
        raise Refused("InvalidParameterValue", message)
    store, code = _KINDS[kind]
    if name not in store:
        raise Refused(code, f"{name} not found.", 404)
    return arn


def _resource(arn: str) -> tuple[str, tuple[str, str], str]:
    """Kind, place and name in an ARN of RDS, empty where it is none."""
    parts = (*arn.split(":", 6), *[""] * 7)[:7]
    return parts[5], (parts[3], parts[4]), parts[6]
