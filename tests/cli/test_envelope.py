"""The contract of ``--json``: one versioned document on stdout, whatever happens, and an exit code that fits it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import shopctl
from shopctl.commands import options
from shopctl.errors import ExitCode, ShopctlError
from shopctl.main import app
from shopctl.output import Result, show_error, show_result
from support.command_line import CommandLine, Said

KEYS = {"format", "command", "status", "exit_code", "data", "warnings", "errors"}
ERROR_KEYS = {"code", "reason", "fix", "retryable"}
STATUSES = {
    ExitCode.DONE: "done",
    ExitCode.BUG: "failed",
    ExitCode.USAGE: "failed",
    ExitCode.GATE_REFUSED: "failed",
    ExitCode.FAILED: "failed",
    ExitCode.REFUSED: "refused",
    ExitCode.PAUSED: "paused",
    ExitCode.INTERRUPTED: "interrupted",
}


def every_error() -> list[type[ShopctlError]]:
    """All classes of errors that any module of shopctl defines."""
    for module in pkgutil.walk_packages(shopctl.__path__, "shopctl."):
        importlib.import_module(module.name)

    def below(kind: type[ShopctlError]) -> Iterator[type[ShopctlError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    return sorted({kind for kind in below(ShopctlError) if kind.__module__.startswith("shopctl.")}, key=str)


def check_contract(said: Said) -> None:
    """Both key sets, the versions, and the agreement of exit code and status."""
    envelope = said.envelope
    assert envelope.keys() == KEYS
    assert envelope["format"] == 1
    assert envelope["exit_code"] == said.code
    assert envelope["status"] == STATUSES[ExitCode(said.code)]
    assert all(error.keys() == ERROR_KEYS for error in envelope["errors"])


def test_every_error_has_a_code_of_its_own_and_an_exit_code() -> None:
    kinds = every_error()
    codes = [kind.code for kind in kinds if "code" in vars(kind)]
    assert len(kinds) > 20
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)
    assert sorted(codes) == sorted(set(codes))
    assert {kind.exit_code for kind in kinds} <= set(ExitCode) - {ExitCode.DONE}


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_makes_one_envelope_with_its_cure(
    kind: type[ShopctlError], capsys: pytest.CaptureFixture[str]
) -> None:
    error = kind.__new__(kind)
    error.reason, error.fix = "what happened [here]", "what to type: shopctl …"
    code = show_error(error, command="deploy", as_json=True)
    said = Said(code, *capsys.readouterr())
    check_contract(said)
    assert said.err == ""
    assert code == kind.exit_code
    assert said.error == {"code": kind.code, "reason": error.reason, "fix": error.fix, "retryable": kind.retryable}


def test_exit_codes_are_those_that_the_documentation_promises() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0, "BUG": 1, "USAGE": 2, "GATE_REFUSED": 3, "FAILED": 4, "REFUSED": 5, "PAUSED": 6, "INTERRUPTED": 130,
    }  # fmt: skip


def test_a_result_carries_its_data_and_its_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result("status", {"at": "née"}, "for people", ExitCode.GATE_REFUSED, ("the disk is nearly full",))
    said = Said(show_result(result, as_json=True), *capsys.readouterr())
    check_contract(said)
    assert (said.code, said.err, said.envelope["errors"]) == (3, "", [])
    assert said.envelope["data"] == {"at": "née"}
    assert said.envelope["warnings"] == ["the disk is nearly full"]


def test_people_read_results_on_stdout_and_warnings_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    code = show_result(Result("status", {"a": 1}, "all is [b]well[/b] :+1:", warnings=("but soon",)), as_json=False)
    said = capsys.readouterr()
    assert (code, said.out, said.err) == (0, "all is [b]well[/b] :+1:\n", "warning: but soon\n")


@pytest.mark.parametrize(
    ("arguments", "code", "command"),
    [
        (("deploy", "--dryrun"), ExitCode.USAGE, "deploy"),
        (("local", "up", "--port", "http"), ExitCode.USAGE, "local up"),
        (("local", "upp"), ExitCode.USAGE, "local"),
        (("depoly",), ExitCode.USAGE, "shopctl"),
        (("--env", "local"), ExitCode.USAGE, "shopctl"),
        (("status", "--env", "nope"), ExitCode.USAGE, "status"),
        (("status",), ExitCode.USAGE, "status"),
        (("local", "env"), ExitCode.USAGE, "local env"),
        (("local", "status"), ExitCode.DONE, "local status"),
        (("schema",), ExitCode.DONE, "schema"),
        (("doctor",), ExitCode.USAGE, "doctor"),
        (("bootstrap", "--dry-run"), ExitCode.USAGE, "bootstrap"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_json_is_one_document_that_names_its_command_whatever_happens(
    shop: CommandLine, arguments: tuple[str, ...], code: ExitCode, command: str
) -> None:
    said = shop(*arguments, "--json")
    check_contract(said)
    assert said.code == code, said.out
    assert said.envelope["command"] == command
    assert said.err == ""


@pytest.fixture
def buggy_command() -> Iterator[str]:
    """A command of the application that has a bug."""

    def explode(as_json: options.Json = False) -> None:
        raise KeyError("not foreseen")

    app.command(hidden=True)(explode)
    yield "explode"
    app.registered_commands.pop()


def test_a_bug_is_reported_as_one_without_a_traceback(shop: CommandLine, buggy_command: str) -> None:
    said = shop(buggy_command)
    assert (said.code, said.out) == (ExitCode.BUG, "")
    assert "a bug in shopctl: KeyError" in said.err
    assert "SHOPCTL_DEBUG=1" in said.err
    assert "Traceback" not in said.err


def test_a_bug_leaves_an_envelope_too(shop: CommandLine, buggy_command: str) -> None:
    said = shop(buggy_command, "--json")
    check_contract(said)
    assert (said.code, said.error["code"], said.err) == (ExitCode.BUG, "bug", "")


def test_debugging_shows_where_a_bug_is(shop: CommandLine, buggy_command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPCTL_DEBUG", "1")
    assert "Traceback" in shop(buggy_command).err
