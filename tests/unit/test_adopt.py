"""What stands already is found by its tags, its name or its parent, and nothing else is taken for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from shopctl.adopt import Tagged, find_existing, import_blocks, strangers
from shopctl.kinds import NAMED, Standing, standing_of
from support.plans import change, plan_of

ACCOUNT = "000000000000"
EC2 = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:"


def tagged(arn: str, name: str = "") -> Tagged:
    return Tagged(arn, name, standing_of(arn))


VPC = tagged(f"{EC2}vpc/vpc-1", "shop-local")


@dataclass
class Region:
    """An inventory with vocabulary: what a test does not say does not stand."""

    tags: tuple[Tagged, ...] = ()
    gone: frozenset[str] = frozenset()
    used: str = ""
    named: Mapping[tuple[str, ...], str] = field(default_factory=dict)  # type and what names it -> import id
    asked: list[str] = field(default_factory=list)

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        self.asked.append(stack)
        return self.tags

    def is_live(self, standing: Standing) -> bool:
        return standing.id not in self.gone

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        (used,) = [twin for twin in twins if twin.id == self.used]
        return used

    def find(self, kind: str, planned: Mapping[str, Any]) -> str | None:
        return self.named.get((kind, *(planned[attribute] for attribute in NAMED[kind])))


def named(name: str) -> dict[str, object]:
    return {"tags_all": {"Name": name}}


def test_a_planned_creation_is_matched_by_type_and_name() -> None:
    plan = plan_of(change("aws_vpc.this", named("shop-local")), change("aws_eip.nat", named("shop-local")))
    assert find_existing(plan, Region(tags=(VPC,))) == {"aws_vpc.this": Standing("aws_vpc", "vpc-1")}


def test_another_name_is_another_resource() -> None:
    plan = plan_of(change("aws_vpc.this", named("shop-local-two")))
    assert find_existing(plan, Region(tags=(VPC,))) == {}


def test_what_is_gone_though_aws_still_lists_it_is_made_again() -> None:
    plan = plan_of(change("aws_vpc.this", named("shop-local")))
    assert find_existing(plan, Region(tags=(VPC,), gone=frozenset({"vpc-1"}))) == {}


def test_of_what_was_made_twice_the_one_in_use_is_taken() -> None:
    twin = tagged(f"{EC2}vpc/vpc-2", "shop-local")
    plan = plan_of(change("aws_vpc.this", named("shop-local")))
    found = find_existing(plan, Region(tags=(VPC, twin), used="vpc-1"))
    assert found == {"aws_vpc.this": Standing("aws_vpc", "vpc-1")}


def test_of_what_was_made_twice_and_once_deleted_the_other_is_taken_unasked() -> None:
    twin = tagged(f"{EC2}vpc/vpc-2", "shop-local")
    plan = plan_of(change("aws_vpc.this", named("shop-local")))
    found = find_existing(plan, Region(tags=(VPC, twin), gone=frozenset({"vpc-1"})))
    assert found == {"aws_vpc.this": Standing("aws_vpc", "vpc-2")}


def test_a_plan_without_creations_asks_aws_nothing() -> None:
    region = Region()
    changes = (
        change("aws_vpc.this", named("shop-local"), actions=("no-op",)),
        change("aws_eip.nat", named("nat"), actions=("delete", "create")),
        change("aws_subnet.db", named("db"), importing={"id": "subnet-1"}),
    )
    assert find_existing(plan_of(*changes), region) == {}
    assert region.asked == []


def test_what_carries_no_tags_is_matched_by_what_names_it() -> None:
    planned = change("aws_route.nat", {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0"})
    region = Region(named={("aws_route", "rtb-1", "0.0.0.0/0"): "rtb-1_0.0.0.0/0"})
    assert find_existing(plan_of(planned), region) == {"aws_route.nat": Standing("aws_route", "rtb-1_0.0.0.0/0")}
    assert find_existing(plan_of(planned), Region()) == {}


@pytest.mark.parametrize("kind", sorted(NAMED))
def test_what_hangs_on_something_unknown_waits_for_the_next_round(kind: str) -> None:
    known = dict.fromkeys(NAMED[kind][1:], "known")  # the first is not
    assert find_existing(plan_of(change(f"{kind}.this", known, unknown=True)), Region()) == {}


def test_a_scaling_group_has_its_tags_elsewhere_and_is_matched_by_its_own_name() -> None:
    arn = f"arn:aws:autoscaling:eu-west-1:{ACCOUNT}:autoScalingGroup:1234:autoScalingGroupName/shop-local"
    planned = change("aws_autoscaling_group.this", {"name": "shop-local", "tag": [{"key": "Name", "value": "other"}]})
    found = find_existing(plan_of(planned), Region(tags=(tagged(arn, "shop-local"),)))
    assert found == {"aws_autoscaling_group.this": Standing("aws_autoscaling_group", "shop-local")}


def test_two_rules_of_one_name_are_told_apart_by_their_direction() -> None:
    inward = Standing("aws_vpc_security_group_ingress_rule", "sgr-1")
    outward = Standing("aws_vpc_security_group_egress_rule", "sgr-2")
    region = Region(
        tags=tuple(Tagged(f"{EC2}security-group-rule/{rule.id}", "app", rule) for rule in (inward, outward))
    )
    plan = plan_of(*(change(f"{rule.type}.app", named("app")) for rule in (inward, outward)))
    assert set(find_existing(plan, region).values()) == {inward, outward}


ELB = f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:"


@pytest.mark.parametrize(
    ("arn", "kind", "known_as"),
    [
        (f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/12-34", "aws_acm_certificate", None),
        (f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-plan:12-34", "aws_backup_plan", "12-34"),
        (f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:shop-daily", "aws_backup_vault", "shop-daily"),
        (f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", "aws_cloudfront_distribution", "E1"),
        (f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:shop-cpu", "aws_cloudwatch_metric_alarm", "shop-cpu"),
        (f"{EC2}launch-template/lt-1", "aws_launch_template", "lt-1"),
        (f"{EC2}natgateway/nat-1", "aws_nat_gateway", "nat-1"),
        (f"{EC2}security-group/sg-1", "aws_security_group", "sg-1"),
        (f"{ELB}listener/app/shop/1/2", "aws_lb_listener", None),
        (f"{ELB}listener-rule/app/shop/1/2/3", "aws_lb_listener_rule", None),
        (f"{ELB}loadbalancer/app/shop/1", "aws_lb", None),
        (f"{ELB}targetgroup/shop/1", "aws_lb_target_group", None),
        (f"arn:aws:iam::{ACCOUNT}:instance-profile/service/shop-app", "aws_iam_instance_profile", "shop-app"),
        (f"arn:aws:iam::{ACCOUNT}:role/service/shop-flow", "aws_iam_role", "shop-flow"),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234", "aws_kms_key", "1234"),
        (f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/shop/flow:*", "aws_cloudwatch_log_group", "/shop/flow"),
        (f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:shop-g1", "aws_db_instance", "shop-g1"),
        (f"arn:aws:rds:eu-west-1:{ACCOUNT}:pg:shop-postgres17", "aws_db_parameter_group", "shop-postgres17"),
        (f"arn:aws:rds:eu-west-1:{ACCOUNT}:subgrp:shop", "aws_db_subnet_group", "shop"),
        ("arn:aws:route53:::healthcheck/12-34", "aws_route53_health_check", "12-34"),
        ("arn:aws:s3:::shop-logs", "aws_s3_bucket", "shop-logs"),
        (f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/app-AbCdEf", "aws_secretsmanager_secret", None),
        (f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts", "aws_sns_topic", None),
        (f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/shop/bucket", "aws_ssm_parameter", "/shop/bucket"),
        (f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/plain", "aws_ssm_parameter", "plain"),
        (f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/shop/12", "aws_wafv2_web_acl", "12/shop/CLOUDFRONT"),
    ],
)
def test_an_arn_says_what_terraform_calls_the_resource(arn: str, kind: str, known_as: str | None) -> None:
    assert standing_of(arn) == Standing(kind, known_as or arn)


@pytest.mark.parametrize(
    "arn",
    [
        f"{EC2}network-interface/eni-1",
        f"{EC2}volume/vol-1",
        f"arn:aws:rds:eu-west-1:{ACCOUNT}:snapshot:awsbackup:job-1",
        f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/ipset/shop/12",
    ],
)
def test_what_no_stack_makes_is_nobody_s_concern(arn: str) -> None:
    assert tagged(arn).standing is None
    assert strangers((tagged(arn),), frozenset()) == ()


def test_a_stranger_is_what_neither_id_nor_arn_of_any_state_names() -> None:
    topic = tagged(f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts")
    twin = tagged(f"{EC2}vpc/vpc-2", "shop-local")
    assert strangers((VPC, twin, topic), frozenset({"vpc-1", topic.arn})) == (Standing("aws_vpc", "vpc-2"),)


def test_import_blocks_are_the_same_bytes_in_whatever_order_things_were_found() -> None:
    vpc, subnet = Standing("aws_vpc", "vpc-1"), Standing("aws_subnet", "subnet-1")
    blocks = import_blocks({"aws_vpc.this": vpc, 'aws_subnet.this["a"]': subnet})
    assert blocks == import_blocks({'aws_subnet.this["a"]': subnet, "aws_vpc.this": vpc})
    assert json.loads(blocks) == {
        "import": [{"to": 'aws_subnet.this["a"]', "id": "subnet-1"}, {"to": "aws_vpc.this", "id": "vpc-1"}]
    }
