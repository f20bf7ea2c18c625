"""Why a Terraform command failed, as an error that says what to do next.

Pure: it reads exit code and messages; ``causes`` has the failures that have a cure of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shopctl.errors import Interrupted, LockHeld, ShopctlError
from shopctl.statelock import readable_operation, readable_time
from shopctl.terraform.causes import CAUSES, Cause, CommandFailed
from shopctl.terraform.events import Diagnostic

_DETAIL_CHARACTERS = 2_000
_DIAGNOSTICS_TOLD = 5
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD", re.IGNORECASE)
# Parts of signed requests that an SDK may quote in an error.
_SIGNED = re.compile(r"((?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|Credential)=)[^&\s,\"]+")


class TerraformKilled(CommandFailed):
    """A signal ended Terraform: its lock may be left and its last changes may be in no state."""

    code = "terraform_killed"
    retryable = True


class StateNotSaved(CommandFailed):
    """Terraform made changes and could not write its state; the work folder keeps it."""

    code = "state_not_saved"
    retryable = True


@dataclass(frozen=True, slots=True)
class StateLock:
    """Who holds a Terraform state lock, for which ``operation``, and since when (``created``, ISO 8601, UTC)."""

    id: str
    operation: str
    who: str
    created: str
    path: str


class StateLocked(LockHeld):
    """Somebody else's Terraform holds the lock of a stack's state."""

    code = "state_lock_held"

    def __init__(self, stack: str, lock: StateLock) -> None:
        super().__init__(
            f"the state of {stack} is locked by {lock.who} since {lock.created} ({lock.operation}, lock {lock.id})",
            f"wait for {lock.who}; if that Terraform is dead, run: shopctl resume",
        )
        self.lock = lock


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a command that failed."""

    command: str
    stack: str
    code: int
    interrupted: bool
    diagnostics: tuple[Diagnostic, ...]
    raw: tuple[str, ...]
    log: str

    @property
    def text(self) -> str:
        """All that was said, to look for known wording in."""
        said = (f"{item.summary}\n{item.detail}" for item in self.diagnostics)
        return "\n".join((*said, *self.raw))

    @property
    def title(self) -> str:
        """The command in words."""
        return f"terraform {self.command} of {self.stack}"

    @property
    def again(self) -> str:
        """How to go on once the cause is gone: only an apply leaves something to resume."""
        return "run: shopctl resume" if self.command == "apply" else "run the same command again"


def diagnose(failure: Failure) -> ShopctlError:
    """Name the error of a failed command. Pure; a full disk and a state left behind are for the caller to see."""
    if failure.interrupted:
        return Interrupted(
            f"{failure.title} was interrupted; it wrote its state and stopped", f"go on: {failure.again}"
        )
    if failure.code < 0:
        return _killed(failure)
    lock = find_state_lock(failure.text)
    return StateLocked(failure.stack, lock) if lock else _named(failure)


def _killed(failure: Failure) -> TerraformKilled:
    lost = "; what it made last may be in no state" if failure.command == "apply" else ""
    return TerraformKilled(
        f"{failure.title} was killed by signal {-failure.code}{lost}", failure.again, failure.diagnostics
    )


def _named(failure: Failure) -> ShopctlError:
    text = failure.text
    said = explain_all(failure.diagnostics) or "\n".join(failure.raw[-5:]) or f"it said nothing, exit {failure.code}"
    for cause in CAUSES:
        found = cause.wording.search(text)
        if found is not None:
            return _caused(failure, cause, said, found.groupdict().get("name") or "")
    return CommandFailed(
        f"{failure.title} failed\n{said}\nlog: {failure.log}",
        f"remove the cause, then {failure.again}",
        failure.diagnostics,
    )


def _caused(failure: Failure, cause: Cause, said: str, named: str) -> ShopctlError:
    reason = f"{failure.title}: {cause.label}\n{said}\nlog: {failure.log}"
    fix = cause.fix.format(again=failure.again, name=named or "NAME")
    if issubclass(cause.error, CommandFailed):
        return cause.error(reason, fix, failure.diagnostics, named)
    return cause.error(reason, fix)


def explain_all(diagnostics: Iterable[Diagnostic]) -> str:
    """The first diagnostics as text, one paragraph each, with what and where first."""
    said = [_explain(item) for item in diagnostics]
    more = len(said) - _DIAGNOSTICS_TOLD
    return "\n".join([*said[:_DIAGNOSTICS_TOLD], *([f"and {more} more"] if more > 0 else [])])


def _explain(item: Diagnostic) -> str:
    where = ", ".join(place for place in (item.address, item.place) if place)
    detail = item.detail.strip()[:_DETAIL_CHARACTERS]
    head = f"{item.summary} ({where})" if where else item.summary
    return f"{head}: {detail}" if detail else head


def find_state_lock(text: str) -> StateLock | None:
    """Read Terraform's "Lock Info" from an error; None where the error is not about a held lock."""
    if "Lock Info:" not in text:
        return None
    fields = dict(re.findall(r"^\s+(ID|Path|Operation|Who|Created):[ \t]*(.*?)\s*$", text, re.MULTILINE))
    return StateLock(
        id=fields.get("ID", ""),
        operation=readable_operation(fields.get("Operation", "")),
        who=fields.get("Who", "an unknown holder"),
        created=readable_time(fields.get("Created", "an unknown time")),
        path=fields.get("Path", ""),
    )


class Redactor:
    """Takes secrets out of text: values of the environment that are secret by name, and signatures."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._secrets = tuple(
            value for name, value in environment.items() if _SECRET_NAME.search(name) and len(value) >= 8
        )

    def __call__(self, text: str) -> str:
        """The text without what is known to be secret."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return _SIGNED.sub(r"\1[secret]", text)
