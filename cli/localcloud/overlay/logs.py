"""CloudWatch Logs: a log group is encrypted only with a key that lets the service in, and can change it."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ministack.services.cloudwatch_logs import _log_groups as log_groups
from ministack.services.kms import _resolve_key as find_key

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.policy_document import parse_policy
from localcloud.refusal import refuse

overlay = Overlay("logs")


@overlay.on("CreateLogGroup")
async def create_log_group(request: Request, forward: Forward) -> Response:
    """The key must stand in the region, be enabled, and name the region's log service in its policy.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html (steps 2 and 3) and
    docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html (kmsKeyId).
    """
    return _refuse_key(request) or await forward(request)


@overlay.on("AssociateKmsKey", "DisassociateKmsKey")
async def change_key(request: Request, _: Forward) -> Response:
    """From here on a log group is encrypted with another key, or with none of the account's own.

    Source: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html,
    API_DisassociateKmsKey.html.
    """
    group = log_groups.get(request.json.get("logGroupName", ""))
    if group is None:
        return refuse(request, "ResourceNotFoundException", "The specified log group does not exist.")
    if refusal := _refuse_key(request):
        return refusal
    group["kmsKeyId"] = request.json.get("kmsKeyId")
    return Response(200, {"Content-Type": "application/x-amz-json-1.1"}, b"{}")


def _refuse_key(request: Request) -> Response | None:
    key_arn = request.json.get("kmsKeyId")
    if not key_arn or _may_encrypt(request, key_arn):
        return None
    group = f"arn:aws:logs:{request.region}:{request.account}:log-group:{request.json.get('logGroupName', '')}"
    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"
    return refuse(request, "InvalidParameterException", message)


def _may_encrypt(request: Request, key_arn: str) -> bool:
    key = find_key(key_arn)
    if key is None or key["KeyState"] != "Enabled":
        return False
    service = f"logs.{request.region}.amazonaws.com"
    return any(
        statement.allows
        and service in statement.principals
        and any(fnmatchcase("kms:encrypt", action.lower()) for action in statement.actions)
        for statement in parse_policy(key["Policy"])
    )
