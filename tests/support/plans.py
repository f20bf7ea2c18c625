"""Plan documents as `terraform show -json` prints them, written by hand where a test needs one."""

from __future__ import annotations

from typing import Any

from shopctl.plan import Plan, parse_plan
from shopctl.stacks import StackId

SITE = StackId.parse("site@eu-west-1")


def change(
    address: str,
    after: dict[str, Any] | None,
    *,
    actions: tuple[str, ...] = ("create",),
    unknown: Any = False,
    **parts: Any,
) -> dict[str, Any]:
    """One entry of resource_changes; type, name, module and key come from the address."""
    *module, kind, name = address.split(".")
    name, _, key = name.partition("[")
    resource = {
        "address": address,
        "module_address": ".".join(module),
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": list(actions), "before": None, "after": after, "after_unknown": unknown},
    }
    if key:
        resource["index"] = key.strip('"]')
    details = {name: parts.pop(name) for name in ("action_reason", "deposed", "mode") if name in parts}
    resource["change"] = resource["change"] | parts  # type: ignore[operator]  # a document, not a model
    return resource | details


def document(*changes: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A plan document with these changes."""
    whole = {"format_version": "1.2", "terraform_version": "1.11.4", "complete": True, "errored": False}
    return {**whole, "applyable": bool(changes), "resource_changes": list(changes), **parts}


def plan_of(*changes: dict[str, Any], **parts: Any) -> Plan:
    """The plan that such a document gives."""
    return parse_plan(SITE, document(*changes, **parts))
