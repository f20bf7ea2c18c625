"""Listeners and their rules: one to a port, one to a priority, and a certificate that is issued.

Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html, API_ModifyListener.html,
API_CreateRule.html, API_ModifyRule.html (the errors of each); docs.aws.amazon.com/elasticloadbalancing/latest/
application/describe-ssl-policies.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services.alb import _lbs as load_balancers
from ministack.services.alb import _listeners as listeners
from ministack.services.alb import _rules as rules
from ministack.services.alb import _tgs as target_groups

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.acm import certificate_status
from localcloud.overlay.elbv2.load_balancers import remove_listener
from localcloud.overlay.elbv2.service import overlay
from localcloud.overlay.elbv2.target_groups import used_by
from localcloud.question import asked
from localcloud.refusal import refuse

_SECURE = "HTTPS"
# Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html (MessageBody).
_LONGEST_BODY = 1024
# Source: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html (the defaults).
_REDIRECT = {
    "Host": "#{host}", "Path": "/#{path}", "Port": "#{port}", "Protocol": "#{protocol}", "Query": "#{query}",
}  # fmt: skip
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "path-pattern": "PathPatternConfig",
    "source-ip": "SourceIpConfig",
}


@overlay.on("CreateListener")
async def create_listener(request: Request, forward: Forward) -> Response:
    """A port has one listener; HTTPS needs a certificate that is issued."""
    question = asked(request)
    owner = question.get("LoadBalancerArn", "")
    if owner not in load_balancers:
        return refuse(request, "LoadBalancerNotFound", f"Load balancer '{owner}' not found")
    if any(one["LoadBalancerArn"] == owner and one["Port"] == question.get("Port") for one in listeners.values()):
        return refuse(request, "DuplicateListener", "A listener already exists on this port for this load balancer")
    refusal = _refuse_certificate(request, question, question.get("Protocol", ""))
    if refusal := refusal or _refuse_actions(request, question.get("DefaultActions", ()), owner):
        return refusal
    before = set(listeners)
    reply = await forward(request)
    if reply.status != 200:
        return reply
    (arn,) = set(listeners) - before
    _set_actions(arn, question)
    return answer(request, {"Listeners": [_shown(listeners[arn])]})


@overlay.on("ModifyListener")
async def modify_listener(request: Request, forward: Forward) -> Response:
    """What is changed must hold as when it is made."""
    question = asked(request)
    held = listeners.get(arn := question.get("ListenerArn", ""))
    if held is None:
        return refuse(request, "ListenerNotFound", f"Listener '{arn}' not found")
    if question.get("Certificates") or question.get("Protocol", held["Protocol"]) != held["Protocol"]:
        protocol = question.get("Protocol", held["Protocol"])
        if refusal := _refuse_certificate(request, question, protocol):
            return refusal
    if refusal := _refuse_actions(request, question.get("DefaultActions", ()), held["LoadBalancerArn"]):
        return refusal
    reply = await forward(request)
    if reply.status != 200:
        return reply
    _set_actions(arn, question)
    return answer(request, {"Listeners": [_shown(held)]})


def _set_actions(arn: str, question: Mapping[str, Any]) -> None:
    """Keep a listener's actions as they were asked for, in its default rule too; ministack drops what it can't do."""
    if "DefaultActions" not in question:
        return
    listeners[arn]["DefaultActions"] = actions = _complete(question["DefaultActions"])
    for rule in rules.values():
        if rule["ListenerArn"] == arn and rule["IsDefault"]:
            rule["Actions"] = actions


def _complete(actions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "Order": number,
            **action,
            **({"RedirectConfig": _REDIRECT | action["RedirectConfig"]} if "RedirectConfig" in action else {}),
        }
        for number, action in enumerate(actions, start=1)
    ]


def _shown(one: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {name: one[name] for name in ("DefaultActions", "ListenerArn", "LoadBalancerArn", "Port", "Protocol")}
    secure = {"SslPolicy": one["SslPolicy"]} if one.get("SslPolicy") else {}
    return {**told, **secure, "Certificates": [{"CertificateArn": arn} for arn in one.get("Certificates", ())]}


def _refuse_certificate(request: Request, question: Mapping[str, Any], protocol: str) -> Response | None:
    if protocol != _SECURE:
        return None
    arns = [one["CertificateArn"] for one in question.get("Certificates", ())]
    if not arns:
        message = "A certificate must be specified for HTTPS listeners"
        return refuse(request, "CertificateNotFound", message)
    for arn in arns:
        if not arn.startswith(f"arn:aws:acm:{request.region}:") or (status := certificate_status(arn)) is None:
            return refuse(request, "CertificateNotFound", f"Certificate '{arn}' not found")
        if status != "ISSUED":
            message = (
                f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
                "supported key size."
            )
            return refuse(request, "UnsupportedCertificate", message)
    return None


def _refuse_actions(request: Request, actions: Iterable[Mapping[str, Any]], owner: str) -> Response | None:
    for action in actions:
        arn = action.get("TargetGroupArn")
        if arn and arn not in target_groups:
            return refuse(request, "TargetGroupNotFound", "One or more target groups not found")
        if arn and set(used_by(arn)) - {owner}:
            message = f"The following target groups cannot be associated with more than one load balancer: {arn}"
            return refuse(request, "TargetGroupAssociationLimit", message)
        if len(action.get("FixedResponseConfig", {}).get("MessageBody", "")) > _LONGEST_BODY:
            message = f"The message body of a fixed response has {_LONGEST_BODY} characters at most"
            return refuse(request, "InvalidLoadBalancerAction", message)
    return None


@overlay.on("DescribeListeners")
async def describe_listeners(request: Request, _: Forward) -> Response:
    """One that isn't there refuses the whole request."""
    question = asked(request)
    owner = question.get("LoadBalancerArn")
    if any(arn not in listeners for arn in question.get("ListenerArns", ())):
        return refuse(request, "ListenerNotFound", "One or more listeners not found")
    if owner and owner not in load_balancers:
        return refuse(request, "LoadBalancerNotFound", f"Load balancer '{owner}' not found")
    wanted = question.get("ListenerArns")
    found = [
        one
        for arn, one in listeners.items()
        if (not wanted or arn in wanted) and (not owner or one["LoadBalancerArn"] == owner)
    ]
    return answer(request, {"Listeners": [_shown(one) for one in found]})


@overlay.on("DeleteListener")
async def delete_listener(request: Request, _: Forward) -> Response:
    """Its rules go with it, and their tags."""
    arn = request.form.get("ListenerArn", "")
    if arn not in listeners:
        return refuse(request, "ListenerNotFound", f"Listener '{arn}' not found")
    remove_listener(arn)
    return answer(request, {})


@overlay.on("CreateRule")
async def create_rule(request: Request, forward: Forward) -> Response:
    """A priority has one rule."""
    question = asked(request)
    held = listeners.get(arn := question.get("ListenerArn", ""))
    if held is None:
        return refuse(request, "ListenerNotFound", f"Listener '{arn}' not found")
    priority = str(question.get("Priority", ""))
    if any(one["ListenerArn"] == arn and str(one["Priority"]) == priority for one in rules.values()):
        return refuse(request, "PriorityInUse", f"Priority '{priority}' is currently in use")
    if refusal := _refuse_actions(request, question.get("Actions", ()), held["LoadBalancerArn"]):
        return refusal
    before = set(rules)
    reply = await forward(request)
    if reply.status != 200:
        return reply
    (rule_arn,) = set(rules) - before
    return _keep_rule(request, rules[rule_arn], question)


def _keep_rule(request: Request, rule: dict[str, Any], question: Mapping[str, Any]) -> Response:
    if "Actions" in question:
        rule["Actions"] = _complete(question["Actions"])
    if "Conditions" in question:
        rule["Conditions"] = [_condition(one) for one in question["Conditions"]]
    return answer(request, {"Rules": [_shown_rule(rule)]})


def _condition(asked_for: Mapping[str, Any]) -> dict[str, Any]:
    """A condition with its values in both places where AWS tells them, but those of a header, which has one."""
    kind = _CONFIGS.get(asked_for["Field"])
    values = asked_for.get("Values") or (asked_for.get(kind, {}).get("Values", []) if kind else [])
    return {**asked_for, "Values": values, **({kind: {"Values": values}} if kind else {})}


def _shown_rule(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {name: rule[name] for name in ("Actions", "Conditions", "IsDefault", "RuleArn")}
    return {**told, "Priority": str(rule["Priority"])}


@overlay.on("ModifyRule")
async def modify_rule(request: Request, forward: Forward) -> Response:
    """What is changed must hold as when it is made."""
    question = asked(request)
    held = rules.get(arn := question.get("RuleArn", ""))
    if held is None:
        return refuse(request, "RuleNotFound", f"Rule '{arn}' not found")
    owner = listeners[held["ListenerArn"]]["LoadBalancerArn"]
    if refusal := _refuse_actions(request, question.get("Actions", ()), owner):
        return refusal
    reply = await forward(request)
    return reply if reply.status != 200 else _keep_rule(request, held, question)


@overlay.on("DescribeRules")
async def describe_rules(request: Request, _: Forward) -> Response:
    """One that isn't there refuses the whole request."""
    question = asked(request)
    if any(arn not in rules for arn in question.get("RuleArns", ())):
        return refuse(request, "RuleNotFound", "One or more rules not found")
    if question.get("ListenerArn") and question["ListenerArn"] not in listeners:
        return refuse(request, "ListenerNotFound", f"Listener '{question['ListenerArn']}' not found")
    wanted, owner = question.get("RuleArns"), question.get("ListenerArn")
    found = [
        one
        for arn, one in rules.items()
        if (not wanted or arn in wanted) and (not owner or one["ListenerArn"] == owner)
    ]
    return answer(request, {"Rules": [_shown_rule(one) for one in found]})


@overlay.on("DeleteRule")
async def delete_rule(request: Request, forward: Forward) -> Response:
    """The default rule goes with its listener only."""
    arn = request.form.get("RuleArn", "")
    if arn not in rules:
        return refuse(request, "RuleNotFound", f"Rule '{arn}' not found")
    return await forward(request)
