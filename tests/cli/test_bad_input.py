"""What is wrong with env.yaml or the command line is said with its place and its cure, before anything happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command_line import CommandLine

ACTING = ("render", "plan", "deploy", "destroy", "status", "outputs", "history", "resume", "doctor", "bootstrap")


@pytest.mark.parametrize("command", ACTING)
def test_an_unknown_environment_is_refused_with_those_that_there_are(shop: CommandLine, command: str) -> None:
    said = shop(command, "--env", "loca", "--json")
    assert (said.code, said.error["code"]) == (2, "usage")
    assert "'loca'" in said.error["reason"]
    assert "dev, local, prod" in said.error["fix"]


@pytest.mark.parametrize("name", ["../local", "local/../prod", "", ".", "a b"])
def test_an_environment_s_name_is_no_path(shop: CommandLine, name: str) -> None:
    said = shop("status", "--env", name, "--json")
    assert (said.code, said.error["code"]) == (2, "usage")
    assert "dev, local, prod" in said.error["fix"]


def test_the_environment_can_be_named_by_the_shell(shop: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPCTL_ENV", "staging")
    assert "'staging'" in shop("status").err
    assert "'test'" in shop("status", "--env", "test").err


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("domain:", "domian:", "did you mean domain?"),
        ("protected: false", "protected: sometimes", "true or false"),
        ('account: "000000000000"', "account: 000000000000", "in quotes"),
        ("flow_log_retention_days: 7", "flow_log_retention_days: 7d", "as a whole number: 7"),
        ("dr: eu-west-1", "dr: eu-central-1", "is the primary region"),
        ("dr: eu-west-1", "dr: eu-west-7", "did you mean eu-west-"),
        ("cidr: 10.1.0.0/16", "cidr: 10.0.0.0/16", "overlaps"),
        ("name: local", "name: lokal", "must be the name of the folder: local"),
    ],
)
def test_a_mistake_in_env_yaml_is_named_with_its_line_before_anything_happens(
    shop: CommandLine, right: str, wrong: str, told: str
) -> None:
    shop.edit(right, wrong)
    lines = shop.spec().read_text(encoding="utf-8").splitlines()
    place = f"{shop.spec()}:{max(number for number, line in enumerate(lines, 1) if wrong in line)}: "
    said = shop("deploy", "--json")
    assert (said.code, said.error["code"]) == (2, "spec_invalid")
    assert place in said.error["reason"]
    assert told in said.error["reason"]
    assert str(shop.spec()) in said.error["fix"]
    assert place in shop("deploy").err
    assert not shop.home.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe not text", "UTF-8"),
        (b"regions: [eu-central-1\n", "YAML"),
        (b"- a list\n", "env.yaml"),
        (b"", "empty"),
        (None, "env.yaml"),
    ],
    ids=["not text", "not YAML", "a list", "empty", "a folder"],
)
def test_an_env_yaml_that_cannot_be_read_is_named(shop: CommandLine, content: bytes | None, told: str) -> None:
    shop.spec().unlink()
    if content is None:
        shop.spec().mkdir()
    else:
        shop.spec().write_bytes(content)
    said = shop("deploy", "--json")
    assert (said.code, said.error["code"]) == (2, "spec_invalid")
    assert str(shop.spec()) in said.error["reason"]
    assert told in said.error["reason"]
    assert not shop.home.exists()


def test_outside_of_a_checkout_the_one_that_shopctl_is_installed_from_is_meant(
    shop: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "dev, local, prod" in shop("status", "--env", "nope").err


@pytest.mark.usefixtures("scanned")
def test_a_stack_that_is_not_there_is_refused_with_those_that_are(cloud_shop: CommandLine) -> None:
    for command in ("deploy", "destroy", "plan", "render", "outputs"):
        said = cloud_shop(command, "--stack", "bse@eu-west-1", "--json")
        assert (said.code, said.error["code"]) == (2, "usage")
        assert "did you mean base@eu-west-1?" in said.error["reason"]
        assert "base@eu-central-1, site@eu-central-1" in said.error["fix"]
