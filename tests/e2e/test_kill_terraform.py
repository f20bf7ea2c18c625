"""Terraform is killed at ten moments of one deploy and one destroy; what is typed next goes on each time.

The moments build on each other: each is one of the command that goes on after the kill before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.inspection import duplicates, everything, locks
from support.moments import (
    Moment,
    Slow,
    applies,
    both,
    describe,
    has_done,
    has_saved,
    holds_lock,
)
from support.shop import BASE, BASE_DR, EDGE, SITE, SITE_DR, STACKS, Shop, tell

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True)
class Blow:
    """Which stacks' Terraforms are killed at a moment; in a power cut their providers and shopctl are too."""

    moment: Moment
    stacks: tuple[str, ...]
    is_power_cut: bool = False


# Terraform saves what it has made when something is done 20 s after it saved last.
SLOW_SETTING = (Slow("PutBucketOwnershipControls", 25_000, "eu-west-1"),)
SLOW_STATE = (Slow("PutObject", 1500, "eu-north-1"),)

DEPLOY = (
    Blow(Moment("it has just been started", "deploy", applies(BASE_DR)), (BASE_DR,)),
    Blow(Moment("it has taken the state lock", "resume", holds_lock(BASE_DR)), (BASE_DR,)),
    Blow(Moment("it has made much and saved nothing", "resume", has_done(BASE_DR, 10)), (BASE_DR,)),
    Blow(Moment("it has saved a part", "resume", has_saved(BASE_DR, 25), SLOW_SETTING), (BASE_DR,)),
    Blow(
        Moment("two at once", "resume", both(has_done(SITE, 15), has_done(SITE_DR, 15))),
        (SITE, SITE_DR),
    ),
    Blow(Moment("a power cut", "resume", has_done(SITE, 12)), (SITE,), is_power_cut=True),
    Blow(Moment("it writes its last state", "resume", has_done(EDGE, 10), SLOW_STATE), (EDGE,)),
)
DESTROY = (
    Blow(Moment("it has taken the state lock", "destroy", holds_lock(EDGE)), (EDGE,)),
    Blow(Moment("it has deleted much and saved nothing", "destroy", has_done(SITE, 10)), (SITE,)),
    Blow(Moment("a power cut", "destroy", has_done(BASE, 20)), (BASE,), is_power_cut=True),
)


def numbered(blows: tuple[Blow, ...], operation: str) -> list[object]:
    """The blows as parameters, each with its number and moment as its id."""
    return [pytest.param(blow, id=f"{operation} {n}: {blow.moment.name}") for n, blow in enumerate(blows, 1)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("kill-terraform") / "home").open()
    try:
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="module")
def ground(shop: Shop) -> frozenset[str]:
    """What stood before anything was deployed."""
    return everything(shop)


def strike(shop: Shop, blow: Blow) -> None:
    command = blow.moment.wait_for(shop)
    victims = [shop.terraform(stack) for stack in blow.stacks]
    if None in victims:
        shop.cut_power()  # or the command would keep the lock from all that comes after
        pytest.fail(f"Terraform ended before it could be killed:\n{command.said}")
    if blow.is_power_cut:
        shop.cut_power()
    else:
        for victim in filter(None, victims):
            victim.kill()
    tell(f"killed Terraform of {', '.join(blow.stacks)} in {command}: {blow.moment.name}\n{describe(shop)}")
    if not blow.is_power_cut:
        answer = command.wait()
        assert answer.exit_code == 4
        assert answer.error["code"] in {"terraform_killed", "steps_failed"}
        assert "shopctl resume" in answer.error["fix"]
    shop.cloud.lift()


@pytest.mark.parametrize("blow", numbered(DEPLOY, "deploy"))
def test_terraform_may_be_killed_in_a_deploy(shop: Shop, ground: frozenset[str], blow: Blow) -> None:
    strike(shop, blow)


def test_the_deploy_ends_as_if_nothing_had_been(shop: Shop) -> None:
    shop.run("resume").succeeded()
    assert duplicates(shop) == []
    assert locks(shop) == []
    plan = shop.run("plan").succeeded().data
    assert {stack: found["changes"] for stack, found in plan["stacks"].items()} == dict.fromkeys(STACKS, False)


@pytest.mark.parametrize("blow", numbered(DESTROY, "destroy"))
def test_terraform_may_be_killed_in_a_destroy(shop: Shop, blow: Blow) -> None:
    strike(shop, blow)


def test_the_destroy_ends_with_nothing_left(shop: Shop, ground: frozenset[str]) -> None:
    shop.run("destroy", "--yes").succeeded()
    assert sorted(everything(shop) - ground) == []
    assert duplicates(shop) == []
    assert locks(shop) == []
