"""Parameter Store: names, sizes and tiers that AWS takes, and filters that filter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ministack.services.ssm import _parameter_history as histories
from ministack.services.ssm import _parameters as parameters
from ministack.services.ssm import _tags as tags_by_arn

from localcloud.answer import answer
from localcloud.limits import limit_fault
from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.question import asked
from localcloud.refusal import refuse

overlay = Overlay("ssm")

_NAME = re.compile(r"/?[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*")
_MOST_LEVELS, _LONGEST_NAME, _MOST_VERSIONS = 15, 1011, 100
_LARGEST_VALUE = {"Standard": 4096, "Advanced": 8192}
_DEFAULT_PAGE = 10
_TIERS_PAGE = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"


@overlay.on("PutParameter")
async def put_parameter(request: Request, forward: Forward) -> Response:
    """A name has a form, a value a size that depends on the tier, and a tier no way back.

    Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html.
    """
    wanted = asked(request)
    if fault := limit_fault(request, wanted) or next(_faults(request, wanted), None):
        return refuse(request, "ValidationException", fault)
    if refusal := _refusal(request, wanted):
        return refusal
    body = json.dumps({**request.json, "Tier": _tier(wanted, parameters.get(wanted["Name"], {}).get("Tier"))})
    response = await forward(replace(request, body=body.encode()))
    if response.status == 200:
        _forget_oldest(wanted["Name"])
    return response


@overlay.on("GetParameterHistory")
async def get_parameter_history(request: Request, forward: Forward) -> Response:
    """The versions of a parameter; what one doesn't have isn't told.

    Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterHistory.html.
    """
    response = await forward(request)
    if response.status != 200:
        return response
    page = json.loads(response.body)
    page["Parameters"] = [
        {key: each for key, each in one.items() if each not in ("", [])} for one in page["Parameters"]
    ]
    return response.with_body(json.dumps(page).encode())


@overlay.on("DescribeParameters")
async def describe_parameters(request: Request, _: Forward) -> Response:
    """Parameters without their values, by name, path, type, tier and tags, a page at a time.

    Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html and
    API_ParameterStringFilter.html.
    """
    wanted = asked(request)
    if fault := limit_fault(request, wanted):
        return refuse(request, "ValidationException", fault)
    filters = [*wanted.get("ParameterFilters", ()), *wanted.get("Filters", ())]
    for each in filters:
        if each.get("Option") not in _OPTIONS.get(each["Key"], (None, "Equals", "BeginsWith")):
            message = f"The following filter option is not valid: {each['Option']}"
            return refuse(request, "InvalidFilterOption", message)
    found = [each for _, each in sorted(parameters.items()) if all(_passes(each, one) for one in filters)]
    start = int(wanted["NextToken"]) if wanted.get("NextToken", "").isdigit() else 0
    end = start + wanted.get("MaxResults", _DEFAULT_PAGE)
    page = [_metadata(request, parameter) for parameter in found[start:end]]
    return answer(request, {"Parameters": page, "NextToken": str(end) if end < len(found) else None})


@overlay.on("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
async def change_tags(request: Request, forward: Forward) -> Response:
    """A parameter that isn't there has no tags.

    Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html (InvalidResourceId).
    """
    identity = request.json.get("ResourceId", "")
    if request.json.get("ResourceType") == "Parameter" and identity not in parameters:
        message = "The resource ID is not valid. Verify that you entered the correct ID and try again."
        return refuse(request, "InvalidResourceId", message)
    return await forward(request)


def _faults(request: Request, wanted: Mapping[str, Any]) -> Iterator[str]:
    name, value = wanted["Name"], wanted["Value"]
    prefix = f"arn:aws:ssm:{request.region}:{request.account}:parameter/"
    if not _NAME.fullmatch(name) or ("/" in name and not name.startswith("/")):
        yield (
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_"
        )
    if len(prefix) + len(name.lstrip("/")) > _LONGEST_NAME:
        yield f"Parameter name must not be longer than {_LONGEST_NAME} characters, with the ARN before it."
    if not value:
        yield "Parameter value can't be empty."
    if "{{" in value:
        yield 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.'
    yield from _tier_faults(wanted, parameters.get(name, {}).get("Tier"))


def _tier_faults(wanted: Mapping[str, Any], before: str | None) -> Iterator[str]:
    """Source of the wording: github.com/hashicorp/terraform-provider-aws/issues/18521."""
    tier, size = _tier(wanted, before), len(wanted["Value"].encode())
    if before == "Advanced" and wanted.get("Tier") == "Standard":
        yield (
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    if size > _LARGEST_VALUE[tier] and tier == "Standard":
        yield (
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
            "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
            f"{_TIERS_PAGE}"
        )
    elif size > _LARGEST_VALUE[tier]:
        yield "Advanced tier parameters support a maximum parameter value of 8192 characters."


def _tier(wanted: Mapping[str, Any], before: str | None) -> str:
    """The tier that a parameter gets: AWS chooses where it's told to, and goes up only.

    Source: docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
    (Intelligent-Tiering).
    """
    tier: str = wanted.get("Tier") or before or "Standard"
    if tier != "Intelligent-Tiering":
        return tier
    is_large = len(wanted["Value"].encode()) > _LARGEST_VALUE["Standard"]
    return "Advanced" if is_large or before == "Advanced" else "Standard"


def _refusal(request: Request, wanted: Mapping[str, Any]) -> Response | None:
    if len(wanted["Name"].strip("/").split("/")) > _MOST_LEVELS:
        message = f"A hierarchy can have a maximum of {_MOST_LEVELS} levels."
        return refuse(request, "HierarchyLevelLimitExceededException", message)
    pattern = wanted.get("AllowedPattern")
    if pattern and not re.search(pattern, wanted["Value"]):
        message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        return refuse(request, "ParameterPatternMismatchException", message)
    return None


def _forget_oldest(name: str) -> None:
    """Source: docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html: 100 versions."""
    del histories[name][:-_MOST_VERSIONS]


# The options of a filter whose key has its own. Source: API_ParameterStringFilter.html (Option).
_OPTIONS: Mapping[str, tuple[str | None, ...]] = {
    "Name": (None, "Equals", "BeginsWith", "Contains"),
    "Path": (None, "Recursive", "OneLevel"),
}


def _passes(parameter: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    key, option, values = wanted["Key"], wanted.get("Option"), wanted.get("Values", ())
    if key == "Path":
        return any(_is_below(parameter["Name"], path, is_recursive=option == "Recursive") for path in values)
    if key.startswith("tag:"):
        present = tags_by_arn.get(parameter["ARN"], {}).get(key.removeprefix("tag:"))
        return present is not None and (not values or _matches(present, option, values))
    return _matches(parameter.get(key) or "", option, values)


def _matches(present: str, option: str | None, values: Any) -> bool:
    match option:
        case "BeginsWith":
            return present.startswith(tuple(values))
        case "Contains":
            return any(value in present for value in values)
        case _:
            return present in values


def _is_below(name: str, path: str, *, is_recursive: bool) -> bool:
    start = f"{path.rstrip('/')}/"
    return name.startswith(start) and (is_recursive or "/" not in name[len(start) :])


def _metadata(request: Request, parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = ("Name", "ARN", "Type", "LastModifiedDate", "Version", "Tier", "DataType")
    kept = {field: parameter[field] for field in fields}
    said = {field: parameter[field] for field in ("KeyId", "Description", "AllowedPattern") if parameter.get(field)}
    return {**kept, **said, "Policies": [], "LastModifiedUser": f"arn:aws:iam::{request.account}:root"}
