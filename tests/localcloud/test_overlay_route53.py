"""Zones of the local cloud hold what DNS can hold, and take a batch whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal


@pytest.fixture(scope="module")
def route53(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("route53", "us-east-1")


@pytest.fixture
def zone(route53: Any, request: pytest.FixtureRequest) -> str:
    made = route53.create_hosted_zone(Name="shop.test", CallerReference=request.node.name)
    identity: str = made["HostedZone"]["Id"].rpartition("/")[2]
    return identity


def change(action: str, name: str, kind: str, *values: str) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {
        "Action": action,
        "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": records},
    }


def batch(zone: str, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": list(changes)}}


def names(route53: Any, zone: str) -> list[str]:
    """``type name`` of the zone's records, without those that every zone has."""
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [f"{record['Type']} {record['Name']}" for record in records if record["Type"] not in ("NS", "SOA")]


@pytest.mark.parametrize(
    "wrong",
    [
        change("CREATE", "www.elsewhere.test", "A", "203.0.113.1"),
        change("CREATE", "www.shop.test", "A", "203.0.113.256"),
        change("CREATE", "www.shop.test", "A", "2001:db8::1"),
        change("CREATE", "www.shop.test", "AAAA", "203.0.113.1"),
        change("CREATE", "www.shop.test", "TXT", "without quotes"),
        change("CREATE", "www.shop.test", "TXT", '"' + "x" * 256 + '"'),
        change("CREATE", "shop.test", "CAA", "amazon.com"),
        change("CREATE", "shop.test", "CNAME", "elsewhere.test"),
        change("CREATE", "www.shop.test", "A", "203.0.113.1", "203.0.113.1"),
    ],
    ids=["outside", "no address", "IPv6 as A", "IPv4 as AAAA", "bare text", "long text", "bare CAA", "apex", "twice"],
)
def test_a_record_that_dns_cannot_hold_is_refused(route53: Any, zone: str, wrong: dict[str, Any]) -> None:
    good = change("CREATE", "good.shop.test", "A", "203.0.113.1")
    assert code_of(route53.change_resource_record_sets, **batch(zone, good, wrong)) == "InvalidChangeBatch"
    assert names(route53, zone) == []


def test_records_that_dns_can_hold_are_accepted(route53: Any, zone: str) -> None:
    route53.change_resource_record_sets(
        **batch(
            zone,
            change("CREATE", "egress.eu-central-1.shop.test", "A", "203.0.113.1", "203.0.113.2"),
            change("CREATE", "shop.test", "AAAA", "2001:db8::1"),
            change("CREATE", "shop.test", "CAA", '0 issue "amazon.com"'),
            change("CREATE", "shop.test", "TXT", '"v=spf1 -all"', '"' + "x" * 255 + '" "y"'),
            change("CREATE", "www.shop.test", "CNAME", "shop.test"),
        )
    )
    assert len(names(route53, zone)) == 5


def test_a_cname_stands_alone_at_its_name(route53: Any, zone: str) -> None:
    address, alias = (
        change("CREATE", "www.shop.test", "A", "203.0.113.1"),
        change("CREATE", "www.shop.test", "CNAME", "shop.test"),
    )
    code, message = refusal(route53.change_resource_record_sets, **batch(zone, address, alias))
    assert code == "InvalidChangeBatch"
    assert "conflicts with other records" in message
    route53.change_resource_record_sets(**batch(zone, address))
    removal = change("DELETE", "www.shop.test", "A", "203.0.113.1")
    route53.change_resource_record_sets(**batch(zone, removal, alias))
    assert names(route53, zone) == ["CNAME www.shop.test."]


def test_a_caller_s_reference_makes_one_zone_only(route53: Any) -> None:
    route53.create_hosted_zone(Name="once.test", CallerReference="once")
    again = {"Name": "once.test", "CallerReference": "once"}
    assert code_of(route53.create_hosted_zone, **again) == "HostedZoneAlreadyExists"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
