"""A process that may outlive the one that started it, named so that a reused pid is not mistaken for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

# Linux computes the creation time from the boot time, which moves with clock corrections; a pid is not
# given out again within this span.
_CREATED_TOLERANCE_SECONDS = 2.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this machine: its pid, and when it was created in seconds since the epoch."""

    pid: int
    created: float


def identify(pid: int) -> Process:
    """Name a running process.

    Raises: psutil.NoSuchProcess where there is none of that pid.
    """
    return Process(pid=pid, created=psutil.Process(pid).create_time())


def is_alive(process: Process) -> bool:
    """Whether exactly this process still runs; a zombie has ended, and a stranger with its pid is not it."""
    try:
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.created) < _CREATED_TOLERANCE_SECONDS
        return same and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(process: Process, *, still_waiting: Callable[[float], bool] = lambda _seconds: True) -> bool:
    """Wait until a process has ended, child or not; True when it has.

    ``still_waiting`` is told the seconds waited so far, several times a second, and ends the wait with False.
    """
    begin = time.monotonic()
    while is_alive(process):
        if not still_waiting(time.monotonic() - begin):
            return False
        time.sleep(_POLL_SECONDS)
    return True


def find_terraform_on(state_key: str, endpoint: str | None) -> Process | None:
    """Find a Terraform on this machine that works, or may work, on the state with this key in this cloud.

    ``endpoint`` is that of the local cloud, or None for AWS. A Terraform that shopctl started says in its folder and
    environment what it works on; of any other, all that can be said is that it lives, so it counts.
    """
    for process in psutil.process_iter(["name", "create_time", "status"]):
        # Version managers install it as terraform_1.11.4 and the like; a provider works for a Terraform.
        name = process.info["name"]
        if not name.startswith("terraform") or name.startswith("terraform-provider"):
            continue
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        try:
            if _may_work_on(process, state_key, endpoint):
                return Process(process.pid, process.info["create_time"])
        except psutil.NoSuchProcess:
            continue
    return None


def _may_work_on(process: psutil.Process, state_key: str, endpoint: str | None) -> bool:
    try:
        backend = Path(process.cwd()).parents[2] / "backend.tfbackend"
        if process.environ().get("AWS_ENDPOINT_URL") != endpoint:
            return False
        return f'"{state_key}"' in backend.read_text(encoding="utf-8")
    except (psutil.AccessDenied, OSError, IndexError):
        return True


def end_orphaned_providers(folder: Path) -> int:
    """End the providers in a stack's folder whose Terraform is dead, and return how many there were.

    A provider only answers its Terraform. One that outlived it, and that nobody asks any more, may hang for good.
    """
    ended = 0
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"].startswith("terraform-provi") and _is_orphan_of(process, folder):
                process.kill()
                ended += 1
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return ended


def _is_orphan_of(process: psutil.Process, folder: Path) -> bool:
    command, parent = process.cmdline(), process.parent()
    has_terraform = parent is not None and parent.name().startswith("terraform")
    return bool(command) and command[0].startswith(f"{folder}/") and not has_terraform
