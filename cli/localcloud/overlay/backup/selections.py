"""Selections: which resources a plan backs up, and with which role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.services.backup import _plans as plans
from ministack.services.backup import _selections as selections

from localcloud.message import Forward, Request, Response
from localcloud.overlay.backup.roles import refuse_role
from localcloud.overlay.backup.service import forward_as_aws, overlay, path_names
from localcloud.refusal import refuse

_NAME = re.compile(r"[a-zA-Z0-9._-]{1,50}")
_ARN = re.compile(r"\*|arn:aws:[a-z0-9-]+:[a-z0-9*-]*:[0-9*]*:.+")
_ARNS, _PATTERNS = 500, 30


@overlay.on("CreateBackupSelection")
async def create_selection(request: Request, forward: Forward) -> Response:
    """A selection names ARNs or tags, and a role that lets AWS Backup in and finds resources for it.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html (500 ARNs, 30 with wildcards);
    the role: see ``roles``.
    """
    wanted = request.json.get("BackupSelection", {})
    plan = path_names(request)[2]
    if plan not in plans:
        return refuse(request, "InvalidParameterValueException", f"Cannot find Backup plan with ID {plan}")
    if fault := _fault(wanted):
        return refuse(request, "InvalidParameterValueException", fault)
    if refusal := refuse_role(request, wanted.get("IamRoleArn", ""), "tag:GetResources"):
        return refusal
    if any(kept["BackupPlanId"] == plan and _same(kept, wanted) for kept in selections.values()):
        return refuse(request, "AlreadyExistsException", "The same backup selection already exists")
    return await forward_as_aws(request, forward)


@overlay.on("DeleteBackupSelection", "GetBackupSelection", "ListBackupSelections")
async def forward_selection(request: Request, forward: Forward) -> Response:
    """Selections as AWS shows them; without their plan they can't be found.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupSelection.html; the wording:
    hashicorp/terraform-provider-aws, internal/service/backup/selection.go.
    """
    plan = path_names(request)[2]
    if plan not in plans:
        return refuse(request, "InvalidParameterValueException", f"Cannot find Backup plan with ID {plan}")
    return await forward_as_aws(request, forward)


def _fault(wanted: Mapping[str, Any]) -> str | None:
    if not _NAME.fullmatch(wanted.get("SelectionName", "")):
        return "A selection's name has 1 to 50 alphanumeric or '-_.' characters"
    for name in ("NotResources", "Resources"):
        arns = wanted.get(name) or ()
        if not all(_ARN.fullmatch(arn) for arn in arns):
            return f"{name} holds what is no ARN"
        if len(arns) > (_PATTERNS if any("*" in arn for arn in arns) else _ARNS):
            return f"{name} holds too many ARNs: {_ARNS}, or {_PATTERNS} with wildcards"
    if not any(wanted.get(name) for name in ("Conditions", "ListOfTags", "NotResources", "Resources")):
        return "A selection names resources, or tags of resources"
    return None


def _same(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return kept["SelectionName"] == wanted["SelectionName"] and sorted(kept["Resources"]) == sorted(
        wanted.get("Resources") or ()
    )
