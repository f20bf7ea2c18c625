"""Plans: rules that AWS could keep, and no plan without its selections gone first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from ministack.services.backup import _plans as plans
from ministack.services.backup import _selections as selections

from localcloud.message import Forward, Request, Response
from localcloud.overlay.backup.retention import lifecycle_fault
from localcloud.overlay.backup.service import Record, forward_as_aws, overlay, path_names
from localcloud.refusal import refuse

_NAME = re.compile(r"[a-zA-Z0-9._-]{1,50}")
_VAULT_ARN = re.compile(r"arn:aws:backup:[a-z0-9-]+:\d{12}:backup-vault:[a-zA-Z0-9_-]{2,50}")
_SHORTEST_WINDOW_MINUTES = 60

# What AWS writes into a rule that leaves it out. Source: docs.aws.amazon.com/aws-backup/latest/devguide/
# API_BackupRule.html (ScheduleExpression, ScheduleExpressionTimezone) and plan-options-and-configuration.html (start
# window 8 hours, completion window 7 days).
_DEFAULTS = {
    "CompletionWindowMinutes": 10_080,
    "EnableContinuousBackup": False,
    "ScheduleExpression": "cron(0 5 ? * * *)",
    "ScheduleExpressionTimezone": "Etc/UTC",
    "StartWindowMinutes": 480,
}


@overlay.on("CreateBackupPlan")
async def create_plan(request: Request, forward: Forward) -> Response:
    """A plan whose like exists already isn't made again.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupPlan.html ("If you call CreateBackupPlan
    with a plan that already exists, you receive an AlreadyExistsException").
    """
    wanted = request.json.get("BackupPlan", {})
    if refusal := _refuse_plan(request, wanted):
        return refusal
    if any(_same(plan["BackupPlan"], wanted) for plan in plans.values()):
        message = "Backup plan with the same plan document already exists"
        return refuse(request, "AlreadyExistsException", message)
    return await forward_as_aws(_completed(request), forward)


@overlay.on("UpdateBackupPlan")
async def update_plan(request: Request, forward: Forward) -> Response:
    """A plan's rules are written anew; its selections stay.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_UpdateBackupPlan.html.
    """
    return _refuse_plan(request, request.json.get("BackupPlan", {})) or await forward_as_aws(
        _completed(request), forward
    )


@overlay.on("DeleteBackupPlan")
async def delete_plan(request: Request, forward: Forward) -> Response:
    """A plan goes after its selections.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupPlan.html; the wording:
    hashicorp/terraform-provider-aws, internal/service/backup/plan.go.
    """
    identity = path_names(request)[2]
    if any(selection["BackupPlanId"] == identity for selection in selections.values()):
        message = "Related backup plan selections must be deleted prior to backup plan deletion"
        return refuse(request, "InvalidRequestException", message)
    return await forward_as_aws(request, forward)


@overlay.on("GetBackupPlan", "ListBackupPlans", "ListBackupPlanVersions")
async def show_plans(request: Request, forward: Forward) -> Response:
    """Plans as AWS shows them.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_GetBackupPlan.html, API_ListBackupPlans.html.
    """
    return await forward_as_aws(request, forward)


def _refuse_plan(request: Request, plan: Mapping[str, Any]) -> Response | None:
    if not plan.get("BackupPlanName") or not plan.get("Rules"):
        return refuse(request, "MissingParameterValueException", "A backup plan needs a name and a rule")
    fault = next((fault for rule in plan["Rules"] for fault in _rule_faults(rule)), None)
    return refuse(request, "InvalidParameterValueException", fault) if fault else None


def _rule_faults(rule: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a rule.

    Source: docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html; the start window:
    github.com/hashicorp/terraform-provider-aws/issues/8794.
    """
    if not _NAME.fullmatch(rule.get("RuleName", "")):
        yield "A rule's name has 1 to 50 alphanumeric or '-_.' characters"
    if rule.get("StartWindowMinutes", _SHORTEST_WINDOW_MINUTES) < _SHORTEST_WINDOW_MINUTES:
        yield f"Start window must be at least {_SHORTEST_WINDOW_MINUTES} minutes"
    if not re.fullmatch(r"cron\((\S+ ){5}\S+\)", rule.get("ScheduleExpression", _DEFAULTS["ScheduleExpression"])):
        yield "Invalid schedule expression"
    for keeping in (rule, *rule.get("CopyActions", ())):
        if fault := lifecycle_fault(keeping.get("Lifecycle") or {}):
            yield fault
    for copy in rule.get("CopyActions", ()):
        if not _VAULT_ARN.fullmatch(copy.get("DestinationBackupVaultArn", "")):
            yield "Invalid destination backup vault ARN"


def _completed(request: Request) -> Request:
    """The request with what AWS adds to each rule."""
    document = dict(request.json)
    rules = [_DEFAULTS | {"RuleId": str(uuid4())} | rule for rule in document["BackupPlan"]["Rules"]]
    document["BackupPlan"] = {**document["BackupPlan"], "Rules": rules}
    return replace(request, body=json.dumps(document).encode())


def _same(kept: Record, wanted: Mapping[str, Any]) -> bool:
    """Whether a plan that stands says what another would."""
    return kept["BackupPlanName"] == wanted["BackupPlanName"] and _rules(kept) == _rules(wanted)


def _rules(plan: Mapping[str, Any]) -> list[Record]:
    return [_DEFAULTS | {name: value for name, value in rule.items() if name != "RuleId"} for rule in plan["Rules"]]
