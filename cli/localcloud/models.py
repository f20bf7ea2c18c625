"""What AWS's own service models say: protocols, regions, and which operation a request is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel

from localcloud.message import Request

# Where the name in a request's signature differs from botocore's name of the client.
_CLIENT_NAMES = {
    "airflow": "mwaa",
    "aoss": "opensearchserverless",
    "cassandra": "keyspaces",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "email": "ses",
    "geo": "location",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


@cache
def service_model(service: str) -> ServiceModel | None:
    """botocore's model of a service by the local cloud's name for it; None when AWS has no such service."""
    try:
        return _session().get_service_model(_CLIENT_NAMES.get(service, service))
    except UnknownServiceError:
        return None


def protocol_of(request: Request) -> str:
    """The protocol that a request came in, by botocore's name for it; of several that a service speaks, one.

    Source: smithy.io/2.0/aws/protocols: RPC v2 says its name in a header, JSON its operation, Query neither.
    """
    model = service_model(request.service)
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in request.headers:
        return "json"
    if model is None or "query" in model.metadata.get("protocols", ()):
        return "query"
    return str(model.protocol)


@cache
def regions() -> frozenset[str]:
    """The regions of AWS's commercial partition."""
    return frozenset(_session().get_available_regions("ec2")) | {"aws-global"}


_READING = ("Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Simulate", "Validate", "Decode")
_READING_ONLY = frozenset({"Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateRandom", "Sign", "Verify"})
_NOT_READING = frozenset(
    {
        ("sts", "GetSessionToken"),
        ("sts", "GetFederationToken"),
        # Whoever looks at a group sees it at work: what is missing is started by then.
        ("autoscaling", "DescribeAutoScalingGroups"),
        ("autoscaling", "DescribeAutoScalingInstances"),
    }
)


def changes_nothing(service: str, operation: str) -> bool:
    """Whether an operation only reads; False for one that isn't known. Pure."""
    if (service, operation) in _NOT_READING:
        return False
    return operation.startswith(_READING) or operation in _READING_ONLY


@dataclass(frozen=True, slots=True)
class _Route:
    """One operation of a REST protocol: it matches when path and every required parameter are there."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str | None]
    required_query: frozenset[str]
    required_headers: frozenset[str]

    def weight(self) -> int:
        return len(self.query) + len(self.required_query) + len(self.required_headers)

    def matches(self, request: Request) -> bool:
        query, headers = request.query, request.headers
        return (
            request.method == self.method
            and self.path.match(request.raw_path) is not None
            and all(name in query and value in (None, query[name]) for name, value in self.query.items())
            and self.required_query <= query.keys()
            and self.required_headers <= headers.keys()
        )


def _route(model: OperationModel) -> _Route:
    path, _, fixed = model.http["requestUri"].partition("?")
    segments = re.split(r"(\{[^}]+\})", path.rstrip("/"))
    pattern = "".join(_segment_pattern(segment) for segment in segments)
    located: dict[str, set[str]] = {"querystring": set(), "header": set()}
    for serialization in _required_members(model):
        if serialization.get("location") in located:
            located[serialization["location"]].add(serialization["name"])
    return _Route(
        operation=model.name,
        method=model.http["method"],
        path=re.compile(f"^{pattern}/?$"),
        query={name: values[0] or None for name, values in parse_qs(fixed, keep_blank_values=True).items()},
        required_query=frozenset(located["querystring"]),
        required_headers=frozenset(name.lower() for name in located["header"]),
    )


def _required_members(model: OperationModel) -> tuple[Mapping[str, str], ...]:
    shape = model.input_shape
    return tuple(shape.members[name].serialization for name in shape.required_members) if shape else ()


def _segment_pattern(segment: str) -> str:
    if not segment.startswith("{"):
        return re.escape(segment)
    return ".+" if segment.endswith("+}") else "[^/]+"


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """All routes of a REST service, the most demanding first."""
    model = service_model(service)
    if model is None:
        return ()
    operations = sorted(map(model.operation_model, model.operation_names), key=_is_deprecated)
    return tuple(sorted(map(_route, operations), key=lambda route: -route.weight()))


def _is_deprecated(operation: OperationModel) -> bool:
    """Some S3 requests have an old name as well: PutBucketLifecycle is PutBucketLifecycleConfiguration."""
    return bool(operation.deprecated)


def operation_of(service: str, request: Request) -> str:
    """The operation of the service that a request calls, or an empty text when it is none of its own. Pure.

    Source: Smithy's AWS protocols, smithy.io/2.0/aws/protocols: JSON names the operation in X-Amz-Target, Query
    and EC2 in Action, RPC v2 CBOR in the path, the REST protocols by method, path and parameters.
    """
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if "smithy-protocol" in request.headers:
        return request.raw_path.rpartition("/")[2]
    if action := request.form.get("Action"):
        return action
    for route in _routes(service):
        if route.matches(request):
            return route.operation
    return ""
