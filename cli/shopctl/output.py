"""The one place that prints: results and errors as text for people or as one JSON envelope.

People read stderr while a command works and stdout for what it found; ``--json`` puts exactly one
envelope on stdout, also on failure.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shopctl.errors import ExitCode, ShopctlError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

ENVELOPE_FORMAT = 1
WIDTH_OF_FILES = 240  # columns: a table in a log or a pipe is not cut to a terminal that is not there

_STATUS = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused",
    ExitCode.PAUSED: "paused",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a command found or did.

    ``data`` is the machine's answer (JSON types only); ``human`` is the same for people: text or a
    rich renderable; ``warnings`` are sentences that hold although the command succeeded.
    """

    command: str
    data: Mapping[str, Any]
    human: RenderableType = ""
    exit_code: ExitCode = ExitCode.DONE
    warnings: tuple[str, ...] = field(default=())


def console(*, stderr: bool = False) -> Console:
    """Make a rich console that prints text as it is: ``[x]`` in HCL is not markup."""
    from rich.console import Console  # noqa: PLC0415 - rich costs 60 ms that --json and errors need not pay

    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = WIDTH_OF_FILES
    return made


def show_result(result: Result, *, as_json: bool) -> int:
    """Print a result and return the exit code that goes with it."""
    if as_json:
        _print_envelope(result.command, result.exit_code, data=result.data, warnings=result.warnings)
        return int(result.exit_code)
    out = console()
    if result.human:
        out.print(result.human)
    for warning in result.warnings:
        console(stderr=True).print(f"warning: {warning}", style="yellow")
    return int(result.exit_code)


def show_error(error: ShopctlError, *, command: str, as_json: bool) -> int:
    """Print an error with its cure and return its exit code."""
    if as_json:
        _print_envelope(command, error.exit_code, error=error)
        return int(error.exit_code)
    err = console(stderr=True)
    label = _STATUS.get(error.exit_code, "error")
    err.print(f"{label}: {error.reason}", style="yellow" if label == "paused" else "red")
    if error.fix:
        err.print(f"  → {error.fix}")
    return int(error.exit_code)


def _print_envelope(
    command: str,
    exit_code: ExitCode,
    *,
    data: Mapping[str, Any] | None = None,
    warnings: tuple[str, ...] = (),
    error: ShopctlError | None = None,
) -> None:
    errors = (
        []
        if error is None
        else [{"code": error.code, "reason": error.reason, "fix": error.fix, "retryable": error.retryable}]
    )
    envelope = {
        "format": ENVELOPE_FORMAT,
        "command": command,
        "status": _STATUS.get(exit_code, "failed"),
        "exit_code": int(exit_code),
        "data": dict(data or {}),
        "warnings": list(warnings),
        "errors": errors,
    }
    sys.stdout.write(json.dumps(envelope, indent=2, ensure_ascii=False, default=str) + "\n")
