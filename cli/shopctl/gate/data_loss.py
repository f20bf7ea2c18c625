"""DATA: what a plan takes from the shop and no apply brings back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from shopctl.gate.judge import companions, failed, passed, unknown, worst
from shopctl.gate.model import Answer, Circumstances, Rule, Severity
from shopctl.plan import UNKNOWN, Change, JsonValue, Plan

# What goes with a resource of each type, in the shop's words.
BEARERS: Final = {
    "aws_backup_vault": "the recovery points in it",
    "aws_cloudwatch_log_group": "the logs in it, which explain incidents",
    "aws_cognito_user_pool": "every customer's account and sign-in",
    "aws_db_instance": "the checkout database: orders, customers, stock",
    "aws_dynamodb_table": "all items of the table",
    "aws_ebs_volume": "everything on the volume",
    "aws_efs_file_system": "every file that the shop's instances share",
    "aws_elasticache_replication_group": "sessions and carts of everybody who is shopping",
    "aws_kms_key": "everything that is encrypted with it, backups included",
    "aws_rds_cluster": "the checkout database: orders, customers, stock",
    "aws_route53_zone": "the shop's domain: nobody finds it until a registrar points to a new zone",
    "aws_s3_bucket": "every object in it",
    "aws_secretsmanager_secret": "the secret, without which the application does not start",
    "aws_sqs_queue": "the work that is waiting in it",
}

_BUCKETS: Final = {
    "assets": "the pages, scripts and 3D models that the shop serves",
    "backups": "the backups",
    "images": "the product photos",
    "logs": "the access logs, which explain incidents",
    "uploads": "what customers have uploaded",
}

_SAFE_KEY_WINDOW_DAYS: Final = 30
_SAFE_SECRET_WINDOW_DAYS: Final = 7


def _loses_data(plan: Plan, circumstances: Circumstances) -> Iterator[tuple[Change, Answer]]:
    expected = circumstances.operation == "destroy" and not circumstances.protected
    for change in plan.changes:
        if change.type in BEARERS and change.mode == "managed":
            yield change, _judge_loss(change, expected=expected)


def _judge_loss(change: Change, *, expected: bool) -> Answer:
    if "delete" not in change.actions:
        return passed("is not deleted")
    if expected:
        return passed("is deleted by a destroy of an environment that is not protected")
    what = f"is REPLACED {_cause(change)}" if change.is_replacement else "is DELETED"
    return failed(f"{what} ({change.reason or 'no reason given'})", f"the shop loses {_lost(change)}")


def _cause(change: Change) -> str:
    if change.is_tainted:
        return "because its creation was cut off or somebody marked it"
    forced = ", ".join(".".join(str(step) for step in path) for path in change.replace_paths)
    return f"because of {forced}" if forced else "because it was asked for"


def _lost(change: Change) -> str:
    if change.type == "aws_s3_bucket" and change.key in _BUCKETS:
        return _BUCKETS[str(change.key)]
    return BEARERS[change.type]


_Weak = Callable[[JsonValue], bool]

# attribute -> whether a value of it takes the protection away. Absent values are the provider's defaults.
_PROTECTIONS: Final[dict[str, dict[str, _Weak]]] = {
    "aws_cognito_user_pool": {"deletion_protection": lambda value: value != "ACTIVE"},
    "aws_db_instance": {
        "deletion_protection": lambda value: value is not True,
        "skip_final_snapshot": lambda value: value is True,
        "backup_retention_period": lambda value: not value,
    },
    "aws_dynamodb_table": {"deletion_protection_enabled": lambda value: value is not True},
    "aws_kms_key": {
        "deletion_window_in_days": lambda value: value is not None and value < _SAFE_KEY_WINDOW_DAYS,
    },
    "aws_rds_cluster": {
        "deletion_protection": lambda value: value is not True,
        "skip_final_snapshot": lambda value: value is True,
    },
    "aws_s3_bucket": {"force_destroy": lambda value: value is True},
    "aws_secretsmanager_secret": {
        "recovery_window_in_days": lambda value: value is not None and value < _SAFE_SECRET_WINDOW_DAYS,
    },
}


def _keeps_protection(plan: Plan, circumstances: Circumstances) -> Iterator[tuple[Change, Answer]]:
    for change in plan.resources(*_PROTECTIONS):
        if not circumstances.protected:
            yield change, passed("the environment is not protected")
            continue
        judged = (_judge_protection(change, name, weak) for name, weak in _PROTECTIONS[change.type].items())
        yield change, worst(judged, passed("nothing to protect"))


def _judge_protection(change: Change, name: str, weak: _Weak) -> Answer:
    value = change.value(name)
    if value is UNKNOWN:
        return unknown(name)
    return failed(f"{name} is {value}") if weak(value) else passed(f"{name} is {value}")


def _keeps_versions(plan: Plan, _: Circumstances) -> Iterator[tuple[Change, Answer]]:
    for bucket in plan.resources("aws_s3_bucket"):
        found = companions(plan, bucket, "aws_s3_bucket_versioning")
        if found is UNKNOWN:
            yield bucket, unknown("which versioning belongs to it")
        else:
            yield bucket, worst((_judge_versioning(change) for change in found), failed("has no versioning"))


def _judge_versioning(change: Change) -> Answer:
    status = change.value("versioning_configuration", 0, "status")
    if status is UNKNOWN:
        return unknown("versioning")
    return passed("versioning is on") if status == "Enabled" else failed(f"versioning is {status}")


RULES: Final = (
    Rule(
        id="SHOP-DATA-001",
        title="Nothing that holds data is deleted or replaced",
        severity=Severity.CRITICAL,
        types=frozenset(BEARERS),
        harm="the shop loses data",
        fix="keep the resource: undo the change that forces this, move it with a `moved` block, or waive it by name",
        check=_loses_data,
    ),
    Rule(
        id="SHOP-DATA-002",
        title="In a protected environment no protection against deletion is weakened",
        severity=Severity.HIGH,
        types=frozenset(_PROTECTIONS),
        harm="one wrong command takes the data, with no time to notice",
        fix="set `deletion_protection: true` in env.yaml",
        check=_keeps_protection,
    ),
    Rule(
        id="SHOP-DATA-003",
        title="Buckets keep old versions of objects",
        severity=Severity.HIGH,
        types=frozenset({"aws_s3_bucket", "aws_s3_bucket_versioning"}),
        harm="an overwritten or deleted object is gone, and nothing replicates to the other region",
        fix="enable versioning in an aws_s3_bucket_versioning",
        check=_keeps_versions,
    ),
)
