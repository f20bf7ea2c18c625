"""Web ACLs of the local cloud stand where AWS keeps them, hold rules that AWS would take, and log where AWS logs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

REGION = "us-east-1"
VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "requests"}
NEVER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def wafv2(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("wafv2", REGION)


def managed(name: str, priority: int = 0, **more: Any) -> dict[str, Any]:
    group = {"VendorName": "AWS", "Name": f"AWSManagedRules{name}RuleSet"}
    rule = {"Name": name, "Priority": priority, "Statement": {"ManagedRuleGroupStatement": group}}
    return {**rule, "OverrideAction": {"None": {}}, "VisibilityConfig": VISIBLE, **more}


def blocking(statement: Mapping[str, Any], name: str = "block", priority: int = 1) -> dict[str, Any]:
    rule = {"Name": name, "Priority": priority, "Statement": statement, "Action": {"Block": {}}}
    return {**rule, "VisibilityConfig": VISIBLE}


def web_acl(name: str, *rules: Mapping[str, Any], scope: str = "CLOUDFRONT") -> dict[str, Any]:
    return {
        "Name": name,
        "Scope": scope,
        "DefaultAction": {"Allow": {}},
        "Description": "The shop",
        "Rules": list(rules),
        "VisibilityConfig": VISIBLE,
    }


def made(wafv2: Any, name: str, *rules: Mapping[str, Any], scope: str = "CLOUDFRONT") -> dict[str, Any]:
    summary: dict[str, Any] = wafv2.create_web_acl(**web_acl(name, *rules, scope=scope))["Summary"]
    return summary


def handle(summary: Mapping[str, Any], scope: str = "CLOUDFRONT") -> dict[str, str]:
    return {"Name": summary["Name"], "Scope": scope, "Id": summary["Id"]}


@pytest.mark.parametrize("region", ["eu-central-1", "us-west-2"])
def test_a_web_acl_for_cloudfront_is_made_in_us_east_1_only(shared_cloud: LocalCloud, region: str) -> None:
    elsewhere = shared_cloud.client("wafv2", region)
    code, message = refusal(elsewhere.create_web_acl, **web_acl("elsewhere"))
    assert (code, "SCOPE_VALUE" in message) == ("WAFInvalidParameterException", True)
    assert code_of(elsewhere.list_web_acls, Scope="CLOUDFRONT") == "WAFInvalidParameterException"
    assert made(elsewhere, "regional", scope="REGIONAL")["ARN"].startswith(f"arn:aws:wafv2:{region}:")


def test_a_web_acl_is_read_as_it_was_written(wafv2: Any) -> None:
    rules = [
        managed("Common", 20),
        managed("SQLi", 21),
        blocking({"GeoMatchStatement": {"CountryCodes": ["KP"]}}, "countries", 0),
        blocking({"RateBasedStatement": {"Limit": 1000, "AggregateKeyType": "IP"}}, "rate", 10),
    ]
    acl = wafv2.get_web_acl(**handle(made(wafv2, "written", *rules)))["WebACL"]
    assert acl["Rules"] == rules
    assert (acl["Description"], acl["DefaultAction"]) == ("The shop", {"Allow": {}})
    assert acl["Capacity"] == 700 + 200 + 1 + 2
    assert acl["LabelNamespace"] == "awswaf:000000000000:webacl:written:"


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([managed("Commonplace")], "WAFNonexistentItemException"),
        ([managed("Common", 1), managed("SQLi", 1)], "WAFInvalidParameterException"),
        ([managed("Common", 1), managed("Common", 2)], "WAFInvalidParameterException"),
        ([managed("Common", Action={"Block": {}})], "WAFInvalidParameterException"),
        ([{**blocking({"GeoMatchStatement": {"CountryCodes": ["KP"]}}), "Action": {}}], "WAFInvalidParameterException"),
        ([blocking({"GeoMatchStatement": {"CountryCodes": ["XY"]}})], "WAFInvalidParameterException"),
        ([managed("Common", number, Name=f"again{number}") for number in range(8)], "WAFLimitsExceededException"),
    ],
    ids=["group", "priority", "name", "two actions", "empty action", "country", "capacity"],
)
def test_rules_that_waf_could_not_apply_are_refused(wafv2: Any, rules: list[Any], code: str) -> None:
    assert code_of(wafv2.create_web_acl, **web_acl("refused", *rules)) == code


def test_a_description_that_is_no_plain_sentence_is_refused(wafv2: Any) -> None:
    wrong = {**web_acl("described"), "Description": "The shop's"}
    assert code_of(wafv2.create_web_acl, **wrong) == "WAFInvalidParameterException"


def test_a_name_is_taken_once(wafv2: Any) -> None:
    made(wafv2, "once")
    assert code_of(wafv2.create_web_acl, **web_acl("once")) == "WAFDuplicateItemException"


def test_an_update_starts_from_the_latest_version_and_replaces_everything(wafv2: Any) -> None:
    summary = made(wafv2, "changed", managed("Common"))
    wanted = {**web_acl("changed", managed("SQLi")), **handle(summary)}
    del wanted["Description"]
    token = wafv2.update_web_acl(**wanted, LockToken=summary["LockToken"])["NextLockToken"]
    assert token != summary["LockToken"]
    assert code_of(wafv2.update_web_acl, **wanted, LockToken=summary["LockToken"]) == "WAFOptimisticLockException"
    acl = wafv2.get_web_acl(**handle(summary))["WebACL"]
    assert [rule["Name"] for rule in acl["Rules"]] == ["SQLi"]
    assert (acl["Capacity"], "Description" in acl) == (200, False)


def test_a_web_acl_logs_to_a_group_of_the_right_name_in_its_region(shared_cloud: LocalCloud, wafv2: Any) -> None:
    arn = made(wafv2, "logging")["ARN"]
    logs = shared_cloud.client("logs", REGION)
    logs.create_log_group(logGroupName="aws-waf-logs-here")
    logs.create_log_group(logGroupName="waf-logs")

    def to(group: str, region: str = REGION, acl: str = arn) -> dict[str, Any]:
        destination = f"arn:aws:logs:{region}:000000000000:log-group:{group}"
        redacted = [{"SingleHeader": {"Name": "cookie"}}]
        return {
            "LoggingConfiguration": {
                "ResourceArn": acl,
                "LogDestinationConfigs": [destination],
                "RedactedFields": redacted,
            }
        }

    refused = {
        "the name": (to("waf-logs"), "WAFInvalidParameterException"),
        "the region": (to("aws-waf-logs-here", "eu-central-1"), "WAFLogDestinationPermissionIssueException"),
        "no group": (to("aws-waf-logs-none"), "WAFLogDestinationPermissionIssueException"),
        "no web ACL": (to("aws-waf-logs-here", acl=arn[:-36] + NEVER), "WAFNonexistentItemException"),
    }
    codes = {case: code_of(wafv2.put_logging_configuration, **wanted) for case, (wanted, _) in refused.items()}
    assert codes == {case: code for case, (_, code) in refused.items()}
    assert code_of(wafv2.get_logging_configuration, ResourceArn=arn) == "WAFNonexistentItemException"

    wafv2.put_logging_configuration(**to("aws-waf-logs-here"))
    kept = wafv2.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]
    assert kept["RedactedFields"] == [{"SingleHeader": {"Name": "cookie"}}]
    listed = wafv2.list_logging_configurations(Scope="CLOUDFRONT")["LoggingConfigurations"]
    assert [each["ResourceArn"] for each in listed] == [arn]
    wafv2.delete_logging_configuration(ResourceArn=arn)
    assert code_of(wafv2.delete_logging_configuration, ResourceArn=arn) == "WAFNonexistentItemException"


def test_a_web_acl_takes_its_logging_with_it(shared_cloud: LocalCloud, wafv2: Any) -> None:
    summary = made(wafv2, "gone")
    shared_cloud.client("logs", REGION).create_log_group(logGroupName="aws-waf-logs-gone")
    destination = f"arn:aws:logs:{REGION}:000000000000:log-group:aws-waf-logs-gone"
    wafv2.put_logging_configuration(
        LoggingConfiguration={"ResourceArn": summary["ARN"], "LogDestinationConfigs": [destination]}
    )
    wafv2.delete_web_acl(**handle(summary), LockToken=summary["LockToken"])
    assert code_of(wafv2.get_logging_configuration, ResourceArn=summary["ARN"]) == "WAFNonexistentItemException"


def test_a_web_acl_of_cloudfront_s_is_not_put_before_a_load_balancer(wafv2: Any) -> None:
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:000000000000:loadbalancer/app/shop/0123456789abcdef"
    association = {"WebACLArn": made(wafv2, "before")["ARN"], "ResourceArn": balancer}
    assert code_of(wafv2.associate_web_acl, **association) == "WAFInvalidParameterException"


def test_a_web_acl_before_a_load_balancer_stays(wafv2: Any) -> None:
    summary = made(wafv2, "balancer", scope="REGIONAL")
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:000000000000:loadbalancer/app/shop/0123456789abcdef"
    wafv2.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=balancer)
    removal = {**handle(summary, "REGIONAL"), "LockToken": summary["LockToken"]}
    assert code_of(wafv2.delete_web_acl, **removal) == "WAFAssociatedItemException"
    wafv2.disassociate_web_acl(ResourceArn=balancer)
    wafv2.delete_web_acl(**removal)


def test_managed_groups_are_known_by_name(wafv2: Any) -> None:
    def described(name: str) -> Any:
        return wafv2.describe_managed_rule_group(VendorName="AWS", Name=name, Scope="CLOUDFRONT")

    assert described("AWSManagedRulesKnownBadInputsRuleSet")["Capacity"] == 200
    wrong = {"VendorName": "AWS", "Name": "AWSManagedRulesNone", "Scope": "CLOUDFRONT"}
    assert code_of(wafv2.describe_managed_rule_group, **wrong) == "WAFNonexistentItemException"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
