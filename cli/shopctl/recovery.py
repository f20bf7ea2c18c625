"""After a killed Terraform: back to where a plan can be trusted, without making anything twice or leaving it behind.

The order matters: wait for a Terraform that still lives, push a state that it could not save, release the state
lock that a dead one left. On the way up, planning then takes in what stands already; on the way down it is deleted
before the rest, because it hangs on what the state knows.
"""

from __future__ import annotations

from shopctl.adopt import Standing, find_existing, strangers
from shopctl.aws.removal import delete_all, holds_data
from shopctl.aws.states import StateLock, read_state, read_state_lock
from shopctl.environment import Environment
from shopctl.errors import LockHeld, TerraformFailed
from shopctl.pipeline import Direction, Draft, draft_to_apply, plan_stack, prepare_stack, wait_until_free
from shopctl.process import find_terraform_on
from shopctl.progress import Progress
from shopctl.render import Upstream
from shopctl.stacks import Stack
from shopctl.terraform import Workdir


class LeftBehind(TerraformFailed):
    """Resources carry the stack's tags but are in no state, and may hold data: a person must look."""

    code = "left_behind"


def is_wounded(environment: Environment, stack: Stack) -> bool:
    """Whether a Terraform was cut off while it changed the stack, or still works on it.

    An apply holds the state's lock from its beginning to its end, and a plan takes none.
    Raises: AwsFailed.
    """
    work = environment.workdir(stack)
    return work.is_busy() or work.errored_state.is_file() or read_state_lock(environment.cloud, stack.state) is not None


def recover(
    environment: Environment, stack: Stack, progress: Progress, *, direction: Direction, unlock: str | None = None
) -> Draft:
    """Bring a stack to a plan that counts everything that stands, whatever happened to earlier Terraforms.

    ``unlock`` is the id of a state lock that the operator vouches for.
    Raises: LockHeld where a lock's holder cannot be proven dead; TerraformFailed; AwsFailed.
    """
    subject = str(stack.id)
    progress.phase(subject, "recovering")
    work = environment.workdir(stack)
    wait_until_free(environment, stack, progress)
    upstream = environment.upstream_of((stack,))
    if direction == "down" and not _was_begun(environment, stack, upstream):
        return Draft(stack, work, None, work.plan_file)
    _save(environment, stack, prepare_stack(environment, stack, upstream), progress, unlock)
    if direction == "down":
        for orphan in clear(environment, stack, progress):
            progress.say(f"{subject}: deleted {orphan.type} {orphan.id}, which was in no state")
        if not environment.has_resources(stack):
            return Draft(stack, work, None, work.plan_file)
    return draft_to_apply(environment, stack, upstream, progress, direction=direction)


def clear(environment: Environment, stack: Stack, progress: Progress) -> tuple[Standing, ...]:
    """Delete, with its data, what the stack's own code would make and finds standing in no state; return it.

    Raises: LeftBehind for what the code does not know and may hold data; TerraformFailed; AwsFailed.
    """
    work = prepare_stack(environment, stack, environment.upstream_of((stack,)))
    plan = plan_stack(environment, stack, work, progress).plan
    known = find_existing(plan, environment.inventory(stack)).values() if plan else ()
    return (*delete_all(environment.cloud, stack.region, known), *sweep(environment, stack))


def sweep(environment: Environment, stack: Stack) -> tuple[Standing, ...]:
    """Delete what carries the stack's tags, is in no state and holds no data; return it.

    Such a resource was made twice: a reply was lost after its effect, and Terraform asked again.
    Raises: LeftBehind for what may hold data; AwsFailed.
    """
    found = find_strangers(environment, stack)
    kept = tuple(stranger for stranger in found if holds_data(stranger))
    deleted = delete_all(environment.cloud, stack.region, set(found) - set(kept))
    if kept:
        raise LeftBehind(
            f"{stack.id}: in no state, but tagged as part of it: "
            + ", ".join(f"{stranger.type} {stranger.id}" for stranger in kept),
            "look at them in AWS: import what is needed, delete the rest, then run: shopctl resume",
        )
    return deleted


def find_strangers(environment: Environment, stack: Stack) -> tuple[Standing, ...]:
    """What carries the stack's tags, stands, and is in no state.

    Raises: AwsFailed.
    """
    inventory = environment.inventory(stack)
    tagged = inventory.tagged(str(stack.id))
    if not tagged:
        return ()
    state = read_state(environment.cloud, stack.state)
    resources = state.resources if state else ()
    known = frozenset(name for resource in resources for name in (resource.id, resource.arn) if name)
    return tuple(filter(inventory.is_live, strangers(tagged, known)))


def ensure_dead(environment: Environment, stack: Stack, lock: StateLock, unlock: str | None = None) -> None:
    """Return only where the lock's holder is proven dead, or the operator vouches for it by the lock's id.

    The proof: this run holds the environment's lock, so no other shopctl is at work; the lock was taken as this user on
    this host; and no Terraform that works on the same state lives here.
    Raises: LockHeld.
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


def _was_begun(environment: Environment, stack: Stack, upstream: Upstream) -> bool:
    """Whether a stack can have been applied at all since it was last taken down: what it reads was known then."""
    known = all(item.output in upstream.get(item.stack, {}) for item in stack.inputs)
    return known or environment.has_resources(stack) or is_wounded(environment, stack)


def _save(environment: Environment, stack: Stack, work: Workdir, progress: Progress, unlock: str | None) -> None:
    """Push the state that a Terraform could not save, and release the lock that a dead one left."""
    kept = environment.terraform.rescue(work)
    if kept:
        progress.say(f"{stack.id}: the state that could not be saved was pushed; a copy is in {kept}")
    lock = read_state_lock(environment.cloud, stack.state)
    if lock is not None:
        ensure_dead(environment, stack, lock, unlock)
        environment.terraform.force_unlock(work, lock.id)
        progress.say(f"{stack.id}: released the state lock {lock.id} of {lock.who}, whose Terraform is dead")
