"""Everything that runs Terraform goes through here; see ``door``."""

from shopctl.terraform.causes import (
    CapacityMissing,
    CommandFailed,
    CredentialsRefused,
    LockFileMismatch,
    PlanStale,
    ProviderCrashed,
    ProviderUnavailable,
    Throttled,
    Unreachable,
    WrongAccount,
)
from shopctl.terraform.crew import Running
from shopctl.terraform.diagnosis import StateLock, StateLocked, StateNotSaved, TerraformKilled
from shopctl.terraform.door import GO_MEMORY, Applied, OnEvent, OnStart, Planned, Terraform
from shopctl.terraform.installation import Installation, child_environment, find_installation
from shopctl.terraform.workdir import Workdir, WorkdirBusy, prepare

__all__ = [
    "GO_MEMORY",
    "Applied",
    "CapacityMissing",
    "CommandFailed",
    "CredentialsRefused",
    "Installation",
    "LockFileMismatch",
    "OnEvent",
    "OnStart",
    "PlanStale",
    "Planned",
    "ProviderCrashed",
    "ProviderUnavailable",
    "Running",
    "StateLock",
    "StateLocked",
    "StateNotSaved",
    "Terraform",
    "TerraformKilled",
    "Throttled",
    "Unreachable",
    "Workdir",
    "WorkdirBusy",
    "WrongAccount",
    "child_environment",
    "find_installation",
    "prepare",
]
