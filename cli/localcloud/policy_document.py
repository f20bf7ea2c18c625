"""Policy documents, read as strictly as AWS reads them before it stores one.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_VERSIONS = ("2008-10-17", "2012-10-17")


class MalformedPolicy(ValueError):
    """The document breaks the grammar; the text says where."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. What it leaves out is an empty tuple; ``principals`` holds their texts, whatever their kind."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"


def parse_policy(text: str) -> tuple[Statement, ...]:
    """The statements of a policy. Pure. Raises MalformedPolicy where the grammar is broken."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'") from error
    if not isinstance(document, dict):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    if document.get("Version", "2008-10-17") not in _VERSIONS:
        raise MalformedPolicy("The policy must contain a valid version string")
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    if not statements:
        raise MalformedPolicy("Could not parse the policy: Statement is empty!")
    return tuple(_statement(statement) for statement in statements)


def _statement(statement: Any) -> Statement:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("Each statement needs the Effect Allow or Deny")
    actions = _either(statement, "Action", "NotAction")
    if not actions:
        raise MalformedPolicy("Missing required field Action")
    return Statement(
        effect=statement["Effect"],
        actions=actions,
        resources=_either(statement, "Resource", "NotResource"),
        principals=_principals(statement.get("Principal", statement.get("NotPrincipal", ()))),
    )


def _either(statement: Mapping[str, Any], name: str, negated: str) -> tuple[str, ...]:
    if name in statement and negated in statement:
        raise MalformedPolicy(f"A statement can't have both {name} and {negated}")
    found = next((statement[key] for key in (name, negated) if key in statement), None)
    if found is None:
        return ()
    values = _texts(found)
    if not values:
        raise MalformedPolicy(f"{name} must not be empty")
    return values


def _principals(principal: Any) -> tuple[str, ...]:
    if isinstance(principal, dict):
        return tuple(text for values in principal.values() for text in _texts(values))
    return _texts(principal)


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(text, str) for text in values):
        raise MalformedPolicy("Policy elements must be strings")
    return tuple(values)
