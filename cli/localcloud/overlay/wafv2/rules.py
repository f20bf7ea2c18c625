"""Rules of a web ACL: told apart, doing one thing each, and within what a web ACL can hold.

Source: docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.message import Request, Response
from localcloud.overlay.wafv2.service import refuse_absent, refuse_parameter
from localcloud.refusal import refuse

# AWS's groups and their capacity units. Source: docs.aws.amazon.com/waf/latest/developerguide/
# aws-managed-rule-groups-list.html.
MANAGED_GROUPS: Mapping[str, int] = {
    "AWSManagedRulesACFPRuleSet": 50,
    "AWSManagedRulesATPRuleSet": 50,
    "AWSManagedRulesAdminProtectionRuleSet": 100,
    "AWSManagedRulesAmazonIpReputationList": 25,
    "AWSManagedRulesAnonymousIpList": 50,
    "AWSManagedRulesAntiDDoSRuleSet": 50,
    "AWSManagedRulesBotControlRuleSet": 50,
    "AWSManagedRulesCommonRuleSet": 700,
    "AWSManagedRulesKnownBadInputsRuleSet": 200,
    "AWSManagedRulesLinuxRuleSet": 200,
    "AWSManagedRulesPHPRuleSet": 100,
    "AWSManagedRulesSQLiRuleSet": 200,
    "AWSManagedRulesUnixRuleSet": 100,
    "AWSManagedRulesWindowsRuleSet": 200,
    "AWSManagedRulesWordPressRuleSet": 100,
}
# Units of other statements, without what text transformations add. Source: the page of each statement under
# docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements.html.
_UNITS: Mapping[str, int] = {
    "ByteMatchStatement": 10,
    "GeoMatchStatement": 1,
    "IPSetReferenceStatement": 1,
    "LabelMatchStatement": 1,
    "RateBasedStatement": 2,
    "RegexMatchStatement": 3,
    "RegexPatternSetReferenceStatement": 25,
    "SizeConstraintStatement": 1,
    "SqliMatchStatement": 20,
    "XssMatchStatement": 40,
}
_MANAGED = "ManagedRuleGroupStatement"
# Source: docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html.
_MOST_UNITS = 5000


def refuse_rules(request: Request) -> Response | None:
    """Refuse rules that AWS wouldn't take."""
    rules = request.json.get("Rules", [])
    for field in ("Name", "Priority"):
        counts = Counter(rule[field] for rule in rules)
        if repeated := [value for value, count in counts.items() if count > 1]:
            return refuse_parameter(request, f"Rules share a {field.lower()}.", "RULE", str(repeated[0]))
    if not all(map(_does_one_thing, rules)):
        reason = "You have used none or multiple values for a field that requires exactly one value."
        return refuse_parameter(request, reason, "RULE", "Rule")
    managed = (statement for kind, statement in _statements(rules) if kind == _MANAGED)
    if any(group["VendorName"] != "AWS" or group["Name"] not in MANAGED_GROUPS for group in managed):
        return refuse_absent(request)
    if capacity_of(rules) > _MOST_UNITS:
        message = "AWS WAF couldn’t perform the operation because you exceeded your resource limit."
        return refuse(request, "WAFLimitsExceededException", message)
    return None


def capacity_of(rules: Any) -> int:
    """The capacity units of rules. Pure."""
    return sum(
        MANAGED_GROUPS.get(statement["Name"], 0) if kind == _MANAGED else _UNITS.get(kind, 0)
        for kind, statement in _statements(rules)
    )


def _does_one_thing(rule: Mapping[str, Any]) -> bool:
    """A group of rules overrides their actions or not, any other rule has an action."""
    is_group = bool({_MANAGED, "RuleGroupReferenceStatement"} & rule["Statement"].keys())
    wanted, other = ("OverrideAction", "Action") if is_group else ("Action", "OverrideAction")
    return len(rule["Statement"]) == 1 and len(rule.get(wanted, ())) == 1 and other not in rule


def _statements(node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every statement in rules, by its kind, those within others too."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name.endswith("Statement") and name != "Statement":
                yield name, value
            yield from _statements(value)
    elif isinstance(node, list):
        for item in node:
            yield from _statements(item)
