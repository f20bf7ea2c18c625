"""A cloud that is down, empty, foreign, slow or half away: what is wrong, and what to type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.client import LocalCloud
from localcloud.faults import BlackHole, Error, Throttle
from support.cloud_process import Server
from support.command_line import CommandLine, Said

ASKING = ("status", "outputs", "history", "render", "plan", "deploy", "destroy", "resume", "bootstrap")
ELSEWHERE = "111122223333"


@pytest.mark.parametrize("command", ASKING)
def test_without_the_local_cloud_every_command_says_how_to_start_it(shop: CommandLine, command: str) -> None:
    said = shop(command, "--json")
    assert (said.code, said.error["code"]) == (2, "prerequisite_missing")
    assert "the local cloud does not run" in said.error["reason"]
    assert "shopctl local up" in said.error["fix"]


@pytest.fixture
def doomed(shop: CommandLine) -> Iterator[Server]:
    """A local cloud of a shop's own."""
    server = Server(shop.home)
    server.start()
    yield server
    server.kill()


def test_a_local_cloud_that_died_is_told_from_one_that_never_ran(shop: CommandLine, doomed: Server) -> None:
    doomed.kill()
    said = shop("history", "--json")
    assert (said.code, said.error["code"]) == (2, "prerequisite_missing")
    assert "gone away" in said.error["reason"]
    assert "shopctl local up" in said.error["fix"]


def test_doctor_names_what_is_missing_and_its_cure(shop: CommandLine) -> None:
    said = shop("doctor", "--json")
    checks = {check["name"]: check for check in said.envelope["data"]["checks"]}
    assert said.code == 2
    assert checks["Terraform"]["is_well"]
    assert not checks["local cloud"]["is_well"]
    assert "shopctl local up" in checks["local cloud"]["fix"]


def test_doctor_says_nothing_when_asked_to_and_all_is_well(cloud_shop: CommandLine) -> None:
    assert cloud_shop("doctor", "--quiet") == Said(0, "", "")


@pytest.mark.parametrize("command", [c for c in ASKING if c != "bootstrap"])
def test_before_bootstrap_every_command_says_so(cloud_shop: CommandLine, command: str) -> None:
    cloud_shop.edit('account: "000000000000"', f'account: "{ELSEWHERE}"')  # the same cloud, another, empty account
    said = cloud_shop(command, "--json")
    assert (said.code, said.error["code"]) == (2, "prerequisite_missing")
    assert "local is not bootstrapped yet" in said.error["reason"]
    assert said.error["fix"] == "shopctl bootstrap --env local"


def test_a_real_environment_without_credentials_is_refused_and_never_sent_to_the_local_cloud(
    cloud_shop: CommandLine, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    for command in ("status", "deploy", "destroy", "bootstrap"):
        said = cloud_shop(command, "--env", "dev", "--json")
        assert (said.code, said.error["code"]) == (2, "credentials_missing")
        assert "aws sso login" in said.error["fix"]


def test_expired_credentials_are_told_from_wrong_ones(cloud_shop: CommandLine, cloud: LocalCloud) -> None:
    cloud.inflict(Error(code="ExpiredToken", message="The security token is expired", status=403), service="sts")
    said = cloud_shop("status", "--json")
    assert (said.code, said.error["code"]) == (4, "credentials_expired")
    assert "aws sso login" in said.error["fix"]
    cloud.lift()
    cloud.inflict(Error(code="InvalidClientTokenId", message="The token is invalid", status=403), service="sts")
    said = cloud_shop("status", "--json")
    assert (said.code, said.error["code"]) == (4, "aws_failed")
    assert "does not know these credentials" in said.error["reason"]


def test_credentials_that_expire_between_two_calls_are_named_as_such(
    cloud_shop: CommandLine, cloud: LocalCloud
) -> None:
    cloud.inflict(Error(code="ExpiredToken", message="The provided token has expired."), service="s3")
    said = cloud_shop("history", "--json")
    assert said.code == 4
    assert "the AWS credentials have expired" in said.error["reason"]
    assert "aws sso login" in said.error["fix"]


def test_throttling_that_ends_is_waited_out(cloud_shop: CommandLine, cloud: LocalCloud) -> None:
    cloud.inflict(Throttle(), service="sts", count=2)
    cloud.inflict(Throttle(), service="s3", count=1)
    assert cloud_shop("history", "--json").data == {"runs": []}


def test_throttling_without_end_is_named_with_what_helps(cloud_shop: CommandLine, cloud: LocalCloud) -> None:
    cloud.inflict(Throttle(), service="s3")
    said = cloud_shop("history", "--json")
    assert (said.code, said.error["retryable"]) == (4, True)
    assert "AWS throttles" in said.error["reason"]
    assert "Wait a minute" in said.error["fix"]


def test_the_control_store_survives_the_loss_of_one_region_and_not_of_two(
    cloud_shop: CommandLine, cloud: LocalCloud
) -> None:
    for lost in ("eu-central-1", "eu-west-1", "eu-north-1"):
        cloud.inflict(BlackHole(), service="s3", region=lost)
        assert cloud_shop("history", "--json").data == {"runs": []}
        cloud.lift()
    for lost in ("eu-west-1", "eu-north-1"):
        cloud.inflict(BlackHole(), service="s3", region=lost)
    said = cloud_shop("history", "--json")
    assert (said.code, said.error["code"], said.error["retryable"]) == (4, "control_store_unavailable", True)
    assert "only 1 of 3 control buckets answered and 2 are needed" in said.error["reason"]
    assert "eu-west-1" in said.error["reason"]
    assert "eu-north-1" in said.error["reason"]
