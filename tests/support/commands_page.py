"""The page docs/commands.md, made from the command line itself so that it can say nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import typer

from shopctl.errors import ExitCode
from shopctl.main import app

Path = tuple[str, ...]

_MEANINGS: Final[Mapping[ExitCode, str]] = {
    ExitCode.DONE: "done",
    ExitCode.BUG: "a bug in shopctl",
    ExitCode.USAGE: "a mistake in the command line, in env.yaml or on this machine; nothing was changed",
    ExitCode.GATE_REFUSED: "the gate refused, or the plan bundle no longer matches",
    ExitCode.FAILED: "Terraform or AWS failed, or somebody else holds a lock",
    ExitCode.REFUSED: "refused by the operator, by a protection, or because nobody was there to answer",
    ExitCode.PAUSED: "the run waits for a decision; what it printed says how to go on",
    ExitCode.INTERRUPTED: "stopped by a signal; `shopctl resume` goes on",
}

_HEAD: Final = """\
# Commands

This page is made from the program: `uv run pytest tests/rules/test_docs.py --update-golden` writes it anew.

All commands run in a checkout of this repository, as `uv run shopctl …`. They find the project from any folder in it.
Options follow the command. Results go to stdout; progress, questions and errors go to stderr.

Shell completion: `shopctl --install-completion`.

## Exit codes

| code | meaning |
|---|---|
"""

_ENVELOPE: Final = """
## `--json`

One document on stdout, also where a command fails:

| key | what it holds |
|---|---|
| `format` | 1; it changes when the meaning of a key changes |
| `command` | the command, such as `local up` |
| `status` | `done`, `failed`, `refused`, `paused` or `interrupted` |
| `exit_code` | as above |
| `data` | the command's answer |
| `warnings` | sentences that hold although the command succeeded |
| `errors` | each with `code` (stable), `reason`, `fix` and `retryable` |

## Environment variables

| variable | what it does |
|---|---|
| `SHOPCTL_ENV` | the environment, where `--env` does not say one |
| `SHOPCTL_HOME` | the work folder instead of `.shopctl` in the project |
| `SHOPCTL_TERRAFORM` | another Terraform than the one on PATH |
| `SHOPCTL_CHECKOV` | another checkov than the one in the work folder |
| `SHOPCTL_DEBUG` | any value: show the traceback of a bug |
"""


def commands() -> dict[Path, Any]:
    """Every command that does something, by the words that lead to it, in the order of the help."""
    return dict(_leaves(typer.main.get_command(app), ()))


def render_page() -> str:
    """The whole page."""
    codes = "".join(f"| {code.value} | {_MEANINGS[code]} |\n" for code in ExitCode)
    return _HEAD + codes + _ENVELOPE + "".join(_section(path, command) for path, command in commands().items())


def _leaves(command: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(child, (*path, name))


def _section(path: Path, command: Any) -> str:
    name = " ".join(("shopctl", *path))
    text, _, examples = command.help.partition("Examples:")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    options = "".join(_row(option) for option in command.params)
    return (
        f"\n## {name}\n\n{text.strip()}\n\n"
        f"| option | default | meaning |\n|---|---|---|\n{options}\n"
        "```bash\n" + "\n".join(lines) + "\n```\n"
    )


def _row(option: Any) -> str:
    flags = ", ".join(f"`{flag}`" for flag in option.opts)
    value = "" if option.is_flag else f" {option.metavar or _values(option)}"
    return f"| {flags}{value} | {_default(option)} | {_cell(option.help)} |\n"


def _values(option: Any) -> str:
    annotation = option.type_descriptor.annotation
    members = getattr(annotation, "__members__", None)
    return _cell(" or ".join(member.value for member in members.values())) if members else option.name.upper()


def _default(option: Any) -> str:
    shown = option.show_default if isinstance(option.show_default, str) else option.default
    return "" if shown is None or shown is False else _cell(str(getattr(shown, "value", shown)))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
