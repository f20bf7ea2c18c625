"""Web ACLs: whole, told apart, and there as long as something is behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.services.waf import _associations as associations

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.cloudfront.service import users_of
from localcloud.overlay.wafv2.logging import logging_configurations
from localcloud.overlay.wafv2.rules import MANAGED_GROUPS, capacity_of, refuse_rules
from localcloud.overlay.wafv2.service import (
    BAD_ARN,
    find_web_acl,
    overlay,
    refuse_absent,
    refuse_form,
    refuse_parameter,
)
from localcloud.refusal import refuse

# What an update replaces. Source: docs.aws.amazon.com/waf/latest/APIReference/API_UpdateWebACL.html.
_SETTINGS = ("AssociationConfig", "CaptchaConfig", "ChallengeConfig", "CustomResponseBodies", "DataProtectionConfig",
             "DefaultAction", "Description", "OnSourceDDoSProtectionConfig", "Rules", "TokenDomains",
             "VisibilityConfig")  # fmt: skip


@overlay.on(
    "CheckCapacity", "CreateIPSet", "CreateRegexPatternSet", "CreateRuleGroup", "DeleteIPSet", "DeleteRegexPatternSet",
    "DeleteRuleGroup", "GetIPSet", "GetRegexPatternSet", "GetRuleGroup", "ListIPSets", "ListRegexPatternSets",
    "ListRuleGroups", "UpdateIPSet", "UpdateRegexPatternSet", "UpdateRuleGroup",
)  # fmt: skip
async def keep_scope(request: Request, forward: Forward) -> Response:
    """What is for CloudFront is kept in us-east-1."""
    return refuse_form(request) or await forward(request)


@overlay.on("CreateWebACL")
async def create_web_acl(request: Request, forward: Forward) -> Response:
    """A web ACL is made whole.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html.
    """
    if refusal := refuse_form(request) or refuse_rules(request):
        return refusal
    reply = await forward(request)
    if reply.status != 200:
        return reply
    summary = json.loads(reply.body)["Summary"]
    _settle(find_web_acl(request, identity=summary["Id"]), request.json)
    return answer(request, {"Summary": _without_empty(summary)})


@overlay.on("UpdateWebACL")
async def update_web_acl(request: Request, forward: Forward) -> Response:
    """An update replaces all settings of a web ACL; its lock token, ministack checks.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_UpdateWebACL.html.
    """
    if refusal := refuse_form(request) or refuse_rules(request):
        return refusal
    reply = await forward(request)
    if reply.status == 200:
        _settle(find_web_acl(request, identity=request.json["Id"]), request.json)
    return reply


@overlay.on("ListWebACLs")
async def list_web_acls(request: Request, forward: Forward) -> Response:
    """The web ACLs of a scope. Source: docs.aws.amazon.com/waf/latest/APIReference/API_ListWebACLs.html."""
    reply = refuse_form(request) or await forward(request)
    if reply.status != 200:
        return reply
    return answer(request, {"WebACLs": [_without_empty(summary) for summary in json.loads(reply.body)["WebACLs"]]})


@overlay.on("GetWebACL")
async def get_web_acl(request: Request, forward: Forward) -> Response:
    """A web ACL as AWS describes it. Source: docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html."""
    reply = refuse_form(request) or await forward(request)
    if reply.status != 200:
        return reply
    found = json.loads(reply.body)
    del found["WebACL"]["Scope"]  # ministack's own note
    return answer(request, found)


@overlay.on("DeleteWebACL")
async def delete_web_acl(request: Request, forward: Forward) -> Response:
    """A web ACL stays while a distribution or another resource is behind it; its logging goes with it.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_DeleteWebACL.html (WAFAssociatedItemException).
    """
    if refusal := refuse_form(request):
        return refusal
    acl = find_web_acl(request, identity=request.json["Id"])
    if acl and acl["LockToken"] == request.json["LockToken"] and _has_users(acl["ARN"]):
        message = (
            "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s "
            "associated with another resource."
        )
        return refuse(request, "WAFAssociatedItemException", message)
    reply = await forward(request)
    if acl and reply.status == 200:
        logging_configurations.pop(acl["ARN"], None)
    return reply


@overlay.on("AssociateWebACL")
async def associate_web_acl(request: Request, forward: Forward) -> Response:
    """A distribution names its web ACL itself; here go web ACLs of a region.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html.
    """
    arn = request.json.get("WebACLArn", "")
    if ":regional/" not in arn:
        return refuse_parameter(request, BAD_ARN, "WEB_ACL_ARN", arn)
    return await forward(request)


@overlay.on("DescribeManagedRuleGroup")
async def describe_managed_rule_group(request: Request, forward: Forward) -> Response:
    """A managed group is known by its name.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_DescribeManagedRuleGroup.html.
    """
    name = request.json.get("Name", "")
    if refusal := refuse_form(request):
        return refusal
    if request.json["VendorName"] != "AWS" or name not in MANAGED_GROUPS:
        return refuse_absent(request)
    reply = await forward(request)
    described = {**json.loads(reply.body), "Capacity": MANAGED_GROUPS[name]}
    del described["SnsTopicArn"]  # ministack's is empty
    return answer(request, described)


def _without_empty(summary: Mapping[str, str]) -> dict[str, str]:
    """A summary without the description that it doesn't have."""
    return {name: value for name, value in summary.items() if value}


def _settle(acl: dict[str, Any] | None, wanted: Mapping[str, Any]) -> None:
    """Make a web ACL of ministack's what was asked for."""
    if acl is None:
        return
    for name in _SETTINGS:
        acl.pop(name, None)
    rules = wanted.get("Rules", [])
    acl |= {name: wanted[name] for name in _SETTINGS if name in wanted}
    acl |= {"Capacity": capacity_of(rules), "ManagedByFirewallManager": False, "Rules": rules}
    acl["LabelNamespace"] = f"awswaf:{acl['ARN'].split(':')[4]}:webacl:{acl['Name']}:"


def _has_users(arn: str) -> bool:
    return bool(users_of("WebACLId", arn)) or arn in associations.values()
