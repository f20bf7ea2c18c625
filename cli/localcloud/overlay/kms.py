"""KMS: key policies that name who exists and can't lock their owner out, and keys that wait for their end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ministack.services.iam import _roles as roles
from ministack.services.iam import _users as users
from ministack.services.kms import _resolve_key as find_key

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.policy_document import MalformedPolicy, Statement, parse_policy
from localcloud.refusal import refuse

overlay = Overlay("kms")

_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]{1,250}")


@overlay.on("CreateKey", "PutKeyPolicy")
async def keep_policy(request: Request, forward: Forward) -> Response:
    """A policy must parse, name principals that exist, and leave its owner able to change it.

    Source: docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html (Policy,
    BypassPolicyLockoutSafetyCheck); the wording about principals:
    github.com/terraform-aws-modules/terraform-aws-eks/issues/3013.
    """
    policy = request.json.get("Policy")
    if policy is None:
        return await forward(request)
    try:
        statements = parse_policy(policy)
    except MalformedPolicy as error:
        return refuse(request, "MalformedPolicyDocumentException", str(error))
    if any(_is_absent(principal, request.account) for statement in statements for principal in statement.principals):
        message = "Policy contains a statement with one or more invalid principals."
        return refuse(request, "MalformedPolicyDocumentException", message)
    bypassed = request.json.get("BypassPolicyLockoutSafetyCheck", False)
    if not bypassed and not any(_lets_owner_in(statement, request.account) for statement in statements):
        message = "The new key policy will not allow you to update the key policy in the future."
        return refuse(request, "MalformedPolicyDocumentException", message)
    return await forward(request)


@overlay.on("CreateAlias", "UpdateAlias")
async def keep_alias(request: Request, forward: Forward) -> Response:
    """An alias has a name of the account's own, and points to a key that isn't about to be deleted.

    Source: docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html (AliasName) and
    docs.aws.amazon.com/kms/latest/developerguide/key-state.html (CreateAlias, UpdateAlias).
    """
    name = request.json.get("AliasName", "")
    if name.startswith("alias/aws/"):
        return refuse(request, "NotAuthorizedException", "Aliases beginning with alias/aws/ belong to AWS")
    if not _ALIAS.fullmatch(name):
        return refuse(request, "InvalidAliasNameException", f"Alias name {name} is not valid")
    return _refuse_pending(request, request.json.get("TargetKeyId", "")) or await forward(request)


@overlay.on(
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
)
async def change_key(request: Request, forward: Forward) -> Response:
    """A key that waits for its deletion can't be changed.

    Source: docs.aws.amazon.com/kms/latest/developerguide/key-state.html (column Pending deletion).
    """
    return _refuse_pending(request, request.json.get("KeyId", "")) or await forward(request)


@overlay.on("ListGrants")
async def list_grants(request: Request, forward: Forward) -> Response:
    """A grant that was made without a name has none.

    Source: docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html (Name, at least 1 character).
    """
    reply = await forward(request)
    if reply.status != 200:
        return reply
    document = json.loads(reply.body)
    grants = [{name: value for name, value in grant.items() if value != ""} for grant in document["Grants"]]
    return reply.with_body(json.dumps({**document, "Grants": grants}).encode())


def _refuse_pending(request: Request, key_id: str) -> Response | None:
    key: Mapping[str, Any] | None = find_key(key_id)
    if key is None or key["KeyState"] != "PendingDeletion":
        return None
    return refuse(request, "KMSInvalidStateException", f"{key['Arn']} is pending deletion.")


def _is_absent(principal: str, account: str) -> bool:
    """Whether a principal is a role or user of the account that isn't there; other accounts' can't be looked up."""
    kind, _, name = principal.removeprefix(f"arn:aws:iam::{account}:").partition("/")
    entities = {"role": roles, "user": users}.get(kind)
    entity = entities.get(name.rpartition("/")[2], {"Arn": ""}) if entities is not None else {"Arn": principal}
    return bool(entity["Arn"] != principal)


def _lets_owner_in(statement: Statement, account: str) -> bool:
    owner = {"*", account, f"arn:aws:iam::{account}:root"}
    return statement.allows and bool(owner & {*statement.principals}) and _covers(statement, "kms:PutKeyPolicy")


def _covers(statement: Statement, action: str) -> bool:
    patterns = (re.escape(pattern).replace(r"\*", ".*") for pattern in statement.actions)
    return any(re.fullmatch(pattern, action, re.IGNORECASE) for pattern in patterns)
