"""Secrets Manager: names that outlive their secret, secrets without a value, and their replicas in other regions."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services.secretsmanager import _delete_replicas as delete_replicas
from ministack.services.secretsmanager import _is_replica as is_replica
from ministack.services.secretsmanager import _replicate_secret_to_regions as replicate
from ministack.services.secretsmanager import _resolve as resolve
from ministack.services.secretsmanager import _secrets as secrets
from ministack.services.secretsmanager import _unlink_from_primary as unlink_from_primary

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
    if response.status != 200:
        return response
    reply = json.loads(response.body)
    if _value(request.json) == (None, None):
        secrets[name]["Versions"].clear()  # ministack makes a version that holds nothing
        del reply["VersionId"]
    if regions := request.json.get("AddReplicaRegions"):
        _add_replicas(secrets[name], regions, force=request.json.get("ForceOverwriteReplicaSecret", False))
        reply["ReplicationStatus"] = secrets[name]["ReplicationStatus"]
    return response.with_body(json.dumps(reply).encode())


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
    """To delete for good what isn't there is no error; a secret whose replicas stand is not deleted.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    (ForceDeleteWithoutRecovery; "You can't delete a primary secret that is replicated to other Regions").
    """
    identity = request.json.get("SecretId", "")
    secret = _find(identity)
    if secret is None and request.json.get("ForceDeleteWithoutRecovery"):
        return _answer({"Name": identity, "DeletionDate": int(time.time())})
    if secret is not None and (regions := [status["Region"] for status in secret["ReplicationStatus"]]):
        message = f"You can't delete secret {secret['Name']} that still has replica regions [{', '.join(regions)}]"
        return refuse(request, "InvalidRequestException", message)
    return await forward(request)


@overlay.on("ReplicateSecretToRegions")
async def replicate_secret_to_regions(request: Request, forward: Forward) -> Response:
    """Each region gets a secret of the same name and end of the ARN; where one has that name already, it fails.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html and
    API_ReplicationStatusType.html (Status, StatusMessage).
    """
    secret = _find(request.json.get("SecretId", ""))
    if secret is None or is_replica(secret) or secret.get("DeletedDate"):
        return await forward(request)
    regions = request.json.get("AddReplicaRegions", [])
    if any(added["Region"] == request.region for added in regions):
        return refuse(request, "InvalidParameterException", "Invalid replica region.")
    _add_replicas(secret, regions, force=request.json.get("ForceOverwriteReplicaSecret", False))
    return _replication(secret)


@overlay.on("RemoveRegionsFromReplication")
async def remove_regions_from_replication(request: Request, _: Forward) -> Response:
    """The replicas in these regions are deleted at once.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_RemoveRegionsFromReplication.html.
    """
    secret = _find(request.json.get("SecretId", ""))
    if secret is None:
        return _not_found(request)
    leaving = frozenset(request.json.get("RemoveReplicaRegions", ()))
    statuses = secret["ReplicationStatus"]
    if unknown := leaving - {status["Region"] for status in statuses}:
        message = f"The secret has no replica in the regions {', '.join(sorted(unknown))}."
        return refuse(request, "InvalidParameterException", message)
    delete_replicas({**secret, "ReplicationStatus": [status for status in statuses if status["Region"] in leaving]})
    secret["ReplicationStatus"] = [status for status in statuses if status["Region"] not in leaving]
    return _replication(secret)


@overlay.on("StopReplicationToReplica")
async def stop_replication_to_replica(request: Request, _: Forward) -> Response:
    """A replica, asked in its own region, becomes a secret of its own.

    Source: docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html.
    """
    secret = _find(request.json.get("SecretId", ""))
    if secret is None:
        return _not_found(request)
    if not is_replica(secret):
        return refuse(request, "InvalidRequestException", "The secret is not a replica.")
    unlink_from_primary(secret)
    del secret["_PrimarySecretArn"], secret["_PrimaryRegion"]
    return _answer({"ARN": secret["ARN"]})


def _add_replicas(secret: dict[str, Any], regions: Iterable[Mapping[str, str]], *, force: bool) -> None:
    """Copy a secret to regions; its status says in which the name was taken."""
    for added in regions:
        status, _, _ = replicate(
            {"SecretId": secret["ARN"], "AddReplicaRegions": [added], "ForceOverwriteReplicaSecret": force}
        )
        others = [other for other in secret["ReplicationStatus"] if other["Region"] != added["Region"]]
        taken = {"Status": "Failed", "StatusMessage": "Secret with this name already exists in this region."}
        mine = {"Status": "InSync"} if status == 200 else taken
        secret["ReplicationStatus"] = [*others, {**added, **mine}]


def _replication(secret: Mapping[str, Any]) -> Response:
    return _answer({"ARN": secret["ARN"], "ReplicationStatus": secret["ReplicationStatus"]})


def _find(identity: str) -> dict[str, Any] | None:
    _, secret = resolve(identity)
    found: dict[str, Any] | None = secret
    return found


def _answer(members: Mapping[str, Any]) -> Response:
    return Response(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(members).encode())


def _not_found(request: Request) -> Response:
    return refuse(request, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def _value(holder: Mapping[str, Any]) -> tuple[Any, Any]:
    return holder.get("SecretString"), holder.get("SecretBinary")
