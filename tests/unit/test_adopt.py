"""What stands already is found by its tags, its name or its parent, and nothing else is taken for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from shopctl.adopt import Standing, Tagged, find_existing, import_blocks, strangers
from support.plans import change, plan_of

ACCOUNT = "000000000000"
EC2 = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:"
VPC = Tagged(f"{EC2}vpc/vpc-1", "shop-local")
URL = f"http://127.0.0.1:4566/{ACCOUNT}/shop-local-jobs"


@dataclass
class Region:
    """An inventory with vocabulary: what a test does not say does not stand."""

    tags: tuple[Tagged, ...] = ()
    gone: frozenset[str] = frozenset()
    used: str = ""
    buckets: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()
    records: frozenset[tuple[str, str, str, str]] = frozenset()
    routes: frozenset[tuple[str, str]] = frozenset()
    tables: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        self.asked.append(stack)
        return self.tags

    def is_live(self, standing: Standing) -> bool:
        return standing.id not in self.gone

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        (used,) = [twin for twin in twins if twin.id == self.used]
        return used

    def owns_bucket(self, name: str) -> bool:
        return name in self.buckets

    def has_alias(self, name: str) -> bool:
        return name in self.aliases

    def has_record(self, zone_id: str, name: str, kind: str, values: frozenset[str]) -> bool:
        return (zone_id, name, kind, ",".join(sorted(values))) in self.records

    def has_route(self, route_table_id: str, destination: str) -> bool:
        return (route_table_id, destination) in self.routes

    def route_table_of(self, subnet_id: str) -> str | None:
        return self.tables.get(subnet_id)


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
    twin = Tagged(f"{EC2}vpc/vpc-2", "shop-local")
    plan = plan_of(change("aws_vpc.this", named("shop-local")))
    found = find_existing(plan, Region(tags=(VPC, twin), used="vpc-1"))
    assert found == {"aws_vpc.this": Standing("aws_vpc", "vpc-1")}


def test_of_what_was_made_twice_and_once_deleted_the_other_is_taken_unasked() -> None:
    twin = Tagged(f"{EC2}vpc/vpc-2", "shop-local")
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


@pytest.mark.parametrize(
    ("planned", "region", "known_as"),
    [
        (change("aws_s3_bucket.this", {"bucket": "b"}), Region(buckets=frozenset({"b"})), "b"),
        (change("aws_kms_alias.this", {"name": "alias/a"}), Region(aliases=frozenset({"alias/a"})), "alias/a"),
        (
            change("aws_route53_record.spf", {"zone_id": "Z1", "name": "d", "type": "TXT", "records": ["v"]}),
            Region(records=frozenset({("Z1", "d", "TXT", "v")})),
            "Z1_d_TXT",
        ),
        (
            change("aws_route.nat", {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0"}),
            Region(routes=frozenset({("rtb-1", "0.0.0.0/0")})),
            "rtb-1_0.0.0.0/0",
        ),
        (
            change("aws_route_table_association.app", {"subnet_id": "subnet-1"}),
            Region(tables={"subnet-1": "rtb-1"}),
            "subnet-1/rtb-1",
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else None,
)
def test_what_carries_no_tags_is_matched_by_its_name_or_its_parent(
    planned: dict[str, str], region: Region, known_as: str
) -> None:
    assert find_existing(plan_of(planned), region) == {planned["address"]: Standing(planned["type"], known_as)}
    assert find_existing(plan_of(planned), Region()) == {}


def test_a_record_with_other_values_is_somebody_else_s() -> None:
    planned = {"zone_id": "Z1", "name": "d", "type": "TXT", "records": ["v=spf1 -all"]}
    region = Region(records=frozenset({("Z1", "d", "TXT", "v=spf1 include:mail.example -all")}))
    assert find_existing(plan_of(change("aws_route53_record.spf", planned)), region) == {}


@pytest.mark.parametrize("kind", ["aws_route", "aws_route_table_association", "aws_route53_record"])
def test_what_hangs_on_something_unknown_waits_for_the_next_round(kind: str) -> None:
    planned = {"destination_cidr_block": "0.0.0.0/0", "name": "d", "type": "A"}
    assert find_existing(plan_of(change(f"{kind}.this", planned, unknown=True)), Region()) == {}


@pytest.mark.parametrize(
    ("arn", "standing"),
    [
        (f"{EC2}natgateway/nat-1", Standing("aws_nat_gateway", "nat-1")),
        (f"arn:aws:iam::{ACCOUNT}:role/service/shop-flow", Standing("aws_iam_role", "shop-flow")),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234", Standing("aws_kms_key", "1234")),
        (
            f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/shop/flow:*",
            Standing("aws_cloudwatch_log_group", "/shop/flow"),
        ),
        ("arn:aws:s3:::shop-logs", Standing("aws_s3_bucket", "shop-logs")),
        (
            f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/app-AbCdEf",
            Standing("aws_secretsmanager_secret", f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/app-AbCdEf"),
        ),
        (
            f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts",
            Standing("aws_sns_topic", f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts"),
        ),
    ],
)
def test_an_arn_says_what_terraform_calls_the_resource(arn: str, standing: Standing) -> None:
    assert Tagged(arn, "").standing == standing


def test_a_queue_is_known_by_its_url_which_no_arn_says() -> None:
    assert Tagged(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:shop-local-jobs", "", URL).standing == Standing(
        "aws_sqs_queue", URL
    )


def test_what_no_stack_makes_is_nobody_s_concern() -> None:
    foreign = Tagged(f"{EC2}network-interface/eni-1", "")
    assert foreign.standing is None
    assert strangers((foreign,), frozenset()) == ()


def test_a_stranger_is_what_neither_id_nor_arn_of_any_state_names() -> None:
    topic = Tagged(f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts", "")
    twin = Tagged(f"{EC2}vpc/vpc-2", "shop-local")
    assert strangers((VPC, twin, topic), frozenset({"vpc-1", topic.arn})) == (Standing("aws_vpc", "vpc-2"),)


def test_import_blocks_are_the_same_bytes_in_whatever_order_things_were_found() -> None:
    vpc, subnet = Standing("aws_vpc", "vpc-1"), Standing("aws_subnet", "subnet-1")
    blocks = import_blocks({"aws_vpc.this": vpc, 'aws_subnet.this["a"]': subnet})
    assert blocks == import_blocks({'aws_subnet.this["a"]': subnet, "aws_vpc.this": vpc})
    assert json.loads(blocks) == {
        "import": [{"to": 'aws_subnet.this["a"]', "id": "subnet-1"}, {"to": "aws_vpc.this", "id": "vpc-1"}]
    }
