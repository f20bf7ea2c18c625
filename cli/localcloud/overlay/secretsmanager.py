"""Secrets Manager: names that outlive their secret, and secrets without a value."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from ministack.services.secretsmanager import _resolve as resolve
from ministack.services.secretsmanager import _secrets as secrets

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.refusal import refuse

overlay = Overlay("secretsmanager")

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")


@overlay.on("CreateSecret")
async def create_secret(request: Request, forward: Forward) -> Response:
    """A secret that waits for its deletion keeps its name; a secret made without a value has no version.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name, VersionId) and
    docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html.
    """
    name = request.json.get("Name", "")
    if not _NAME.fullmatch(name):
        message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of -/_+=.@!"
        return refuse(request, "ValidationException", message)
    if secret := _find(name):
        if secret.get("DeletedDate"):
            message = "You can't create this secret because a secret with this name is already scheduled for deletion."
            return refuse(request, "InvalidRequestException", message)
        return await forward(request)
    response = await forward(request)
    if response.status != 200 or _value(request.json) != (None, None):
        return response
    secrets[name]["Versions"].clear()  # ministack makes a version that holds nothing
    reply = json.loads(response.body)
    return response.with_body(json.dumps({"ARN": reply["ARN"], "Name": name}).encode())


@overlay.on("PutSecretValue")
async def put_secret_value(request: Request, forward: Forward) -> Response:
    """A version is written once: its token with the same value changes nothing, with another value it is refused.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html (ClientRequestToken).
    """
    secret = _find(request.json.get("SecretId", ""))
    version = (secret or {}).get("Versions", {}).get(request.json.get("ClientRequestToken"))
    if version is not None and _value(version) != _value(request.json):
        message = "You can't use this ClientRequestToken: a version with it already exists and has another value."
        return refuse(request, "ResourceExistsException", message)
    return await forward(request)


@overlay.on("DeleteSecret")
async def delete_secret(request: Request, forward: Forward) -> Response:
    """To delete for good what isn't there is no error.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    (ForceDeleteWithoutRecovery).
    """
    identity = request.json.get("SecretId", "")
    if request.json.get("ForceDeleteWithoutRecovery") and _find(identity) is None:
        reply = {"Name": identity, "DeletionDate": int(time.time())}
        return Response(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(reply).encode())
    return await forward(request)


def _find(identity: str) -> Mapping[str, Any] | None:
    _, secret = resolve(identity)
    found: Mapping[str, Any] | None = secret
    return found


def _value(holder: Mapping[str, Any]) -> tuple[Any, Any]:
    return holder.get("SecretString"), holder.get("SecretBinary")
