"""After a killed Terraform: back to where a plan can be trusted, without making anything twice or leaving it behind.

The order matters: wait for a Terraform that still lives, release the state lock that a dead one left, push the state
that it could not save. On the way up, planning then takes in what stands already; on the way down that is deleted
before the rest, because it hangs on what the state knows.
"""

from __future__ import annotations

from collections.abc import Mapping

from shopctl.adopt import strangers
from shopctl.aws.removal import delete_all, holds_data
from shopctl.aws.states import StateLock, read_state, read_state_lock
from shopctl.environment import Environment
from shopctl.errors import LockHeld, TerraformFailed
from shopctl.gate.data_loss import BEARERS
from shopctl.kinds import Standing
from shopctl.pipeline import Direction, Draft, adopting, draft_stack, prepare_stack, wait_until_free
from shopctl.process import find_terraform_on
from shopctl.progress import Progress
from shopctl.render import Upstream
from shopctl.stacks import Stack


class LeftBehind(TerraformFailed):
    """Resources carry the stack's tags but are in no state, and may hold data: a person must look."""

    code = "left_behind"


def draft_to_apply(
    environment: Environment, stack: Stack, upstream: Upstream, progress: Progress, *, direction: Direction = "up"
) -> Draft:
    """Plan a stack as ``draft_stack`` does, but heal it first, and keep what bears data and is tainted.

    A creation that was interrupted while the provider still waited leaves a finished bucket, key or queue marked for
    replacement. The mark is taken off, so that the next plan brings it in order where it stands. Changes the state.
    Raises: LockHeld where a lock's holder cannot be proven dead; what planning raises.
    """
    heal(environment, stack, progress)
    draft = draft_stack(environment, stack, upstream, progress, direction=direction)
    tainted = [
        change.address
        for change in (draft.plan.changes if draft.plan and direction == "up" else ())
        if change.is_tainted and change.type in BEARERS
    ]
    if not tainted:
        return draft
    for address in tainted:
        environment.terraform.untaint(draft.work, address)
    progress.say(f"{stack.id}: kept what an interrupted creation had finished: {', '.join(tainted)}")
    return draft_stack(environment, stack, upstream, progress, direction=direction)


def heal(environment: Environment, stack: Stack, progress: Progress, unlock: str | None = None) -> None:
    """Wait for a Terraform that still works, release the lock of a dead one, push the state that one could not save.

    Where nothing of that is needed, nothing is done. ``unlock`` is the id of a lock that the operator vouches for.
    Raises: LockHeld where a lock's holder cannot be proven dead; Interrupted; TerraformFailed; AwsFailed.
    """
    wait_until_free(environment, stack, progress)
    lock = read_state_lock(environment.cloud, stack.state)
    work = environment.workdir(stack)
    if lock is None and not work.errored_state.is_file():
        return
    prepare_stack(environment, stack, environment.upstream_of((stack,)))
    if lock is not None:
        ensure_dead(environment, stack, lock, unlock)
        environment.terraform.force_unlock(work, lock.id)
        progress.say(f"{stack.id}: released the state lock {lock.id} of {lock.who}, whose Terraform is dead")
    kept = environment.terraform.rescue(work)
    if kept:
        progress.say(f"{stack.id}: the state that could not be saved was pushed; a copy is in {kept}")


def was_begun(environment: Environment, stack: Stack) -> bool:
    """Whether a stack can have been applied at all since it was last taken down: what it reads was known then.

    Raises: AwsFailed.
    """
    upstream = environment.upstream_of((stack,))
    is_known = all(item.output in upstream.get(item.stack, {}) for item in stack.inputs)
    return is_known or environment.has_resources(stack)


def clear(environment: Environment, stack: Stack, progress: Progress) -> tuple[Standing, ...]:
    """Delete, with its data, what the stack's own code would make and finds standing in no state; return it.

    What a stack reads goes only after the stack itself, so one that is down and can't be planned any more for that
    reason was taken down before: then only what carries its tags is looked for.
    Raises: LeftBehind for what the code does not know and may hold data; TerraformFailed; AwsFailed.
    """
    standing: Mapping[str, Standing] = {}
    try:
        _, standing = adopting(environment, stack, environment.upstream_of((stack,)), progress)
    except TerraformFailed as error:
        if error.retryable or environment.has_resources(stack):
            raise
        progress.say(f"{stack.id}: what it reads is going already; looking for what carries its tags")
    return (*delete_all(environment.cloud, stack.region, standing.values()), *sweep(environment, stack))


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
