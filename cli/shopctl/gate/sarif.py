"""A verdict as SARIF 2.1.0, which code hosts show beside the code. Pure.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from shopctl.gate.model import Finding, Outcome, Rule, Severity, Verdict, Waiver

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}
_KINDS: Final = {Outcome.FAIL: "fail", Outcome.UNKNOWN: "open", Outcome.PASS: "pass"}


def as_sarif(verdict: Verdict, rules: tuple[Rule, ...], version: str) -> dict[str, Any]:
    """The verdict as a SARIF log; ``rules`` are described in it, ``version`` is shopctl's."""
    driver = {
        "name": "shopctl gate",
        "version": version,
        "rules": list(_descriptors(verdict, rules)),
    }
    run = {
        "tool": {"driver": driver},
        "results": list(_results(verdict)),
        "properties": {"notEvaluated": [f"{item.what}: {item.why}" for item in verdict.not_evaluated]},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptors(verdict: Verdict, rules: tuple[Rule, ...]) -> Iterator[dict[str, Any]]:
    known = {rule.id: rule for rule in rules}
    for name in verdict.rules:
        rule = known.get(name)
        if rule is None:
            yield {"id": name}
        else:
            yield {
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": f"Without it: {rule.harm}."},
                "help": {"text": rule.fix},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            }


def _results(verdict: Verdict) -> Iterator[dict[str, Any]]:
    for finding in (*verdict.failures, *verdict.unknowns):
        yield _result(finding)
    for item in verdict.waived:
        yield _result(item.finding) | {"suppressions": [_suppression(item.waiver)]}


def _result(finding: Finding) -> dict[str, Any]:
    is_failure = finding.outcome is Outcome.FAIL
    return {
        "ruleId": finding.rule,
        "kind": _KINDS[finding.outcome],
        "level": _LEVELS[finding.severity] if is_failure else "none",
        "message": {"text": f"{finding.address}: {finding.detail}. {finding.harm}".strip()},
        "locations": [_location(finding)],
    }


def _location(finding: Finding) -> dict[str, Any]:
    name = finding.address if finding.stack is None else f"{finding.stack}/{finding.address}"
    return {
        "physicalLocation": _physical(finding),
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def _physical(finding: Finding) -> dict[str, Any]:
    """The line of code, or the root module of the stack whose plan was read."""
    if finding.place is not None:
        file, _, line = finding.place.rpartition(":")
        return {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": int(line)}}
    root = finding.stack.root if finding.stack else ""
    return {"artifactLocation": {"uri": f"terraform/stacks/{root}/"}}


def _suppression(waiver: Waiver) -> dict[str, str]:
    return {
        "kind": "external",
        "status": "accepted",
        "justification": f"{waiver.reason} ({waiver.owner}, until {waiver.expires})",
    }
