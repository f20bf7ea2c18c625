"""Help, completion and the documentation know every command; a typing mistake gets an answer that helps."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from conftest import Golden
from shopctl.main import app
from support.command_line import CommandLine
from support.environments import PROJECT

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
SHOPCTL = [sys.executable, "-c", "from shopctl.main import main; main()"]


def leaves(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead to it."""
    found = command or typer.main.get_command(app)
    if not hasattr(found, "commands"):
        yield path, found
        return
    for name, child in sorted(found.commands.items()):
        if not child.hidden:
            yield from leaves(child, (*path, name))


COMMANDS = dict(leaves())
CHANGING = {("bootstrap",), ("deploy",), ("destroy",)}
every_command = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)


def type_in(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run shopctl in a process of its own with a bare environment."""
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "COLUMNS": "80", **environment}
    return subprocess.run([*SHOPCTL, *arguments], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False)


@every_command
def test_every_command_says_what_it_does_and_shows_examples_that_parse(path: tuple[str, ...]) -> None:
    text = COMMANDS[path].help
    assert re.match(r"[A-Z][^\n]+[.:]", text), "the first line is a sentence"
    head, _, examples = text.partition("Examples:")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    assert head
    assert any(f"shopctl {' '.join(path)}" in line for line in lines), lines


@every_command
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    options = COMMANDS[path].params
    assert [option.name for option in options if not re.match(r"[A-Z].+\.", option.help or "")] == []


@every_command
def test_options_mean_the_same_on_every_command(path: tuple[str, ...]) -> None:
    options = {flag for option in COMMANDS[path].params for flag in option.opts}
    assert "--json" in options
    if path[0] not in {"local", "schema"}:
        assert {"--env", "-e"} <= options
    assert ({"--dry-run", "--yes", "-y"} <= options) == (path in CHANGING)


@every_command
def test_examples_use_options_that_the_command_has(path: tuple[str, ...]) -> None:
    examples = COMMANDS[path].help.partition("Examples:")[2]
    for line in re.split(r"\n|;|&&|\$\(", examples):
        words = line.replace('"', "").replace(")", "").split()
        if words[:1] != ["shopctl"]:
            continue
        shown = max((p for p in COMMANDS if tuple(words[1 : 1 + len(p)]) == p), key=len)
        known = {flag for option in COMMANDS[shown].params for flag in option.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


@every_command
def test_every_command_is_documented(path: tuple[str, ...]) -> None:
    pages = [page for page in (PROJECT / "README.md", PROJECT / "docs" / "commands.md") if page.is_file()]
    words = f"shopctl {' '.join(path)}"
    found = [page.name for page in pages if re.search(rf"\b{words}\b", page.read_text(encoding="utf-8"))]
    assert found, f"neither README.md nor docs/commands.md says anything of `{words}`"


@pytest.mark.parametrize("path", [(), ("local",), ("deploy",)], ids=["shopctl", "local", "deploy"])
def test_help_is_what_was_reviewed(path: tuple[str, ...], golden: Golden) -> None:
    shown = type_in(*path, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    text = "\n".join(line.rstrip() for line in shown.stdout.splitlines()) + "\n"
    golden(GOLDEN / f"help-{'-'.join(path) or 'shopctl'}.txt", text)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("shopctl dep", {"deploy"}),
        ("shopctl local ", {"up", "down", "status", "env"}),
        ("shopctl destroy --d", {"--dry-run"}),
    ],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: set[str]) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split(" ")) - 1)}
    shown = type_in(**words, _SHOPCTL_COMPLETE="complete_bash")
    assert shown.returncode == 0, shown.stderr
    assert offered <= set(shown.stdout.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_put_into_every_common_shell(shell: str) -> None:
    shown = type_in(_SHOPCTL_COMPLETE=f"source_{shell}")
    assert shown.returncode == 0
    assert "_SHOPCTL_COMPLETE" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "answer", "cure"),
    [
        (("depoly",), "Did you mean 'deploy'", "see: shopctl --help"),
        (("local", "upp"), "Did you mean 'up'", "see: shopctl local --help"),
        (("deploy", "--dryrun"), "--dry-run", "see: shopctl deploy --help"),
        (("destroy", "--yess"), "--yes", "see: shopctl destroy --help"),
        (("history", "-n", "many"), "Invalid value for '--limit'", "see: shopctl history --help"),
        (("history", "-n", "0"), "Invalid value for '--limit'", "see: shopctl history --help"),
        (("status", "local"), "unexpected extra argument", "see: shopctl status --help"),
        (("deploy", "--env"), "--env", "see: shopctl deploy --help"),
        (("--env", "dev", "status"), "No such option: --env", "options follow the command"),
    ],
)
def test_a_typing_mistake_is_named_with_what_was_meant(
    shop: CommandLine, arguments: tuple[str, ...], answer: str, cure: str
) -> None:
    said = shop(*arguments)
    assert (said.code, said.out) == (2, "")
    assert answer in said.err
    assert cure in said.err
    assert "Traceback" not in said.err


def test_no_command_shows_the_help(shop: CommandLine) -> None:
    for arguments in ((), ("local",)):
        said = shop(*arguments)
        assert said.code == 2
        assert "Usage: shopctl" in said.out
        assert said.err == ""


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    shell = f"'{SHOPCTL[0]}' -c '{SHOPCTL[2]}' schema | head -1; echo ${{PIPESTATUS[0]}}"
    shown = subprocess.run(["bash", "-c", shell], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (shown.stdout, shown.stderr) == ("{\n0\n", "")
