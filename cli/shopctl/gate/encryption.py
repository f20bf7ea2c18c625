"""ENCR: what a plan leaves readable on a disk or a wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from shopctl.gate.judge import (
    Judge,
    companions,
    each,
    failed,
    is_given,
    is_on,
    listed,
    passed,
    statements,
    unknown,
    worst,
)
from shopctl.gate.model import Answer, Circumstances, Rule, Severity
from shopctl.plan import UNKNOWN, Change, JsonValue, Plan

_ALGORITHMS: Final = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})
_SYMMETRIC: Final = (None, "SYMMETRIC_DEFAULT")


def _encrypts_buckets(plan: Plan, _: Circumstances) -> Iterator[tuple[Change, Answer]]:
    for bucket in plan.resources("aws_s3_bucket"):
        found = companions(plan, bucket, "aws_s3_bucket_server_side_encryption_configuration")
        if found is UNKNOWN:
            yield bucket, unknown("which encryption belongs to it")
        else:
            yield bucket, worst(map(_judge_algorithm, found), failed("has no encryption configuration"))


def _judge_algorithm(change: Change) -> Answer:
    algorithm = change.value("rule", 0, "apply_server_side_encryption_by_default", 0, "sse_algorithm")
    if algorithm is UNKNOWN:
        return unknown("the algorithm")
    return passed(f"encrypts with {algorithm}") if algorithm in _ALGORITHMS else failed(f"encrypts with {algorithm}")


def _refuses_plain_requests(plan: Plan, _: Circumstances) -> Iterator[tuple[Change, Answer]]:
    for bucket in plan.resources("aws_s3_bucket"):
        found = companions(plan, bucket, "aws_s3_bucket_policy")
        if found is UNKNOWN:
            yield bucket, unknown("which policy belongs to it")
        else:
            yield bucket, worst(map(_judge_bucket_policy, found), failed("has no policy that refuses plain requests"))


def _judge_bucket_policy(change: Change) -> Answer:
    policy = change.value("policy")
    found = None if policy is UNKNOWN else statements(policy)
    if found is None:
        return unknown("the policy")
    refuses = any(map(_denies_plain, found))
    return passed("refuses plain requests") if refuses else failed("its policy does not refuse plain requests")


def _denies_plain(statement: Mapping[str, JsonValue]) -> bool:
    asked = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    principal = statement.get("Principal")
    everybody = principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS")))
    return (
        statement.get("Effect") == "Deny" and everybody and "false" in [str(value).lower() for value in listed(asked)]
    )


def _judge_queue(change: Change) -> Answer | None:
    judge = is_given("kms_master_key_id") if change.value("kms_master_key_id") else is_on("sqs_managed_sse_enabled")
    return judge(change)


def _judge_rotation(change: Change) -> Answer | None:
    kind = change.value("customer_master_key_spec")
    if kind is not UNKNOWN and kind not in _SYMMETRIC:
        return None  # AWS rotates symmetric keys only
    return is_on("enable_key_rotation")(change)


def _judge_template(change: Change) -> Answer:
    blocks = change.blocks("block_device_mappings")
    if blocks is UNKNOWN:
        return unknown("block_device_mappings")
    answers = (is_on("block_device_mappings", index, "ebs", 0, "encrypted")(change) for index in blocks)
    return worst(answers, passed("brings no disk of its own"))


def _judge_cache(change: Change) -> Answer:
    asked = (is_on("at_rest_encryption_enabled"), is_on("transit_encryption_enabled"))
    return worst((judge(change) for judge in asked), passed("is encrypted"))


_KEYED: Final[dict[str, Judge]] = {
    "aws_cloudwatch_log_group": is_given("kms_key_id"),
    "aws_dynamodb_table": is_on("server_side_encryption", 0, "enabled"),
    "aws_secretsmanager_secret": is_given("kms_key_id"),
    "aws_sns_topic": is_given("kms_master_key_id"),
    "aws_sqs_queue": _judge_queue,
}
_DISKS: Final[dict[str, Judge]] = {
    "aws_db_instance": is_on("storage_encrypted"),
    "aws_ebs_volume": is_on("encrypted"),
    "aws_efs_file_system": is_on("encrypted"),
    "aws_elasticache_replication_group": _judge_cache,
    "aws_launch_template": _judge_template,
    "aws_rds_cluster": is_on("storage_encrypted"),
}

RULES: Final = (
    Rule(
        id="SHOP-ENCR-001",
        title="Buckets encrypt what is put into them",
        severity=Severity.HIGH,
        types=frozenset({"aws_s3_bucket", "aws_s3_bucket_server_side_encryption_configuration"}),
        harm="customers' uploads and backups are stored under no key of the shop",
        fix="add an aws_s3_bucket_server_side_encryption_configuration with aws:kms, AES256 for a log bucket",
        check=_encrypts_buckets,
    ),
    Rule(
        id="SHOP-ENCR-002",
        title="Queues, topics, tables, secrets and logs are encrypted with a key",
        severity=Severity.HIGH,
        types=frozenset(_KEYED),
        harm="orders, alerts and secrets are readable to whoever gets hold of the service's storage",
        fix="name the key of the environment",
        check=each(_KEYED),
    ),
    Rule(
        id="SHOP-ENCR-003",
        title="Keys rotate",
        severity=Severity.MEDIUM,
        types=frozenset({"aws_kms_key"}),
        harm="one leaked key opens everything that was ever encrypted with it",
        fix="set enable_key_rotation",
        check=each({"aws_kms_key": _judge_rotation}),
    ),
    Rule(
        id="SHOP-ENCR-004",
        title="Disks, databases, files and caches are encrypted",
        severity=Severity.HIGH,
        types=frozenset(_DISKS),
        harm="a lost disk or a shared snapshot shows orders, customers and sessions in clear",
        fix="turn encryption on; on most of these it cannot be turned on later",
        check=each(_DISKS),
    ),
    Rule(
        id="SHOP-ENCR-005",
        title="Buckets refuse requests without TLS",
        severity=Severity.MEDIUM,
        types=frozenset({"aws_s3_bucket", "aws_s3_bucket_policy"}),
        harm="files and the credentials of requests can be read on the way",
        fix="deny everybody where aws:SecureTransport is false, in the bucket's aws_s3_bucket_policy",
        check=_refuses_plain_requests,
    ),
)
