"""After a killed Terraform: back to where a plan can be trusted, without making anything twice.

The order matters: wait for a Terraform that still lives, push a state that it could not save, release the state
lock that a dead one left, then find what it made and saved in no state.
"""

from __future__ import annotations

from collections.abc import Callable

from shopctl.adopt import IMPORTS_FILE, find_existing, import_blocks, strangers
from shopctl.aws.inventory import StackInventory
from shopctl.aws.states import StateLock, read_state, read_state_lock
from shopctl.environment import Environment
from shopctl.errors import LockHeld, TerraformFailed
from shopctl.pipeline import Direction, Draft, draft_to_apply, prepare_stack
from shopctl.process import find_terraform_on
from shopctl.progress import Progress
from shopctl.stacks import Stack

# A round finds what the round before made knowable: VPC and subnets first, then what hangs on them.
MAX_ROUNDS = 5
TELL_EVERY_SECONDS = 10.0


class LeftBehind(TerraformFailed):
    """Resources carry the stack's tag but are in no state, and may hold data: a person must look."""

    code = "left_behind"


def recover(
    environment: Environment, stack: Stack, progress: Progress, *, direction: Direction, unlock: str | None = None
) -> Draft:
    """Bring a stack to a plan that counts everything that stands, whatever happened to earlier Terraforms.

    On the way down there is nothing to take in: what is in no state is deleted once the rest is gone. ``unlock`` is
    the id of a state lock that the operator vouches for.
    Raises: LockHeld where a lock's holder cannot be proven dead; TerraformFailed; AwsFailed.
    """
    subject = str(stack.id)
    progress.phase(subject, "recovering")
    environment.workdir(stack).wait_until_free(_teller(subject, progress))
    upstream = environment.upstream_of((stack,))
    work = prepare_stack(environment, stack, upstream)
    kept = environment.terraform.rescue(work)
    if kept:
        progress.say(f"{subject}: the state that could not be saved was pushed; a copy is in {kept}")
    lock = read_state_lock(environment.cloud, stack.state)
    if lock is not None:
        _require_dead(environment, stack, lock, unlock)
        environment.terraform.force_unlock(work, lock.id)
        progress.say(f"{subject}: released the state lock {lock.id} of {lock.who}, whose Terraform is dead")
    if direction == "down":
        return draft_to_apply(environment, stack, work, progress, direction=direction)
    return _adopt(environment, stack, progress)


def sweep(environment: Environment, stack: Stack) -> tuple[str, ...]:
    """Delete what carries the stack's tag, is in no state and holds no data; return the ARNs.

    Such a resource was made twice: a reply was lost after its effect, and Terraform asked again.
    Raises: LeftBehind for what may hold data; AwsFailed.
    """
    inventory = StackInventory(environment.cloud, stack.region)
    live = inventory.tagged(str(stack.id))
    found = strangers(live, _known(environment, stack)) if live else ()
    kept = tuple(tagged.arn for tagged in found if not inventory.delete_empty(tagged))
    if kept:
        raise LeftBehind(
            f"{stack.id}: in no state, but tagged as part of it: {', '.join(kept)}",
            "look at them in AWS: import what is needed, delete the rest, then run: shopctl resume",
        )
    return tuple(tagged.arn for tagged in found)


def _adopt(environment: Environment, stack: Stack, progress: Progress) -> Draft:
    imports: dict[str, str] = {}
    inventory = StackInventory(environment.cloud, stack.region)
    for _ in range(MAX_ROUNDS):
        upstream = environment.upstream_of((stack,))
        generated = {IMPORTS_FILE: import_blocks(imports)} if imports else {}
        work = prepare_stack(environment, stack, upstream, generated)
        draft = draft_to_apply(environment, stack, work, progress)
        found = find_existing(draft.plan, inventory) if draft.plan else {}
        if not found:
            return draft
        imports |= found
        progress.say(f"{stack.id}: {len(found)} resources stand already and are taken into the state")
    return draft


def _known(environment: Environment, stack: Stack) -> frozenset[str]:
    """The ids and ARNs of everything in a stack's state."""
    state = read_state(environment.cloud, stack.state)
    resources = state.resources if state else ()
    return frozenset(name for resource in resources for name in (resource.id, resource.arn) if name)


def _require_dead(environment: Environment, stack: Stack, lock: StateLock, unlock: str | None) -> None:
    """Return only where the lock's holder is proven dead, or the operator vouches for it by the lock's id.

    The proof: this run holds the environment's lock, so no other shopctl is at work; the lock was taken as this user on
    this host; and no Terraform that works on the same state lives here.
    """
    if unlock == lock.id:
        return
    actor = environment.world.actor
    here = lock.who == f"{actor.user}@{actor.host}"
    alive = find_terraform_on(stack.state.key, environment.cloud.endpoint) if here else None
    if here and alive is None:
        return
    holder = f"process {alive.pid} on this host" if alive else f"{lock.who}, a process that cannot be seen from here"
    raise LockHeld(
        f"the state of {stack.id} is locked for {lock.operation} since {lock.created} by {holder}",
        f"wait for it; if that process is gone for certain: shopctl resume --unlock {lock.id}",
    )


def _teller(subject: str, progress: Progress) -> Callable[[float], bool]:
    told = 0.0

    def still_waiting(seconds: float) -> bool:
        nonlocal told
        if seconds - told >= TELL_EVERY_SECONDS:
            told = seconds
            progress.say(f"{subject}: an earlier Terraform still works; waiting for it ({seconds:.0f} s)")
        return True

    return still_waiting
