"""What every noun of the Backup overlay registers with, and how all of them answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from botocore.model import ListShape, Shape, StructureShape

from localcloud.message import Forward, Request, Response
from localcloud.models import service_model
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("backup")

Record = dict[str, Any]
# The name of a query parameter, and whether a record passes its value.
Filters = Mapping[str, Callable[[Record, str], bool]]

_JSON = {"Content-Type": "application/json"}
_PAGE_SIZES = range(1, 1001)
_NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}})


def answer(request: Request, members: Mapping[str, Any] | None = None) -> Response:
    """The reply to a request: of these members, and of theirs, those that its output has. Pure."""
    return Response(200, _JSON, json.dumps(_shown(_output(request), members or {})).encode())


def answer_page(request: Request, records: Iterable[Record], filters: Filters) -> Response:
    """A page of the records that pass the query's filters, as many as it asks for. Pure.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupJobs.html (maxResults 1 to 1000).
    """
    size = int(request.query.get("maxResults", _PAGE_SIZES[-1]))
    start = request.query.get("nextToken", "0")
    if size not in _PAGE_SIZES or not start.isdigit():
        return refuse(request, "InvalidParameterValueException", "Invalid MaxResults or NextToken")
    found = [record for record in records if _passes(record, request.query, filters)]
    end = int(start) + size
    name = next(name for name in _output(request).members if name != "NextToken")
    page = {name: found[int(start) : end]}
    return answer(request, page | ({"NextToken": str(end)} if end < len(found) else {}))


async def forward_as_aws(request: Request, forward: Forward) -> Response:
    """ministack's reply without what AWS's output doesn't have, its errors with AWS's status.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupPlan.html, "Errors" (all of them are 400).
    """
    reply = await forward(request)
    if reply.status >= 400:
        return Response(400, reply.headers, reply.body)
    if not reply.body:
        return reply
    return reply.with_body(json.dumps(_shown(_output(request), json.loads(reply.body))).encode())


def path_names(request: Request) -> tuple[str, ...]:
    """The segments of a request's path, decoded; an ARN of AWS Backup has no slash."""
    return tuple(unquote(segment) for segment in request.raw_path.strip("/").split("/"))


def refuse_absent_vault(request: Request) -> Response:
    """What AWS answers where a vault isn't there: it doesn't say so.

    Source: github.com/aws/aws-sdk-js/issues/2625 (DescribeBackupVault), github.com/boto/boto3/issues/2269
    (ListRecoveryPointsByBackupVault).
    """
    return refuse(request, "AccessDeniedException", "Insufficient privileges to perform this action.", status=403)


def equals(name: str) -> Callable[[Record, str], bool]:
    """A filter for records whose member is the query's value."""
    return lambda record, value: str(record.get(name)) == value


def before(name: str) -> Callable[[Record, str], bool]:
    """A filter for records whose time lies before the query's."""
    return lambda record, value: name in record and record[name] < datetime.fromisoformat(value).timestamp()


def after(name: str) -> Callable[[Record, str], bool]:
    """A filter for records whose time lies after the query's."""
    return lambda record, value: name in record and record[name] > datetime.fromisoformat(value).timestamp()


def _passes(record: Record, query: Mapping[str, str], filters: Filters) -> bool:
    return all(passes(record, query[name]) for name, passes in filters.items() if name in query)


def _output(request: Request) -> StructureShape:
    model = service_model("backup")
    if model is None:
        raise LookupError("botocore has no model of AWS Backup")
    shape = model.operation_model(request.operation).output_shape
    return shape or _NOTHING


def _shown(shape: Shape, value: Any) -> Any:
    """What a shape shows of a value: the members that it has, and that have a value."""
    match shape:
        case StructureShape():
            members = {name: value[name] for name in shape.members if value.get(name) is not None}
            return {name: _shown(shape.members[name], member) for name, member in members.items()}
        case ListShape():
            return [_shown(shape.member, item) for item in value]
        case _:
            return value
