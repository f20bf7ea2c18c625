"""The roles that AWS Backup takes: whether it may, and what they allow it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ministack.services.iam import _policies as policies
from ministack.services.iam import _roles as roles

from localcloud.message import Request, Response
from localcloud.policy_document import Statement, parse_policy
from localcloud.refusal import refuse

_SERVICE = "backup.amazonaws.com"
_MANAGED_BY_AWS = "arn:aws:iam::aws:policy/"


def refuse_role(request: Request, role_arn: str, action: str | None = None) -> Response | None:
    """A refusal where the role isn't there, doesn't let AWS Backup in, or doesn't allow an action.

    Source: the messages that the AWS provider waits for, hashicorp/terraform-provider-aws,
    internal/service/backup/selection.go; github.com/hashicorp/terraform-provider-aws/issues/9297.
    """
    role = roles.get(role_arn.rpartition("/")[2])
    if role is None or role["Arn"] != role_arn or not _lets_backup_in(role):
        message = f"IAM Role {role_arn} cannot be assumed by AWS Backup"
        return refuse(request, "InvalidParameterValueException", message)
    if action and not _allows(role, action):
        message = f"IAM Role {role_arn} is not authorized to call {action}"
        return refuse(request, "InvalidParameterValueException", message)
    return None


def _lets_backup_in(role: dict[str, Any]) -> bool:
    return any(
        _SERVICE in statement.principals
        for statement in _statements(role["AssumeRolePolicyDocument"])
        if statement.allows
    )


def _allows(role: dict[str, Any], action: str) -> bool:
    """Whether a role allows an action; AWS's own policies are taken to allow what they are there for."""
    if any(arn.startswith(_MANAGED_BY_AWS) for arn in role["AttachedPolicies"]):
        return True
    return any(
        statement.allows and any(fnmatchcase(action.lower(), pattern.lower()) for pattern in statement.actions)
        for document in _documents(role)
        for statement in _statements(document)
    )


def _documents(role: dict[str, Any]) -> Iterator[Any]:
    yield from role["InlinePolicies"].values()
    for arn in role["AttachedPolicies"]:
        policy = policies.get(arn, {})
        yield from (version["Document"] for version in policy.get("Versions", ()) if version.get("IsDefaultVersion"))


def _statements(document: Any) -> tuple[Statement, ...]:
    return parse_policy(document if isinstance(document, str) else json.dumps(document))
