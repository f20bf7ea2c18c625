"""Every error that a user may see: what happened, where, and what to do next.

An error is raised in core or shell and shown once, in ``main``. Each class carries a stable
``code`` (snake_case, part of the ``--json`` envelope) and the process exit code.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process exit status says; aborted or refused is never 0."""

    DONE = 0
    BUG = 1
    USAGE = 2
    GATE_REFUSED = 3
    FAILED = 4
    REFUSED = 5
    PAUSED = 6
    INTERRUPTED = 130


class ShopctlError(Exception):
    """The base of all errors that ``main`` shows without a traceback.

    ``reason`` says what is wrong, naming the place; ``fix`` says what to do next, as a command where
    there is one. Neither may hold a secret. ``retryable`` is a claim: doing the same again can help.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    retryable: ClassVar[bool] = False

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


class UsageError(ShopctlError):
    """The command line asks for something that does not exist or does not go together."""

    code = "usage"
    exit_code = ExitCode.USAGE


class SpecError(ShopctlError):
    """env.yaml cannot be read or breaks a rule; the reason names file and line."""

    code = "spec_invalid"
    exit_code = ExitCode.USAGE


class PrerequisiteError(ShopctlError):
    """Something this machine needs is missing: Terraform, a provider, a port, disk, credentials."""

    code = "prerequisite_missing"
    exit_code = ExitCode.USAGE


class GateRefused(ShopctlError):
    """The gate found a failure, or a plan bundle may not be applied."""

    code = "gate_refused"
    exit_code = ExitCode.GATE_REFUSED


class TerraformFailed(ShopctlError):
    """Terraform ended with an error; its diagnostics are in the reason."""

    code = "terraform_failed"


class AwsFailed(ShopctlError):
    """An AWS API refused or could not be reached."""

    code = "aws_failed"


class ControlStoreUnavailable(ShopctlError):
    """Too few of the control buckets answered to read or write safely."""

    code = "control_store_unavailable"
    retryable = True


class LockHeld(ShopctlError):
    """Another run holds the environment's lock, or a Terraform state lock is taken."""

    code = "lock_held"
    retryable = True


class LockLost(ShopctlError):
    """This run's epoch is no longer the highest: another process took over, so this one must stop."""

    code = "lock_lost"


class Refused(ShopctlError):
    """The operator said no, or the environment is protected against what was asked."""

    code = "refused"
    exit_code = ExitCode.REFUSED


class Paused(ShopctlError):
    """The run waits for a decision; ``fix`` is the exact command that goes on."""

    code = "paused"
    exit_code = ExitCode.PAUSED


class Interrupted(ShopctlError):
    """The operator stopped the run with a signal; ``fix`` says how to go on."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED
