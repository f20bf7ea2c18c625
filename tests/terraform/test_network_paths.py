"""Packets against the planned network ACLs: what the shop needs gets through and is answered, the rest doesn't.

Network ACLs have no memory, so every connection is tried both ways, crossing by crossing.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from support.bench import Bench
from support.environments import PROJECT

CUSTOMER, ELSEWHERE = "203.0.113.7", "198.51.100.9"
PUBLIC_A, APP_A, APP_B, DB_A, DB_B = "10.0.1.10", "10.0.16.10", "10.0.20.10", "10.0.32.10", "10.0.33.10"
LOWEST, HIGHEST = 1024, 65535  # of the ports that answers come back to


@dataclass(frozen=True, slots=True)
class Packet:
    """A TCP packet by what network ACLs look at."""

    source: str
    target: str
    port: int

    def answer(self, to_port: int) -> Packet:
        return Packet(self.target, self.source, to_port)


@dataclass(frozen=True, slots=True)
class Network:
    """The planned rules by tier, and the subnets by tier."""

    acls: dict[str, Any]

    def tier_of(self, address: str) -> str | None:
        third = int(address.split(".")[2])
        inside = ip_address(address) in ip_network("10.0.0.0/16")
        return {1: "public", 2: "public", 16: "app", 20: "app", 32: "db", 33: "db"}[third] if inside else None

    def carries(self, packet: Packet, leaves: str | None, enters: str | None) -> bool:
        """Whether a packet may leave one tier and enter another; None is the world outside the VPC."""
        out = leaves is None or self._lets(leaves, "egress", packet.target, packet.port)
        return out and (enters is None or self._lets(enters, "ingress", packet.source, packet.port))

    def connects(self, source: str, target: str, port: int) -> bool:
        """Whether a direct connection is made: the request arrives, and any answer comes back."""
        request = Packet(source, target, port)
        ends = self.tier_of(source), self.tier_of(target)
        answers = (request.answer(to_port) for to_port in (LOWEST, HIGHEST))
        return self.carries(request, *ends) and all(self.carries(answer, *ends[::-1]) for answer in answers)

    def connects_through_nat(self, source: str, port: int) -> bool:
        """Whether the app tier reaches the world through a NAT gateway in the public tier, and hears back."""
        request = Packet(source, ELSEWHERE, port)
        inside, outside = self.carries(request, "app", "public"), self.connects(PUBLIC_A, ELSEWHERE, port)
        answers = (request.answer(to_port) for to_port in (LOWEST, HIGHEST))
        return inside and outside and all(self.carries(answer, "public", "app") for answer in answers)

    def _lets(self, tier: str, direction: str, peer: str, port: int) -> bool:
        rules = sorted(self.acls[tier][direction], key=lambda rule: int(rule["rule_no"]))
        first = (
            rule["action"] == "allow"
            for rule in rules
            if rule["protocol"] in ("tcp", "6", "-1")
            and rule["from_port"] <= port <= rule["to_port"]
            and ip_address(peer) in ip_network(rule["cidr_block"])
        )
        return next(first, False)


@pytest.fixture(scope="module")
def network(bench: Bench) -> Network:
    """The network ACLs that the example of the module's README plans."""
    module = PROJECT / "terraform" / "modules" / "vpc"
    readme = (module / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```hcl\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    folder = bench.root / "examples" / "paths"
    (folder / "tests").mkdir(parents=True)
    (folder / "main.tf").write_text(code, encoding="utf-8")
    shutil.copy(module / "versions.tf", folder)
    test = 'mock_provider "aws" {}\n\nrun "plan" {\n  command = plan\n}\n'
    (folder / "tests" / "plan.tftest.hcl").write_text(test, encoding="utf-8")
    bench.init("examples/paths")
    messages = bench.test("examples/paths", "-verbose")
    plan = next(message["test_plan"] for message in messages if message["type"] == "test_plan")
    changes = [change for change in plan["resource_changes"] if change["type"] == "aws_network_acl"]
    return Network({change["index"]: change["change"]["after"] for change in changes})


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        pytest.param(CUSTOMER, PUBLIC_A, 443, id="a customer reaches the load balancer"),
        pytest.param(CUSTOMER, PUBLIC_A, 80, id="a customer is sent on to https"),
        pytest.param(PUBLIC_A, APP_B, 8080, id="the load balancer reaches an instance in the other zone"),
        pytest.param(APP_A, DB_B, 5432, id="an instance reaches PostgreSQL in the other zone"),
        pytest.param(APP_A, DB_B, 3306, id="an instance reaches MySQL in the other zone"),
        pytest.param(APP_B, DB_A, 6379, id="an instance reaches the cache in the other zone"),
        pytest.param(APP_A, APP_B, 2049, id="an instance reaches the file system's mount target in the other zone"),
        pytest.param(APP_A, ELSEWHERE, 443, id="an instance reaches S3 through the gateway endpoint"),
        pytest.param(DB_A, DB_B, 5432, id="a replica follows its source"),
        pytest.param(DB_A, DB_B, 6379, id="a cache node follows its primary"),
    ],
)
def test_what_the_shop_needs_gets_through_and_is_answered(
    network: Network, source: str, target: str, port: int
) -> None:
    assert network.connects(source, target, port)


@pytest.mark.parametrize("port", [80, 443])
def test_an_instance_reaches_the_web_through_nat(network: Network, port: int) -> None:
    assert network.connects_through_nat(APP_A, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        pytest.param(CUSTOMER, PUBLIC_A, 22, id="ssh from the world"),
        pytest.param(CUSTOMER, APP_A, 22, id="ssh to an instance"),
        pytest.param(CUSTOMER, DB_A, 5432, id="a database from the world"),
        pytest.param(PUBLIC_A, DB_A, 5432, id="a database from the public tier"),
        pytest.param(PUBLIC_A, APP_A, 22, id="ssh from the public tier"),
        pytest.param(APP_A, DB_A, 22, id="ssh from an instance to the db tier"),
        pytest.param(APP_A, DB_A, 8080, id="an instance to another port of the db tier"),
        pytest.param(DB_A, ELSEWHERE, 443, id="a database to the world"),
        pytest.param(DB_A, APP_A, 443, id="a database to an instance"),
    ],
)
def test_the_rest_does_not_get_through(network: Network, source: str, target: str, port: int) -> None:
    assert not network.connects(source, target, port)


def test_an_instance_can_not_send_mail_past_the_mail_service(network: Network) -> None:
    assert not network.connects_through_nat(APP_A, 25)
