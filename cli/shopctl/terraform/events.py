"""What Terraform says while it works: one line of ``-json`` output -> one typed event.

Pure. Source: developer.hashicorp.com/terraform/internals/machine-readable-ui, major version 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

JsonValue = Any  # a decoded JSON document has no useful static type
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A resource that the plan will act on."""

    address: str
    action: str
    reason: str | None
    importing: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """A resource that was changed or deleted outside Terraform."""

    address: str
    action: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A resource was read back."""

    address: str


@dataclass(frozen=True, slots=True)
class ApplyStart:
    """Work on a resource begins."""

    address: str
    action: str


@dataclass(frozen=True, slots=True)
class ApplyProgress:
    """Work on a resource goes on; Terraform says so every 10 seconds."""

    address: str
    action: str
    elapsed_seconds: int


@dataclass(frozen=True, slots=True)
class ApplyComplete:
    """Work on a resource is done."""

    address: str
    action: str
    elapsed_seconds: int
    id: str | None


@dataclass(frozen=True, slots=True)
class ApplyErrored:
    """Work on a resource failed; the diagnostic that says why follows."""

    address: str
    action: str
    elapsed_seconds: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning. ``place`` is ``file:line`` in the stack's folder; no source line is kept."""

    severity: Severity
    summary: str
    detail: str
    place: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSummary:
    """How many resources the operation adds, changes, removes and imports; outputs do not count."""

    operation: str
    add: int
    change: int
    remove: int
    imported: int


@dataclass(frozen=True, slots=True)
class Outputs:
    """The stack's outputs after an apply; a sensitive one has no value here."""

    values: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class StateLockWait:
    """Terraform waits for the state lock that somebody else holds."""


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line that is not a message: a panic, or output of a program that Terraform started."""

    text: str


Event = (
    PlannedChange
    | Drift
    | Refreshed
    | ApplyStart
    | ApplyProgress
    | ApplyComplete
    | ApplyErrored
    | Diagnostic
    | ChangeSummary
    | Outputs
    | StateLockWait
    | RawLine
)


def parse_line(line: str) -> Event | None:
    """Read one line of output; None for a blank line and for message types that nobody here needs."""
    text = line.strip()
    if not text:
        return None
    try:
        message = json.loads(text)
    except ValueError:
        return RawLine(text)
    if not isinstance(message, dict) or "type" not in message:
        return RawLine(text)
    parse = _PARSERS.get(message["type"])
    return parse(message) if parse else None


def _address(part: Mapping[str, JsonValue]) -> str:
    return str(part["resource"]["addr"])


def _planned(change: Mapping[str, JsonValue]) -> PlannedChange:
    return PlannedChange(
        address=_address(change), action=change["action"], reason=change.get("reason"), importing="importing" in change
    )


def _work(hook: Mapping[str, JsonValue]) -> tuple[str, str]:
    return _address(hook), hook["action"]


def _elapsed(hook: Mapping[str, JsonValue]) -> int:
    return int(hook.get("elapsed_seconds", 0))


def _complete(hook: Mapping[str, JsonValue]) -> ApplyComplete:
    return ApplyComplete(*_work(hook), _elapsed(hook), hook.get("id_value"))


def diagnostic(part: Mapping[str, JsonValue]) -> Diagnostic:
    """Read the ``diagnostic`` of a message. The snippet is dropped: its values may be secrets."""
    where = part.get("range")
    return Diagnostic(
        severity=cast("Severity", part["severity"]),
        summary=part["summary"],
        detail=part.get("detail", ""),
        place=f"{where['filename']}:{where['start']['line']}" if where else None,
        address=part.get("address"),
    )


def _summary(changes: Mapping[str, JsonValue]) -> ChangeSummary:
    return ChangeSummary(
        operation=changes["operation"],
        add=changes["add"],
        change=changes["change"],
        remove=changes["remove"],
        imported=changes.get("import", 0),
    )


def _outputs(outputs: Mapping[str, JsonValue]) -> Outputs:
    return Outputs(values={name: output["value"] for name, output in outputs.items() if "value" in output})


def parse_plain(text: str) -> tuple[Diagnostic, ...]:
    """Read the errors that a command without ``-json`` prints, boxed or not."""
    lines = [line.strip().lstrip("│╷╵").strip() for line in text.splitlines()]
    blocks = re.split(r"^Error: ", "\n".join(lines), flags=re.MULTILINE)[1:]
    return tuple(
        Diagnostic(severity="error", summary=head.strip(), detail=rest.strip())
        for head, _, rest in (block.partition("\n") for block in blocks)
    )


_PARSERS: Mapping[str, Callable[[Mapping[str, JsonValue]], Event]] = {
    "planned_change": lambda message: _planned(message["change"]),
    "resource_drift": lambda message: Drift(_address(message["change"]), message["change"]["action"]),
    "refresh_complete": lambda message: Refreshed(_address(message["hook"])),
    "apply_start": lambda message: ApplyStart(*_work(message["hook"])),
    "apply_progress": lambda message: ApplyProgress(*_work(message["hook"]), _elapsed(message["hook"])),
    "apply_complete": lambda message: _complete(message["hook"]),
    "apply_errored": lambda message: ApplyErrored(*_work(message["hook"]), _elapsed(message["hook"])),
    "diagnostic": lambda message: diagnostic(message["diagnostic"]),
    "change_summary": lambda message: _summary(message["changes"]),
    "outputs": lambda message: _outputs(message["outputs"]),
    "state_lock_acquire": lambda _: StateLockWait(),
}
