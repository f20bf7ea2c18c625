"""What stands where and what runs there, read from states, locks, journals and AWS; nothing is changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from shopctl.aws.sites import Site, read_site
from shopctl.aws.states import StateLock, StateSnapshot, read_state, read_state_lock
from shopctl.environment import Environment
from shopctl.errors import AwsFailed
from shopctl.runs.history import RunSummary, history
from shopctl.runs.lock import EnvironmentLock
from shopctl.stacks import Stack


@dataclass(frozen=True, slots=True)
class StackStatus:
    """One stack: how many resources its state holds, at which serial, and who has locked it.

    ``site`` is what runs there, for the stack of a region that stands; ``problem`` says why that is not known.
    """

    stack: Stack
    resources: int
    serial: int | None
    lock: StateLock | None
    site: Site | None = None
    problem: str | None = None


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
    status = StackStatus(
        stack=stack,
        resources=len(state.resources) if state else 0,
        serial=state.serial if state else None,
        lock=read_state_lock(environment.cloud, stack.state),
    )
    if state is None or not state.resources or stack.id.root != "site":
        return status
    return _with_site(environment, status, state)


def _with_site(environment: Environment, status: StackStatus, state: StateSnapshot) -> StackStatus:
    """The status with what runs in the region; one that does not answer must not hide the other."""
    outputs = {name: output.value for name, output in state.outputs.items()}
    try:
        return replace(status, site=read_site(environment.cloud, status.stack.region, outputs))
    except AwsFailed as error:
        return replace(status, problem=error.reason)
