"""What stands where: read from states, locks and journals; nothing is changed and no Terraform runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shopctl.aws.states import StateLock, read_state, read_state_lock
from shopctl.environment import Environment
from shopctl.runs.history import RunSummary, history
from shopctl.runs.lock import EnvironmentLock
from shopctl.stacks import Stack


@dataclass(frozen=True, slots=True)
class StackStatus:
    """One stack: how many resources its state holds, at which serial, and who has locked it."""

    stack: Stack
    resources: int
    serial: int | None
    lock: StateLock | None


@dataclass(frozen=True, slots=True)
class Status:
    """One environment. ``holder`` says who holds its lock now; ``last_run`` is the newest run of all."""

    env: str
    account: str
    cloud: str
    active_region: str
    stacks: tuple[StackStatus, ...]
    holder: str | None
    last_run: RunSummary | None


def read_status(environment: Environment) -> Status:
    """Read the status of an environment.

    Raises: AwsFailed; ControlStoreUnavailable.
    """
    with ThreadPoolExecutor(len(environment.graph)) as pool:
        stacks = tuple(pool.map(lambda stack: _read_stack(environment, stack), environment.graph))
    lock = EnvironmentLock(environment.control, environment.name).view()
    runs = history(environment.control, environment.name, limit=1)
    return Status(
        env=environment.name,
        account=environment.spec.account,
        cloud=environment.spec.cloud,
        active_region=environment.facts.active_region,
        stacks=stacks,
        holder=str(lock.claim) if lock and not lock.is_released else None,
        last_run=runs[0] if runs else None,
    )


def _read_stack(environment: Environment, stack: Stack) -> StackStatus:
    state = read_state(environment.cloud, stack.state)
    return StackStatus(
        stack=stack,
        resources=len(state.resources) if state else 0,
        serial=state.serial if state else None,
        lock=read_state_lock(environment.cloud, stack.state),
    )
