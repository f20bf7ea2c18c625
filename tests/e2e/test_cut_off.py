"""One deploy that is cut off again and again, each time by something else, and goes on each time.

The tests build on each other: each goes on with the run that the one before has cut off.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from localcloud.faults import Delay
from support.inspection import duplicates, locks, resources
from support.shop import BASE, BASE_DR, EDGE, SITE, STACKS, Shop, tell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("cut-off") / "home").open()
    try:
        yield shop
    finally:
        shop.close()


def known(shop: Shop, stack: str) -> int:
    """How many resources the state of a stack knows."""
    return len(list(resources(shop.state(stack))))


def test_a_terraform_outlives_its_killed_shopctl_and_finishes(shop: Shop) -> None:
    command = shop.start("deploy", "--yes")
    command.wait_until(lambda: shop.done(BASE_DR, command.begun) >= 10, "ten resources were made")
    command.kill()
    assert shop.terraform(BASE_DR) is not None
    assert shop.is_locked(BASE_DR)


def test_resume_waits_for_it_and_survives_a_terraform_that_is_killed_unsaved(shop: Shop) -> None:
    command = shop.start("resume")
    command.wait_until_said(f"{BASE_DR}: an earlier Terraform still works")
    command.wait_until(lambda: shop.done(BASE, command.begun) >= 15, "fifteen resources were made")
    terraform = shop.terraform(BASE)
    assert terraform is not None
    terraform.kill()
    tell(f"killed with {shop.done(BASE)} resources made and {known(shop, BASE)} saved")
    answer = command.wait()
    assert answer.exit_code == 4
    assert answer.error["code"] == "terraform_killed"
    assert "shopctl resume" in answer.error["fix"]
    assert shop.is_locked(BASE)
    assert duplicates(shop), "there is nothing to take in: the kill came too late"


def test_ctrl_c_stops_gently_and_a_second_one_only_says_what_is_waited_for(shop: Shop) -> None:
    command = shop.start("resume")
    command.wait_until_said("resources stand already and are taken into the state")
    command.wait_until(lambda: shop.done(SITE, command.begun) >= 5, "five resources were made")
    # While the state is being written, there is something to wait for.
    shop.cloud.inflict(Delay(milliseconds=2000), service="s3", operation="PutObject", region="eu-central-1")
    command.send(signal.SIGINT)
    command.wait_until_said("stopping: waiting for")
    command.send(signal.SIGINT)
    command.wait_until_said("still waiting for")
    answer = command.wait()
    shop.cloud.lift()
    assert answer.exit_code == 130
    assert answer.error["code"] == "interrupted"
    assert "shopctl resume" in answer.error["fix"]
    assert locks(shop) == []
    assert known(shop, SITE) >= 5


def test_sigterm_stops_as_gently(shop: Shop) -> None:
    command = shop.start("resume")
    command.wait_until(lambda: shop.terraform(EDGE) is not None, "the edge was applied")
    command.send(signal.SIGTERM)
    assert command.wait().exit_code == 130
    assert locks(shop) == []


def test_what_was_cut_off_so_often_stands_in_the_end_as_if_nothing_had_been(shop: Shop) -> None:
    shop.run("resume").succeeded()
    assert duplicates(shop) == []
    assert locks(shop) == []
    plan = shop.run("plan").succeeded().data
    assert {stack: found["changes"] for stack, found in plan["stacks"].items()} == dict.fromkeys(STACKS, False)
    (run,) = shop.run("history").succeeded().data["runs"]
    assert (run["operation"], run["status"], run["steps_done"]) == ("deploy", "done", 5)
