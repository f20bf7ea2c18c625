"""shopctl is killed at twenty moments of one deploy and one destroy; what is typed next goes on each time.

The moments build on each other: each is one of the command that goes on after the kill before it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.inspection import duplicates, everything, locks
from support.moments import (
    Moment,
    Slow,
    applies,
    at_once,
    both,
    describe,
    has_claimed,
    has_done,
    has_ended,
    has_finished,
    holds_lock,
    plans,
    said,
)
from support.shop import BASE, BASE_DR, EDGE, SITE, SITE_DR, STACKS, Shop, tell

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

SLOW_JOURNAL = (Slow("PutObject", 700),)
SLOW_LISTS = (Slow("ListObjectsV2", 500),)
SLOW_EMPTYING = (Slow("DeleteObjects", 3000), Slow("ListObjectVersions", 1500))

DEPLOY = (
    Moment("as the command begins", "deploy", at_once),
    Moment("the run lock is taken and nothing journalled", "deploy", has_claimed, SLOW_LISTS),
    Moment("the first plan is made", "deploy", plans(BASE_DR)),
    Moment("an apply begins", "resume", applies(BASE_DR)),
    Moment("an earlier Terraform is waited for", "resume", said(f"{BASE_DR}: an earlier Terraform still works")),
    Moment("a plan is made to recover", "resume", plans(BASE_DR)),
    Moment("a state lock is taken", "resume", holds_lock(BASE)),
    Moment("two applies are under way", "resume", both(has_done(SITE, 10), has_done(SITE_DR, 8))),
    Moment("one of two is done", "resume", said(f"{SITE_DR}: done")),
    Moment("Terraform said its last word", "resume", has_ended(EDGE), SLOW_JOURNAL),
    Moment("the last step is done", "resume", said(f"{EDGE}: done"), SLOW_JOURNAL),
    Moment("the run is finished and its lock not released", "resume", has_finished, SLOW_JOURNAL),
)
DESTROY = (
    Moment("the plans are made", "destroy", plans(SITE)),
    Moment("an apply begins", "destroy", applies(EDGE)),
    Moment("an earlier Terraform is waited for", "destroy", said(f"{EDGE}: an earlier Terraform still works")),
    Moment("two applies are under way", "destroy", both(has_done(SITE, 6), has_done(SITE_DR, 6))),
    Moment("a plan is made to recover", "destroy", plans(SITE)),
    Moment("buckets are emptied", "destroy", said(f"{BASE}: emptying"), SLOW_EMPTYING),
    Moment("Terraform said its last word", "destroy", has_ended(BASE_DR), SLOW_JOURNAL),
    Moment("the run is finished and its lock not released", "destroy", has_finished, SLOW_JOURNAL),
)


def numbered(moments: tuple[Moment, ...], operation: str) -> list[object]:
    """The moments as parameters, each with its number and name as its id."""
    return [pytest.param(moment, id=f"{operation} {n}: {moment.name}") for n, moment in enumerate(moments, 1)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("kill-shopctl") / "home").open()
    try:
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="module")
def ground(shop: Shop) -> frozenset[str]:
    """What stood before anything was deployed."""
    return everything(shop)


def kill(shop: Shop, moment: Moment) -> None:
    command = moment.wait_for(shop)
    command.kill()
    shop.cloud.lift()
    tell(f"killed {command}: {moment.name}\n{describe(shop)}")


@pytest.mark.parametrize("moment", numbered(DEPLOY, "deploy"))
def test_shopctl_may_be_killed_in_a_deploy(shop: Shop, ground: frozenset[str], moment: Moment) -> None:
    kill(shop, moment)


def test_the_deploy_ends_as_if_nothing_had_been(shop: Shop) -> None:
    shop.deploy()
    assert duplicates(shop) == []
    assert locks(shop) == []
    plan = shop.run("plan").succeeded().data
    assert {stack: found["changes"] for stack, found in plan["stacks"].items()} == dict.fromkeys(STACKS, False)


@pytest.mark.parametrize("moment", numbered(DESTROY, "destroy"))
def test_shopctl_may_be_killed_in_a_destroy(shop: Shop, moment: Moment) -> None:
    kill(shop, moment)


def test_the_destroy_ends_with_nothing_left(shop: Shop, ground: frozenset[str]) -> None:
    shop.run("destroy", "--yes").succeeded()
    assert sorted(everything(shop) - ground) == []
    assert duplicates(shop) == []
    assert locks(shop) == []
