"""Why a Terraform command failed, as an error that says what to do next.

Pure: it reads exit code and messages, and knows Terraform's and AWS's wording for the failures that have a
cure of their own. Wording: Terraform 1.11 sources, and what the AWS provider 5.100 passes on from the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shopctl.errors import GateRefused, Interrupted, LockHeld, PrerequisiteError, ShopctlError, TerraformFailed
from shopctl.terraform.events import Diagnostic

_DETAIL_CHARACTERS = 2_000
_DIAGNOSTICS_TOLD = 5
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD", re.IGNORECASE)
# Parts of signed requests that an SDK may quote in an error.
_SIGNED = re.compile(r"((?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|Credential)=)[^&\s,\"]+")


class CommandFailed(TerraformFailed):
    """A Terraform command failed; ``diagnostics`` are its errors."""

    def __init__(self, reason: str, fix: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(reason, fix)
        self.diagnostics = diagnostics


class Throttled(CommandFailed):
    """AWS refused requests because there were too many, longer than the provider retries."""

    code = "throttled"
    retryable = True


class Unreachable(CommandFailed):
    """An AWS endpoint did not answer."""

    code = "endpoint_unreachable"
    retryable = True


class CredentialsRefused(CommandFailed):
    """The credentials are missing, expired or unknown."""

    code = "credentials_refused"


class WrongAccount(CommandFailed):
    """The credentials belong to another account than the environment's."""

    code = "wrong_account"


class ProviderCrashed(CommandFailed):
    """The provider's process ended in the middle."""

    code = "provider_crashed"
    retryable = True


class TerraformKilled(CommandFailed):
    """A signal ended Terraform: its lock may be left and its last changes may be in no state."""

    code = "terraform_killed"
    retryable = True


class StateNotSaved(CommandFailed):
    """Terraform made changes and could not write its state; the work folder keeps it."""

    code = "state_not_saved"
    retryable = True


class ProviderUnavailable(PrerequisiteError):
    """Terraform could not install the provider."""

    code = "provider_unavailable"


class LockFileMismatch(PrerequisiteError):
    """The provider at hand is not the one that the dependency lock file names."""

    code = "lock_file_mismatch"


class PlanStale(GateRefused):
    """The state moved since the plan was made."""

    code = "plan_stale"


@dataclass(frozen=True, slots=True)
class StateLock:
    """Who holds a Terraform state lock; ``created`` is Terraform's own text of the time."""

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


@dataclass(frozen=True, slots=True)
class _Known:
    """A failure that has a cure of its own. ``label`` opens the reason; ``fix`` may end with how to go on."""

    wording: re.Pattern[str]
    error: type[CommandFailed | PrerequisiteError | GateRefused]
    label: str
    fix: str


def _known(wording: str, error: type[CommandFailed | PrerequisiteError | GateRefused], label: str, fix: str) -> _Known:
    return _Known(re.compile(wording, re.IGNORECASE | re.MULTILINE), error, label, fix)


_KNOWN = (
    _known(
        r"plugin did not respond|terraform crash|^panic: |stack trace from the .* plugin",
        ProviderCrashed,
        "the provider crashed",
        "the log has the trace; {again}",
    ),
    _known(
        r"doesn't match any of the checksums|inconsistent dependency lock file|provider dependency changes detected",
        LockFileMismatch,
        "the provider is not the one in .terraform.lock.hcl",
        "where the platform is new to the project, add its checksums in each folder of terraform/stacks and commit: "
        "terraform providers lock -platform=OS_ARCH; else find out why the provider differs",
    ),
    _known(
        r"required plugins are not installed|failed to (query available|install) provider|could not connect to registry"
        r"|invalid provider registry host|no available releases match",
        ProviderUnavailable,
        "the AWS provider could not be installed",
        "allow access to registry.terraform.io or install a provider mirror, then run: shopctl doctor",
    ),
    _known(
        r"aws account id not allowed",
        WrongAccount,
        "the credentials belong to another account",
        "use credentials of the account that env.yaml names, then run: shopctl doctor",
    ),
    _known(
        r"expiredtoken|token (included in the request )?(is|has) expired|requestexpired|invalidclienttokenid"
        r"|no valid credential sources|unrecognizedclient|authfailure",
        CredentialsRefused,
        "the AWS credentials are missing, expired or unknown",
        "renew the credentials, then {again}",
    ),
    _known(
        r"throttl|requestlimitexceeded|toomanyrequests|rate exceeded|slowdown",
        Throttled,
        "AWS refused for too many requests",
        "wait some minutes, then {again}",
    ),
    _known(
        r"connection refused|no such host|connection reset by peer|i/o timeout|network is unreachable|\bEOF\b",
        Unreachable,
        "an AWS endpoint does not answer",
        "check it with: shopctl doctor; then {again}",
    ),
    _known(
        r"saved plan is stale",
        PlanStale,
        "the state has moved since the plan was made",
        "plan again: shopctl plan",
    ),
)


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
    for known in _KNOWN:
        if known.wording.search(text):
            reason = f"{failure.title}: {known.label}\n{said}\nlog: {failure.log}"
            fix = known.fix.format(again=failure.again)
            if issubclass(known.error, CommandFailed):
                return known.error(reason, fix, failure.diagnostics)
            return known.error(reason, fix)
    return CommandFailed(
        f"{failure.title} failed\n{said}\nlog: {failure.log}",
        f"remove the cause, then {failure.again}",
        failure.diagnostics,
    )


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
        operation=fields.get("Operation", "").removeprefix("OperationType").lower(),
        who=fields.get("Who", "an unknown holder"),
        created=fields.get("Created", "an unknown time"),
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
