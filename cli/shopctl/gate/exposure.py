"""EXPO: what a plan opens to people who are not the shop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Final

from shopctl.gate.judge import (
    Judge,
    companions,
    each,
    failed,
    is_off,
    listed,
    passed,
    statements,
    switch,
    unknown,
    worst,
)
from shopctl.gate.model import Answer, Circumstances, Rule, Severity
from shopctl.plan import UNKNOWN, Change, JsonValue, Plan

_BLOCKS: Final = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")

# Where each type has the document that says who may use it.
_POLICIES: Final = {
    "aws_backup_vault_policy": "policy",
    "aws_efs_file_system_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_kms_key": "policy",
    "aws_kms_key_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
    "aws_sns_topic": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue": "policy",
    "aws_sqs_queue_policy": "policy",
}

# A condition on one of these with a fixed value makes a statement for everybody one for few.
# Source: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public"
_NARROWING: Final = frozenset(
    {
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc"),
        *("aws:sourcevpce", "aws:userid", "kms:calleraccount"),
    }
)

_WEB_PORTS: Final = frozenset({80, 443})
_WIDE_PREFIX: Final = {4: 8, 6: 16}  # a wider network than this is the internet, or half of it
_FIRST_HIGH_PORT: Final = 1024
_RETURN_TRAFFIC_PORTS: Final = 10_000  # a range of so many high ports is there for answers
_EVERY_PROTOCOL: Final = frozenset({"-1", "all"})
_ICMP: Final = frozenset({"1", "58", "icmp", "icmpv6"})


def _keeps_buckets_closed(plan: Plan, _: Circumstances) -> Iterator[tuple[Change, Answer]]:
    for bucket in plan.resources("aws_s3_bucket"):
        found = companions(plan, bucket, "aws_s3_bucket_public_access_block")
        if found is UNKNOWN:
            yield bucket, unknown("which public access block belongs to it")
        else:
            answers = (switch(name, want=True)(change) for change in found for name in _BLOCKS)
            yield bucket, worst(answers, failed("has no public access block"))
    for change in plan.resources("aws_s3_bucket_acl"):
        yield change, _judge_acl(change)


def _judge_acl(change: Change) -> Answer:
    acl = change.value("acl")
    if acl is UNKNOWN:
        return unknown("acl")
    opened = str(acl).startswith("public") or acl == "authenticated-read"
    return failed(f"acl is {acl}") if opened else passed("acl is private")


def _policy_judge(attribute: str) -> Judge:
    def judge(change: Change) -> Answer | None:
        policy = change.value(attribute)
        if policy is UNKNOWN:
            return unknown(attribute)
        if not policy:
            return None
        found = statements(policy)
        if found is None:
            return unknown(attribute)
        opening = next((statement for statement in found if _is_open(statement)), None)
        if opening is None:
            return passed("no statement lets everybody in")
        return failed(f"statement {opening.get('Sid', 'without Sid')!r} lets everybody in")

    return judge


def _is_open(statement: Mapping[str, JsonValue]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    return ("NotPrincipal" in statement or _names_everybody(statement.get("Principal"))) and not _is_narrowed(statement)


def _names_everybody(principal: JsonValue) -> bool:
    named = principal.values() if isinstance(principal, dict) else (principal,)
    return any("*" in listed(value) for value in named)


def _is_narrowed(statement: Mapping[str, JsonValue]) -> bool:
    """Whether a positive condition pins down who asks; one value that stands for all pins nothing."""
    return any(
        key.lower() in _NARROWING and "*" not in listed(value)
        for operator, conditions in statement.get("Condition", {}).items()
        if "not" not in operator.lower() and not operator.endswith("IfExists")
        for key, value in conditions.items()
    )


def _judge_inline_group(change: Change) -> Answer:
    blocks = change.blocks("ingress")
    if blocks is UNKNOWN:
        return unknown("ingress")
    return worst((_judge_group_rule(change, "ingress", index) for index in blocks), passed("lets nobody in"))


def _judge_group_rule(change: Change, *at: str | int) -> Answer:
    cidrs = [*_cidrs(change.value(*at, "cidr_blocks")), *_cidrs(change.value(*at, "ipv6_cidr_blocks"))]
    return _judge_ports(change, cidrs, (*at, "protocol"), at)


def _judge_old_rule(change: Change) -> Answer | None:
    return None if change.value("type") == "egress" else _judge_group_rule(change)


def _judge_new_rule(change: Change) -> Answer:
    cidrs = [*_cidrs(change.value("cidr_ipv4")), *_cidrs(change.value("cidr_ipv6"))]
    return _judge_ports(change, cidrs, ("ip_protocol",), ())


def _cidrs(value: JsonValue) -> tuple[JsonValue, ...]:
    return listed(value) if value is UNKNOWN or value else ()


def _judge_ports(
    change: Change, cidrs: list[JsonValue], protocol_at: tuple[str | int, ...], at: tuple[str | int, ...]
) -> Answer:
    protocol = change.value(*protocol_at)
    first, last = change.value(*at, "from_port"), change.value(*at, "to_port")
    if UNKNOWN in (*cidrs, protocol, first, last):
        return unknown("who is let in")
    wide = [cidr for cidr in cidrs if _is_wide(cidr)]
    if not wide:
        return passed("the internet is not let in")
    if str(protocol) not in _EVERY_PROTOCOL and first == last and first in _WEB_PORTS:
        return passed(f"the internet reaches port {first} only")
    return failed(f"{wide[0]} reaches {_ports(protocol, first, last)}")


def _is_wide(cidr: str) -> bool:
    network = ip_network(cidr, strict=False)
    return network.prefixlen < _WIDE_PREFIX[network.version]


def _ports(protocol: JsonValue, first: JsonValue, last: JsonValue) -> str:
    if str(protocol) in _EVERY_PROTOCOL:
        return "every port"
    return f"port {first}" if first == last else f"ports {first} to {last}"


def _judge_acl_list(change: Change) -> Answer:
    blocks = change.blocks("ingress")
    if blocks is UNKNOWN:
        return unknown("ingress")
    return worst((_judge_acl_rule(change, "action", "ingress", index) for index in blocks), passed("lets nobody in"))


def _judge_single_acl_rule(change: Change) -> Answer | None:
    return None if change.value("egress") else _judge_acl_rule(change, "rule_action")


def _judge_acl_rule(change: Change, action: str, *at: str | int) -> Answer:
    """Network ACLs have no memory, so ranges of high ports must be open to answers; single ones need not be."""
    protocol, first, last = (change.value(*at, name) for name in ("protocol", "from_port", "to_port"))
    cidrs = [*_cidrs(change.value(*at, "cidr_block")), *_cidrs(change.value(*at, "ipv6_cidr_block"))]
    if UNKNOWN in (*cidrs, protocol, first, last, change.value(*at, action)):
        return unknown("who is let in")
    if change.value(*at, action) != "allow" or not any(map(_is_wide, cidrs)) or str(protocol) in _ICMP:
        return passed("the internet is not let in")
    is_web = first == last and first in _WEB_PORTS
    is_answers = first >= _FIRST_HIGH_PORT and last - first >= _RETURN_TRAFFIC_PORTS
    if str(protocol) not in _EVERY_PROTOCOL and (is_web or is_answers):
        return passed("the internet reaches web ports and open connections only")
    return failed(f"the internet reaches {_ports(protocol, first, last)}")


def _judge_template(change: Change) -> Answer:
    blocks = change.blocks("network_interfaces")
    if blocks is UNKNOWN:
        return unknown("network_interfaces")
    answers = (is_off("network_interfaces", index, "associate_public_ip_address")(change) for index in blocks)
    return worst(answers, passed("asks for no public address"))


_GROUPS: Final[dict[str, Judge]] = {
    "aws_default_security_group": _judge_inline_group,
    "aws_security_group": _judge_inline_group,
    "aws_security_group_rule": _judge_old_rule,
    "aws_vpc_security_group_ingress_rule": _judge_new_rule,
}
_LISTS: Final[dict[str, Judge]] = {
    "aws_default_network_acl": _judge_acl_list,
    "aws_network_acl": _judge_acl_list,
    "aws_network_acl_rule": _judge_single_acl_rule,
}
_ADDRESSES: Final[dict[str, Judge]] = {
    "aws_db_instance": is_off("publicly_accessible"),
    "aws_instance": is_off("associate_public_ip_address"),
    "aws_launch_template": _judge_template,
    "aws_rds_cluster_instance": is_off("publicly_accessible"),
    "aws_subnet": is_off("map_public_ip_on_launch"),
}

RULES: Final = (
    Rule(
        id="SHOP-EXPO-001",
        title="Buckets are closed to the public",
        severity=Severity.CRITICAL,
        types=frozenset({"aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_bucket_public_access_block"}),
        harm="anybody on the internet can read the shop's files, customers' uploads and backups included",
        fix="set all four switches of the bucket's aws_s3_bucket_public_access_block; serve files through the CDN",
        check=_keeps_buckets_closed,
    ),
    Rule(
        id="SHOP-EXPO-002",
        title="No policy lets everybody in",
        severity=Severity.CRITICAL,
        types=frozenset(_POLICIES),
        harm="any AWS account can use the shop's data, keys, queues or roles as if it were the shop",
        fix='name the principals; `"*"` belongs in Deny statements, or needs a condition on the account or source',
        check=each({kind: _policy_judge(attribute) for kind, attribute in _POLICIES.items()}),
    ),
    Rule(
        id="SHOP-EXPO-003",
        title="Security groups let the internet reach ports 80 and 443 only",
        severity=Severity.CRITICAL,
        types=frozenset(_GROUPS),
        harm="the whole internet can try passwords and exploits on the shop's machines and databases",
        fix="name the security group or the addresses that need the port",
        check=each(_GROUPS),
    ),
    Rule(
        id="SHOP-EXPO-004",
        title="Network ACLs let the internet reach web ports and open connections only",
        severity=Severity.HIGH,
        types=frozenset(_LISTS),
        harm="one wrong security group is enough to open a tier to the internet",
        fix="allow 80, 443 and the ephemeral ports 1024 to 65535 from anywhere, all else from the tiers that need it",
        check=each(_LISTS),
    ),
    Rule(
        id="SHOP-EXPO-005",
        title="Machines and databases get no public address",
        severity=Severity.HIGH,
        types=frozenset(_ADDRESSES),
        harm="a machine or the checkout database stands on the internet beside the load balancer",
        fix="leave public addresses to the load balancer and the NAT gateways",
        check=each(_ADDRESSES),
    ),
)
