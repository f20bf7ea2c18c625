"""The gate refuses what would hurt the shop, lets its opposite through, and says what it did not look at."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from conftest import Golden
from shopctl.errors import SpecError
from shopctl.gate import (
    RULES,
    Case,
    Circumstances,
    Finding,
    NotEvaluated,
    Outcome,
    PlanIncomplete,
    Scan,
    Severity,
    Verdict,
    Waiver,
    evaluate,
    parse_waivers,
    render_catalogue,
)
from shopctl.gate.report import as_data, headline, render_markdown, render_text
from shopctl.gate.sarif import as_sarif
from shopctl.plan import Plan
from support.environments import PROJECT
from support.plans import change, plan_of

TODAY = date(2030, 1, 1)
DEPLOY = Circumstances(operation="deploy", protected=True)
TAKE_DOWN = Circumstances(operation="destroy", protected=False)
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
BLOCKS = {"block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True}
CLOSED = {**BLOCKS, "restrict_public_buckets": True, "bucket": "pictures"}
BUCKET = change("aws_s3_bucket.pictures", {"bucket": "pictures"})
GONE = ("delete",)
REPLACED = ("delete", "create")


def judge(plan: Plan, rule: str, circumstances: Circumstances = DEPLOY) -> dict[str, Outcome]:
    """What one rule says about each resource of a plan."""
    verdict = evaluate(Case((plan,), circumstances, TODAY), RULES)
    found = (*verdict.failures, *verdict.unknowns, *verdict.passes)
    return {finding.address: finding.outcome for finding in found if finding.rule == rule}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def companion(kind: str, **values: Any) -> dict[str, Any]:
    return change(f"aws_s3_bucket_{kind}.pictures", {"bucket": "pictures", **values})


def versioning(status: str) -> dict[str, Any]:
    return companion("versioning", versioning_configuration=[{"status": status}])


def sse(algorithm: str) -> dict[str, Any]:
    default = [{"sse_algorithm": algorithm}]
    rule = [{"apply_server_side_encryption_by_default": default}]
    return companion("server_side_encryption_configuration", rule=rule)


def group_rule(**values: Any) -> dict[str, Any]:
    return change("aws_vpc_security_group_ingress_rule.web", {"ip_protocol": "tcp", **values})


def group(*ingress: dict[str, Any]) -> dict[str, Any]:
    return change("aws_security_group.web", {"ingress": [{"protocol": "tcp", **rule} for rule in ingress]})


def acl(**rule: Any) -> dict[str, Any]:
    entry = {"action": "allow", "protocol": "tcp", "cidr_block": "0.0.0.0/0", **rule}
    return change("aws_network_acl.app", {"ingress": [entry]})


def allows(principal: Any, **parts: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "*", **parts}
    return change("aws_sqs_queue.jobs", {"name": "jobs", "kms_master_key_id": "k", "policy": policy(statement)})


ANYWHERE = {"cidr_ipv4": "0.0.0.0/0"}
PORT_80, PORT_22 = {"from_port": 80, "to_port": 80}, {"from_port": 22, "to_port": 22}
DATABASE = {"deletion_protection": True, "skip_final_snapshot": False, "backup_retention_period": 7}
MAPPED = [{"ebs": [{"encrypted": "true"}]}]
SOURCE = {"StringEquals": {"aws:SourceAccount": "111122223333"}}

# rule, what breaks it, the twin that keeps it
TWINS = [
    ("DATA-001", change("aws_s3_bucket.a", None, actions=GONE), change("aws_s3_bucket_logging.a", None, actions=GONE)),
    (
        "DATA-001",
        change("aws_db_instance.a", {}, actions=REPLACED),
        change("aws_db_instance.a", {}, actions=("update",)),
    ),
    ("DATA-001", change("aws_kms_key.a", None, actions=GONE, deposed="1"), change("aws_kms_key.a", {})),
    (
        "DATA-002",
        change("aws_s3_bucket.a", {"force_destroy": True}),
        change("aws_s3_bucket.a", {"force_destroy": False}),
    ),
    (
        "DATA-002",
        change("aws_db_instance.a", {**DATABASE, "skip_final_snapshot": True}),
        change("aws_db_instance.a", DATABASE),
    ),
    (
        "DATA-002",
        change("aws_secretsmanager_secret.a", {"recovery_window_in_days": 0}),
        change("aws_secretsmanager_secret.a", {"recovery_window_in_days": 30}),
    ),
    (
        "DATA-002",
        change("aws_dynamodb_table.a", {}),
        change("aws_dynamodb_table.a", {"deletion_protection_enabled": True}),
    ),
    ("EXPO-002", allows("*"), allows({"Service": "sns.amazonaws.com"})),
    ("EXPO-002", allows({"AWS": ["*"]}), allows({"AWS": ["arn:aws:iam::111122223333:root"]})),
    ("EXPO-002", allows("*", Condition={"StringNotEquals": {"aws:SourceAccount": "1"}}), allows("*", Condition=SOURCE)),
    ("EXPO-002", allows("*", Condition={"StringLike": {"aws:SourceArn": "*"}}), allows("*", Effect="Deny")),
    ("EXPO-003", group_rule(**ANYWHERE, **PORT_22), group_rule(**ANYWHERE, **PORT_80)),
    ("EXPO-003", group_rule(cidr_ipv6="::/0", **PORT_22), group_rule(cidr_ipv4="10.0.0.0/8", **PORT_22)),
    (
        "EXPO-003",
        group_rule(cidr_ipv4="0.0.0.0/1", **PORT_22),
        group_rule(referenced_security_group_id="sg-1", **PORT_22),
    ),
    ("EXPO-003", group_rule(**ANYWHERE, ip_protocol="-1"), group_rule(cidr_ipv4="10.0.0.0/16", ip_protocol="-1")),
    ("EXPO-003", group_rule(**ANYWHERE, from_port=80, to_port=443), group_rule(**ANYWHERE, from_port=443, to_port=443)),
    ("EXPO-003", group({"cidr_blocks": ["10.0.0.0/16", "0.0.0.0/0"], **PORT_22}), group()),
    (
        "EXPO-003",
        change(
            "aws_security_group_rule.a", {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"], "protocol": "tcp", **PORT_22}
        ),
        change(
            "aws_security_group_rule.a",
            {"type": "ingress", "cidr_blocks": ["10.0.0.0/8"], "protocol": "tcp", **PORT_22},
        ),
    ),
    ("EXPO-004", acl(**PORT_22), acl(**PORT_80)),
    ("EXPO-004", acl(from_port=5432, to_port=5432), acl(from_port=1024, to_port=65535)),
    ("EXPO-004", acl(protocol="-1", from_port=0, to_port=0), acl(protocol="icmp", from_port=0, to_port=0)),
    ("EXPO-004", acl(from_port=0, to_port=65535), acl(action="deny", from_port=0, to_port=65535)),
    ("EXPO-005", change("aws_subnet.a", {"map_public_ip_on_launch": True}), change("aws_subnet.a", {})),
    ("EXPO-005", change("aws_db_instance.a", {"publicly_accessible": True}), change("aws_db_instance.a", {})),
    (
        "EXPO-005",
        change("aws_launch_template.a", {"network_interfaces": [{"associate_public_ip_address": "true"}]}),
        change("aws_launch_template.a", {"network_interfaces": [{"associate_public_ip_address": "false"}]}),
    ),
    ("ENCR-002", change("aws_sns_topic.a", {}), change("aws_sns_topic.a", {"kms_master_key_id": "alias/a"})),
    ("ENCR-002", change("aws_sqs_queue.a", {}), change("aws_sqs_queue.a", {"sqs_managed_sse_enabled": True})),
    ("ENCR-002", change("aws_cloudwatch_log_group.a", {}), change("aws_cloudwatch_log_group.a", {"kms_key_id": "k"})),
    (
        "ENCR-002",
        change("aws_dynamodb_table.a", {}),
        change("aws_dynamodb_table.a", {"server_side_encryption": [{"enabled": True}]}),
    ),
    ("ENCR-003", change("aws_kms_key.a", {}), change("aws_kms_key.a", {"enable_key_rotation": True})),
    ("ENCR-004", change("aws_ebs_volume.a", {}), change("aws_ebs_volume.a", {"encrypted": True})),
    (
        "ENCR-004",
        change("aws_elasticache_replication_group.a", {"at_rest_encryption_enabled": True}),
        change(
            "aws_elasticache_replication_group.a",
            {"at_rest_encryption_enabled": True, "transit_encryption_enabled": True},
        ),
    ),
    (
        "ENCR-004",
        change("aws_launch_template.a", {"block_device_mappings": [*MAPPED, {"ebs": [{}]}]}),
        change("aws_launch_template.a", {"block_device_mappings": MAPPED}),
    ),
]


@pytest.mark.parametrize(("rule", "broken", "kept"), TWINS)
def test_a_rule_refuses_what_breaks_it_and_passes_its_twin(
    rule: str, broken: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert judge(plan_of(broken), f"SHOP-{rule}") == {broken["address"]: Outcome.FAIL}
    assert judge(plan_of(kept), f"SHOP-{rule}").get(kept["address"], Outcome.PASS) is Outcome.PASS


@pytest.mark.parametrize(
    ("rule", "broken", "kept"),
    [
        ("DATA-003", [versioning("Suspended")], [versioning("Enabled")]),
        ("DATA-003", [], [versioning("Enabled")]),
        ("EXPO-001", [companion("public_access_block", **BLOCKS)], [companion("public_access_block", **CLOSED)]),
        ("EXPO-001", [], [companion("public_access_block", **CLOSED)]),
        ("ENCR-001", [], [sse("aws:kms")]),
        ("ENCR-005", [], [companion("policy", policy=policy(TLS_ONLY))]),
        ("ENCR-005", [companion("policy", policy=policy(EVERYBODY))], [companion("policy", policy=policy(TLS_ONLY))]),
    ],
)
def test_a_bucket_is_judged_by_what_configures_it(
    rule: str, broken: list[dict[str, Any]], kept: list[dict[str, Any]]
) -> None:
    address = BUCKET["address"]
    assert judge(plan_of(BUCKET, *broken), f"SHOP-{rule}")[address] is Outcome.FAIL
    assert judge(plan_of(BUCKET, *kept), f"SHOP-{rule}")[address] is Outcome.PASS


def test_what_configures_another_bucket_does_not_count() -> None:
    other = change("aws_s3_bucket_public_access_block.other", {**CLOSED, "bucket": "other"})
    assert judge(plan_of(BUCKET, other), "SHOP-EXPO-001") == {BUCKET["address"]: Outcome.FAIL}


def test_a_new_bucket_is_paired_by_module_and_key_while_its_id_is_unknown() -> None:
    def made(kind: str, key: str, **values: Any) -> dict[str, Any]:
        unknown = {"bucket": True} if kind != "aws_s3_bucket" else False
        return change(f'module.s3.{kind}.this["{key}"]', values, unknown=unknown)

    plan = plan_of(
        made("aws_s3_bucket", "pictures", bucket="a"),
        made("aws_s3_bucket", "uploads", bucket="b"),
        made("aws_s3_bucket_versioning", "pictures", versioning_configuration=[{"status": "Enabled"}]),
    )
    assert judge(plan, "SHOP-DATA-003") == {
        'module.s3.aws_s3_bucket.this["pictures"]': Outcome.PASS,
        'module.s3.aws_s3_bucket.this["uploads"]': Outcome.FAIL,
    }


def test_a_pairing_that_cannot_be_told_is_unknown_and_no_pass() -> None:
    plan = plan_of(
        change("aws_s3_bucket.a", {"bucket": "a"}),
        change("aws_s3_bucket.b", {"bucket": "b"}),
        change(
            "aws_s3_bucket_versioning.a",
            {"versioning_configuration": [{"status": "Enabled"}]},
            unknown={"bucket": True},
        ),
    )
    assert set(judge(plan, "SHOP-DATA-003").values()) == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("EXPO-002", change("aws_sqs_queue.a", {}, unknown={"policy": True})),
        ("EXPO-003", change("aws_security_group.a", {}, unknown={"ingress": True})),
        ("EXPO-003", change("aws_vpc_security_group_ingress_rule.a", {**PORT_22}, unknown={"cidr_ipv4": True})),
        ("EXPO-004", change("aws_network_acl.a", {}, unknown={"ingress": True})),
        ("EXPO-005", change("aws_instance.a", {}, unknown={"associate_public_ip_address": True})),
        ("ENCR-002", change("aws_sns_topic.a", {}, unknown={"kms_master_key_id": True})),
        ("ENCR-003", change("aws_kms_key.a", {}, unknown={"enable_key_rotation": True})),
        ("ENCR-004", change("aws_ebs_volume.a", {}, unknown={"encrypted": True})),
        ("DATA-002", change("aws_s3_bucket.a", {}, unknown={"force_destroy": True})),
    ],
)
def test_what_is_not_known_yet_never_fails(rule: str, what: dict[str, Any]) -> None:
    assert judge(plan_of(what), f"SHOP-{rule}") == {what["address"]: Outcome.UNKNOWN}


def test_a_destroy_of_what_is_not_protected_may_take_data_and_a_protected_one_may_not() -> None:
    plan = plan_of(change("aws_s3_bucket.a", None, actions=GONE))
    assert judge(plan, "SHOP-DATA-001", TAKE_DOWN) == {"aws_s3_bucket.a": Outcome.PASS}
    protected = replace(TAKE_DOWN, protected=True)
    assert judge(plan, "SHOP-DATA-001", protected) == {"aws_s3_bucket.a": Outcome.FAIL}


def test_protections_may_be_off_where_nothing_is_protected() -> None:
    plan = plan_of(change("aws_s3_bucket.a", {"force_destroy": True}))
    open_house = Circumstances(operation="deploy", protected=False)
    assert judge(plan, "SHOP-DATA-002", open_house) == {"aws_s3_bucket.a": Outcome.PASS}


def test_a_loss_is_told_in_the_shop_s_words_with_the_cause() -> None:
    plan = plan_of(
        change('module.s3.aws_s3_bucket.this["uploads"]', {}, actions=REPLACED, replace_paths=[["bucket"]]),
    )
    (loss,) = (one for one in verdict_of(plan).failures if one.rule == "SHOP-DATA-001")
    assert loss.harm == "the shop loses what customers have uploaded"
    assert "REPLACED because of bucket" in loss.detail


def test_a_plan_that_is_errored_or_incomplete_is_refused_before_any_rule() -> None:
    for parts in ({"errored": True}, {"complete": False}):
        with pytest.raises(PlanIncomplete):
            evaluate(Case((plan_of(**parts),), DEPLOY, TODAY), RULES)


def verdict_of(plan: Plan, *waivers: Waiver, scan: Scan | None = None) -> Verdict:
    return evaluate(Case((plan,), DEPLOY, TODAY, waivers=waivers, scan=scan), RULES)


LOSS = plan_of(change('module.sqs.aws_sqs_queue.this["jobs"]', None, actions=GONE))
WAIVER = Waiver(
    rule="SHOP-DATA-001",
    stack="site@*",
    address='module.sqs.aws_sqs_queue.this["jobs"]',
    reason="the queue was drained",
    owner="Robin",
    expires=TODAY,
)


def test_a_waiver_lets_exactly_its_failure_through_until_its_last_day() -> None:
    verdict = verdict_of(LOSS, WAIVER)
    assert verdict.is_passed
    assert [item.waiver for item in verdict.waived] == [WAIVER]
    assert verdict.unused_waivers == ()


@pytest.mark.parametrize(
    "waiver",
    [
        replace(WAIVER, rule="SHOP-DATA-002"),
        replace(WAIVER, stack="base@*"),
        replace(WAIVER, address="module.sqs.aws_sqs_queue.this"),
        replace(WAIVER, address="module.sqs.aws_sqs_queue.this[jobs]"),
    ],
)
def test_a_waiver_for_something_else_lets_nothing_through_and_is_reported_as_unused(waiver: Waiver) -> None:
    verdict = verdict_of(LOSS, waiver)
    assert not verdict.is_passed
    assert verdict.unused_waivers == (waiver,)


def test_an_expired_waiver_lets_nothing_through_and_is_reported() -> None:
    expired = replace(WAIVER, expires=TODAY - timedelta(days=1))
    verdict = verdict_of(LOSS, expired)
    assert not verdict.is_passed
    assert verdict.expired_waivers == (expired,)
    assert verdict.unused_waivers == ()


WAIVERS = """\
schema_version: 1
waivers:
  - rule: SHOP-DATA-001
    stack: site@*
    address: module.sqs.aws_sqs_queue.this["jobs"]
    reason: the queue was drained
    owner: Robin
    expires: "2030-01-01"
"""


def test_waivers_are_read_from_yaml() -> None:
    assert parse_waivers(WAIVERS, "waivers.yaml", TODAY) == (WAIVER,)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("2030-01-01", "2030-04-02", "waivers.yaml:8: .*91 days ahead"),
        ("2030-01-01", "2030-02-30", "waivers.yaml:8: .*no day of the calendar"),
        ("2030-01-01", "tomorrow", "waivers.yaml:8: "),
        ("    owner: Robin\n", "", "owner"),
        ("owner:", "woner:", "woner.*unknown key; did you mean owner"),
        ("the queue was drained", "why", "reason"),
    ],
)
def test_a_waiver_must_be_named_dated_and_short_lived(old: str, new: str, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        parse_waivers(WAIVERS.replace(old, new), "waivers.yaml", TODAY)


def test_the_committed_waivers_waive_nothing() -> None:
    files = sorted((PROJECT / "terraform" / "envs").glob("*/waivers.yaml"))
    assert len(files) == 3
    assert [parse_waivers(file.read_text(), str(file), TODAY) for file in files] == [(), (), ()]


SCAN = Scan(
    tool="checkov",
    rules=("CKV_AWS_27",),
    findings=(
        Finding(
            outcome=Outcome.FAIL,
            rule="CKV_AWS_27",
            severity=Severity.MEDIUM,
            stack=None,
            address="module.sqs.aws_sqs_queue.this",
            detail="Ensure all data stored in the SQS queue is encrypted",
            harm="",
            fix="change the code",
            place="terraform/modules/sqs/queues.tf:31",
        ),
    ),
    passed=3,
    not_evaluated=(NotEvaluated("CKV_AWS_144 at module.s3.aws_s3_bucket.this", "skipped in the code: no need"),),
)


def test_what_checkov_finds_refuses_too_and_can_be_waived_by_its_id() -> None:
    plan = plan_of()
    assert not verdict_of(plan, scan=SCAN).is_passed
    waiver = Waiver("CKV_AWS_27", "*", "module.sqs.*", "a queue without content", "Robin", TODAY)
    assert verdict_of(plan, waiver, scan=SCAN).is_passed


def test_the_verdict_names_what_nobody_looked_at() -> None:
    plan = plan_of(change("aws_vpc.a", {}), change("aws_vpc.b", {}), change("aws_region.a", {}, mode="data"))
    without = verdict_of(plan)
    assert without.not_evaluated == (
        NotEvaluated("2 aws_vpc", "no plan rule knows this type"),
        NotEvaluated("the code", "checkov did not run"),
    )
    deferred = NotEvaluated("edge", "planned after site@eu-west-1")
    told = evaluate(Case((plan,), DEPLOY, TODAY, scan=SCAN, unseen=(deferred,)), RULES).not_evaluated
    assert told == (deferred, without.not_evaluated[0], *SCAN.not_evaluated)


def whole_verdict() -> Verdict:
    """A verdict with something of every kind."""
    plan = plan_of(
        change('module.sqs.aws_sqs_queue.this["jobs"]', None, actions=GONE),
        change('module.s3.aws_s3_bucket.this["uploads"]', None, actions=GONE, action_reason="delete_because_each_key"),
        change("aws_sns_topic.alerts", {}, unknown={"kms_master_key_id": True}),
        change("aws_vpc.this", {}),
    )
    old = replace(WAIVER, address="*", expires=TODAY - timedelta(days=1))
    return verdict_of(plan, WAIVER, replace(WAIVER, address="unused"), old, scan=SCAN)


def test_the_text_report_tells_all_of_it(golden: Golden) -> None:
    golden(PROJECT / "tests" / "golden" / "gate" / "report.txt", render_text(whole_verdict()))


def test_the_markdown_report_tells_all_of_it(golden: Golden) -> None:
    golden(PROJECT / "tests" / "golden" / "gate" / "report.md", render_markdown(whole_verdict()))


def test_the_json_report_keeps_its_form() -> None:
    data = json.loads(json.dumps(as_data(whole_verdict())))
    assert data["format"] == 1
    assert data["passed"] is False
    assert data["counts"] == {"failed": 2, "waived": 1, "unknown": 1, "passed": 0}
    assert set(data) == {
        *("format", "passed", "counts", "failures", "waived", "unknown", "rules"),
        *("expired_waivers", "unused_waivers", "not_evaluated"),
    }
    finding = {"rule", "severity", "stack", "address", "place", "detail", "harm", "fix"}
    assert [set(one) for one in data["failures"]] == [finding, finding]
    assert set(data["waived"][0]) == finding | {"waiver"}


def test_the_headline_says_passed_only_where_the_gate_is_open() -> None:
    assert headline(verdict_of(plan_of())).startswith("Gate passed")
    assert headline(verdict_of(LOSS)).startswith("Gate REFUSED")


def test_sarif_has_a_result_and_a_rule_for_each_finding_and_a_suppression_for_each_waiver() -> None:
    (run,) = as_sarif(whole_verdict(), RULES, "0.1.0")["runs"]
    results = run["results"]
    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in results} <= known
    assert [(result["kind"], result["level"]) for result in results] == [
        ("fail", "error"),
        ("fail", "warning"),
        ("open", "none"),
        ("fail", "error"),
    ]
    assert ["suppressions" in result for result in results] == [False, False, False, True]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert places[1] == {
        "artifactLocation": {"uri": "terraform/modules/sqs/queues.tf"},
        "region": {"startLine": 31},
    }


def test_every_rule_has_an_id_of_its_own_and_says_harm_and_cure() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.harm and rule.fix and rule.title and rule.types for rule in RULES)


def test_the_page_of_rules_lists_the_rules_that_run(golden: Golden) -> None:
    golden(PROJECT / "docs" / "gate-rules.md", render_catalogue())
    assert all(f"### {rule.id}:" in render_catalogue() for rule in RULES)
