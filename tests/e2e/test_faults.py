"""What AWS, the network, the disk and the processes of a deploy may do to it: a clear error, and nothing lost.

The tests build on each other: each goes on with what the one before has left of three stacks.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.faults import Delay, Error, LostReply, Throttle
from support.disk import Disk
from support.inspection import duplicates, everything, locks
from support.shop import BASE, BASE_DR, ENV, SITE, Command, Shop, tell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

STATES = "shop-local-state-000000000000-eu-central-1"
LOCK = "local/site/eu-central-1/terraform.tfstate.tflock"
DEPLOY_SITE = ("deploy", "--yes", "--stack", SITE)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("faults") / "home")
    disk = Disk(shop.home / ENV)
    disk.mount(megabytes=32)
    try:
        yield shop.open()
    finally:
        shop.close()
        disk.unmount()


@pytest.fixture
def disk(shop: Shop) -> Disk:
    """The small disk that the environment's work folder is on."""
    disk = Disk(shop.home / ENV)
    if not disk.is_mounted:
        pytest.skip("nobody may mount a file system here, so no disk can be filled without harm")
    return disk


@pytest.fixture(scope="module")
def ground(shop: Shop) -> frozenset[str]:
    """What stood before anything was deployed."""
    return everything(shop)


def hits(shop: Shop) -> dict[str, int]:
    """How often each fault struck, by operation."""
    return {str(fault.rule.operation): fault.hits for fault in shop.cloud.faults()}


def wait_until_struck(shop: Shop, command: Command, operation: str) -> None:
    command.wait_until(lambda: hits(shop)[operation] > 0, f"{operation} was called")


def lock_of(shop: Shop) -> dict[str, Any]:
    return dict(json.loads(shop.objects(STATES, LOCK)[LOCK]))


def test_throttling_and_a_reply_lost_after_its_effect_cost_only_time(shop: Shop, ground: frozenset[str]) -> None:
    shop.cloud.inflict(LostReply(), service="kms", operation="CreateKey", count=1)
    shop.cloud.inflict(Throttle(), service="s3", operation="PutBucketVersioning", count=4)
    answer = shop.deploy(BASE_DR, BASE)
    assert hits(shop) == {"CreateKey": 1, "PutBucketVersioning": 4}
    shop.cloud.lift()
    assert "which was made twice" in answer.said
    assert duplicates(shop) == []


def test_what_aws_refuses_is_named_with_its_place_and_the_rest_is_kept(shop: Shop) -> None:
    for operation in ("AllocateAddress", "CreateSubnet", "CreateVpc"):
        shop.cloud.inflict(LostReply(), service="ec2", operation=operation, count=1)
    shop.cloud.inflict(Error(code="NatGatewayLimitExceeded"), service="ec2", operation="CreateNatGateway", count=1)
    refused = shop.run(*DEPLOY_SITE)
    tell(f"struck: {hits(shop)}")
    assert refused.exit_code == 4
    assert refused.error["code"] == "terraform_failed"
    # The subnet was made and is not known: AWS refuses a second one with its addresses.
    assert "InvalidSubnet.Conflict" in refused.error["reason"]
    assert "module.vpc.aws_subnet.this" in refused.error["reason"]
    assert "shopctl resume" in refused.error["fix"]
    assert locks(shop) == []
    shop.cloud.lift()


def test_a_full_disk_is_named_and_stops_the_deploy_before_anything_is_made(shop: Shop, disk: Disk) -> None:
    before = everything(shop)
    disk.fill()
    refused = shop.run(*DEPLOY_SITE)
    disk.free()
    assert refused.exit_code == 4
    assert refused.error["code"] == "disk_full"
    assert str(disk.folder) in refused.error["reason"]
    assert "SHOPCTL_HOME" in refused.error["fix"]
    assert everything(shop) == before


def test_a_provider_that_crashes_is_named_and_what_it_made_last_is_found(shop: Shop) -> None:
    shop.cloud.inflict(Delay(milliseconds=3000), service="ec2", operation="CreateNatGateway", count=1)
    command = shop.start(*DEPLOY_SITE)
    wait_until_struck(shop, command, "CreateNatGateway")
    (provider,) = [process for process in shop.children() if process.name().startswith("terraform-provider")]
    provider.kill()
    answer = command.wait()
    assert answer.exit_code == 4
    assert answer.error["code"] == "provider_crashed"
    assert locks(shop) == []


def test_a_local_cloud_that_dies_in_the_middle_and_comes_back_costs_at_most_a_resume(shop: Shop) -> None:
    shop.cloud.inflict(Delay(milliseconds=3000), service="ec2", operation="CreateRoute", count=1)
    command = shop.start(*DEPLOY_SITE)
    wait_until_struck(shop, command, "CreateRoute")
    shop.kill_cloud()
    shop.up()
    answer = command.wait()
    tell(f"exit {answer.exit_code}: {answer.envelope['errors']}")
    assert "resources stand already and are taken into the state" in answer.said
    if answer.exit_code != 0:
        assert answer.exit_code == 4
        # A reply that is torn off in its middle is not asked for again by the provider; one that never came is, and
        # then AWS says that the thing stands already.
        assert answer.error["code"] in {"endpoint_unreachable", "name_taken"}
        shop.run("resume").succeeded()
    assert duplicates(shop) == []
    assert locks(shop) == []
    plan = shop.run("plan", "--stack", BASE, "--stack", SITE).succeeded().data
    assert [found["changes"] for found in plan["stacks"].values()] == [False, False]


def test_a_disk_that_fills_up_in_the_middle_loses_nothing(shop: Shop, disk: Disk) -> None:
    command = shop.start("destroy", "--yes", "--stack", SITE)
    command.wait_until(lambda: shop.done(SITE, command.begun) >= 3, "three resources were deleted")
    disk.fill()
    answer = command.wait()
    disk.free()
    tell(f"exit {answer.exit_code}: {answer.envelope['errors']}")
    assert answer.exit_code in {0, 4}
    assert not shop.state(SITE).get("resources"), "what Terraform did is saved, though it could not say so"
    shop.run("destroy", "--yes", "--stack", SITE).succeeded()


def test_a_destroy_goes_on_although_what_a_stack_read_is_gone_before_it_is_asked_for_again(shop: Shop) -> None:
    # The stack is down, after a destroy that broke off; the secrets of the next one go while it is taken down.
    shop.cloud.inflict(Error(code="ResourceNotFoundException"), service="secretsmanager", operation="GetSecretValue")
    answer = shop.run("destroy", "--yes", "--stack", SITE).succeeded()
    assert hits(shop)["GetSecretValue"] > 0
    shop.cloud.lift()
    assert "what it reads is going already" in answer.said


def test_the_lock_of_a_terraform_on_another_machine_needs_the_operator_s_word(shop: Shop) -> None:
    command = shop.start(*DEPLOY_SITE)
    command.wait_until(lambda: shop.done(SITE, command.begun) >= 15, "fifteen resources were made")
    terraform = shop.terraform(SITE)
    assert terraform is not None
    terraform.kill()
    assert command.wait().error["code"] == "terraform_killed"
    lock = lock_of(shop)
    shop.client("s3", "eu-central-1").put_object(Bucket=STATES, Key=LOCK, Body=json.dumps(lock | {"Who": "ann@laptop"}))
    refused = shop.run("resume")
    assert refused.exit_code == 4
    assert refused.error["code"] == "lock_held"
    assert "ann@laptop" in refused.error["reason"]
    assert f"shopctl resume --unlock {lock['ID']}" in refused.error["fix"]
    vouched = shop.start("resume", "--unlock", lock["ID"])
    vouched.wait_until_said("released the state lock")
    vouched.send(signal.SIGINT)
    assert vouched.wait().exit_code == 130
    assert locks(shop) == []


def test_a_destroy_after_an_abandoned_deploy_deletes_what_no_state_knows(shop: Shop, ground: frozenset[str]) -> None:
    assert duplicates(shop), "there is nothing that no state knows"
    shop.run("resume", "--abandon").succeeded()
    shop.run("destroy", "--yes").succeeded()
    assert sorted(everything(shop) - ground) == []
    assert locks(shop) == []


def test_a_deploy_works_again_at_once_after_a_destroy(shop: Shop) -> None:
    shop.deploy(BASE_DR)
    assert duplicates(shop) == []
