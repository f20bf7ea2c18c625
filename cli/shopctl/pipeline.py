"""One stack on its way: render -> plan -> apply. Each arrow is one function with one input and one output.

What to plan, in which order and whether it may be applied is decided elsewhere: ``deploy`` and ``gate``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from shopctl.adopt import IMPORTS_FILE, find_existing, import_blocks
from shopctl.aws.activities import last_activity
from shopctl.environment import Environment
from shopctl.errors import AwsFailed, Interrupted, Refused
from shopctl.kinds import Standing
from shopctl.plan import Plan, parse_plan
from shopctl.process import Process, end_orphaned_providers
from shopctl.progress import Progress
from shopctl.render import MissingUpstream, Upstream, backend_config, render
from shopctl.stacks import Input, Stack, StackGraph, StackId, deferred
from shopctl.terraform import Applied, CapacityMissing, Workdir, prepare

Direction = Literal["up", "down"]

# Plans of several stacks at once: more only queue for the processor while Terraform loads its provider.
PARALLEL_PLANS = 3
LOCK_TIMEOUT_SECONDS = 5
TELL_EVERY_SECONDS = 10.0
ORPHAN_SECONDS = 20.0
# A round finds what the round before made knowable: VPC and subnets first, then what hangs on them.
MAX_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A stack's saved plan. ``plan`` is None where there is nothing to change."""

    stack: Stack
    work: Workdir
    plan: Plan | None
    file: Path

    @property
    def changing(self) -> frozenset[Input]:
        """The stack's outputs that applying this would change."""
        names = self.plan.changed_outputs if self.plan else frozenset()
        return frozenset(Input(self.stack.id, name) for name in names)


@dataclass(frozen=True, slots=True)
class Drafts:
    """The plans of an environment: those that could be made, and why the others must wait."""

    drafts: Mapping[StackId, Draft]
    deferred: Mapping[StackId, tuple[Input, ...]]

    def taken_from(self, plan_file: Callable[[StackId], Path | None]) -> Drafts:
        """The same plans, to be applied from the files that ``plan_file`` names. Pure."""
        moved = {stack: replace(draft, file=plan_file(stack) or draft.file) for stack, draft in self.drafts.items()}
        return Drafts(moved, self.deferred)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans that change something."""
        return tuple(draft.plan for draft in self.drafts.values() if draft.plan)


class Drafter(Protocol):
    """A way to plan a stack."""

    def __call__(
        self,
        environment: Environment,
        stack: Stack,
        upstream: Upstream,
        progress: Progress,
        *,
        direction: Direction = "up",
    ) -> Draft:
        """Plan it."""


def prepare_stack(
    environment: Environment, stack: Stack, upstream: Upstream, generated: Mapping[str, str] | None = None
) -> Workdir:
    """Render a stack's variables into its folder and connect it to its state; nothing outside is changed.

    Raises: MissingUpstream; PrerequisiteError; TerraformFailed from init.
    """
    work = environment.workdir(stack)
    tfvars = render(environment.spec, environment.facts, stack, upstream)
    prepare(environment.paths.terraform, work, tfvars, generated)
    environment.terraform.init(work, backend_config(environment.spec, stack))
    return work


@contextmanager
def connected_ahead(environment: Environment, stacks: Iterable[Stack]) -> Iterator[Callable[[StackId], None]]:
    """Connect stacks that wait for others to their states meanwhile, so that their turn begins with their plan.

    Yields what waits until that is done for a stack. What fails here fails again, and is told, in the stack's turn.
    """

    def connect(stack: Stack) -> None:
        work = environment.workdir(stack)
        tfvars = work.var_file.read_text(encoding="utf-8") if work.var_file.is_file() else ""
        prepare(environment.paths.terraform, work, tfvars)
        environment.terraform.init(work, backend_config(environment.spec, stack))

    with ThreadPoolExecutor(1, thread_name_prefix="connect") as pool:
        pending = {stack.id: pool.submit(connect, stack) for stack in stacks}

        def wait_for(stack: StackId) -> None:
            wait([pending[stack]] if stack in pending else [])

        try:
            yield wait_for
        finally:
            pool.shutdown(cancel_futures=True)


def draft_stack(
    environment: Environment, stack: Stack, upstream: Upstream, progress: Progress, *, direction: Direction = "up"
) -> Draft:
    """Plan a stack so that nothing is made which stands already, whatever happened to earlier Terraforms.

    What a plan would make although it stands (a Terraform was killed before it could save, or a reply was lost) is
    imported instead. On the way down there is nothing to take in.
    Raises: MissingUpstream; TerraformFailed; AwsFailed.
    """
    wait_until_free(environment, stack, progress)
    if direction == "down":
        return plan_stack(
            environment, stack, prepare_stack(environment, stack, upstream), progress, direction=direction
        )

    def tell(found: Mapping[str, Standing]) -> None:
        progress.say(f"{stack.id}: {len(found)} resources stand already and are taken into the state")

    return adopting(environment, stack, upstream, progress, tell)[0]


def adopting(
    environment: Environment,
    stack: Stack,
    upstream: Upstream,
    progress: Progress,
    tell: Callable[[Mapping[str, Standing]], None] = lambda _found: None,
) -> tuple[Draft, Mapping[str, Standing]]:
    """Plan a stack with what stands and is in no state, and return that beside the plan, by address.

    It takes several plans: what one finds makes known what the next one asks for. Nothing is imported before an apply.
    Raises: MissingUpstream; TerraformFailed; AwsFailed.
    """
    imports: dict[str, Standing] = {}
    draft = plan_stack(environment, stack, prepare_stack(environment, stack, upstream), progress)
    for _ in range(MAX_ROUNDS):
        found = find_existing(draft.plan, environment.inventory(stack)) if draft.plan else {}
        if not found:
            break
        imports |= found
        tell(found)
        work = prepare_stack(environment, stack, upstream, {IMPORTS_FILE: import_blocks(imports)})
        draft = plan_stack(environment, stack, work, progress)
    return draft, imports


def wait_until_free(environment: Environment, stack: Stack, progress: Progress) -> None:
    """Wait for a Terraform of an earlier run that still works on the stack; it is never killed.

    A provider whose Terraform is dead gets a while to finish its calls, and is then ended: nobody asks it any more.
    Raises: Interrupted where the operator asks to stop meanwhile.
    """
    told = 0.0

    def still_waiting(seconds: float) -> bool:
        nonlocal told
        if seconds - told >= TELL_EVERY_SECONDS:
            told = seconds
            progress.say(f"{stack.id}: an earlier Terraform still works; waiting for it ({seconds:.0f} s)")
            if seconds >= ORPHAN_SECONDS and end_orphaned_providers(environment.workdir(stack).folder):
                progress.say(f"{stack.id}: ended its provider, which had outlived it")
        return not environment.terraform.is_stopping

    if not environment.workdir(stack).wait_until_free(still_waiting):
        raise Interrupted(f"stopped while an earlier Terraform still worked on {stack.id}", "go on: shopctl resume")


def plan_stack(
    environment: Environment, stack: Stack, work: Workdir, progress: Progress, *, direction: Direction = "up"
) -> Draft:
    """Plan a prepared stack. An empty plan is not shown: Terraform's exit code says that it is empty.

    Raises: TerraformFailed.
    """
    subject = str(stack.id)
    progress.phase(subject, "planning")
    planned = environment.terraform.plan(
        work, destroy=direction == "down", on_event=lambda event: progress.event(subject, event)
    )
    if not planned.has_changes:
        return Draft(stack, work, None, planned.file)
    return Draft(stack, work, parse_plan(stack.id, environment.terraform.show(work, planned.file)), planned.file)


def apply_draft(
    environment: Environment, draft: Draft, progress: Progress, *, on_start: Callable[[Process], None]
) -> Applied:
    """Apply exactly the saved plan.

    Raises: TerraformFailed, where instances did not come with what their group did last; LockHeld.
    """
    subject = str(draft.stack.id)
    try:
        return environment.terraform.apply(
            draft.work,
            draft.file,
            lock_timeout_seconds=LOCK_TIMEOUT_SECONDS,
            on_event=lambda event: progress.event(subject, event),
            on_start=on_start,
        )
    except CapacityMissing as error:
        raise _with_activity(environment, draft.stack, error) from error


def _with_activity(environment: Environment, stack: Stack, error: CapacityMissing) -> CapacityMissing:
    """The error with what the group did last; where AWS does not say that, the error must not be hidden by it."""
    try:
        activity = last_activity(environment.cloud, stack.region, error.named)
    except AwsFailed:
        return error
    reason = f"{error.reason}\nlast activity of {error.named}: {activity or 'none'}"
    return CapacityMissing(reason, error.fix, error.diagnostics, error.named)


def draft_stacks(
    environment: Environment,
    graph: StackGraph,
    progress: Progress,
    *,
    direction: Direction = "up",
    drafter: Drafter = draft_stack,
) -> Drafts:
    """Plan all stacks whose inputs are known, side by side; a stack whose inputs are about to change is deferred.

    On the way down, a stack that has no resources is left out: what it reads may be gone already.
    ``drafter`` is ``draft_stack``, which only looks, or ``recovery.draft_to_apply``.
    Raises: MissingUpstream where a stack outside the selection must be deployed first; Refused where one outside the
    selection still stands on what would be taken down; what planning raises.
    """
    upstream = environment.upstream_of(graph.stacks)
    waiting = deferred(graph, upstream, ()) if direction == "up" else frozenset[StackId]()
    if direction == "up":
        _require_makers(graph, waiting, upstream)
        ready = [stack for stack in graph if stack.id not in waiting]
    else:
        _require_no_users(environment, graph)
        ready = [stack for stack in graph if environment.has_resources(stack)]

    def draft(stack: Stack) -> Draft:
        made = drafter(environment, stack, upstream, progress, direction=direction)
        progress.phase(str(stack.id), "planned" if made.plan else "unchanged", _counts(made))
        return made

    with ThreadPoolExecutor(PARALLEL_PLANS, thread_name_prefix="plan") as pool:
        made = {draft.stack.id: draft for draft in pool.map(draft, ready)}
    if direction == "up":
        changing = frozenset[Input]().union(*(draft.changing for draft in made.values()))
        waiting = deferred(graph, upstream, changing)
    kept = {stack_id: draft for stack_id, draft in made.items() if stack_id not in waiting}
    reasons = {stack.id: stack.inputs for stack in graph if stack.id in waiting}
    for stack_id in reasons:
        progress.phase(str(stack_id), "deferred", "planned once what it reads is known")
    return Drafts(kept, reasons)


def _counts(draft: Draft) -> str:
    return str(draft.plan.counts) if draft.plan else ""


def _require_makers(graph: StackGraph, waiting: frozenset[StackId], upstream: Upstream) -> None:
    """Refuse a selection in which a stack waits for outputs that no selected stack will make."""
    for stack in graph:
        outside = tuple(
            item
            for item in stack.inputs
            if item.stack not in graph.ids and item.output not in upstream.get(item.stack, {})
        )
        if stack.id in waiting and outside:
            raise MissingUpstream(stack.id, outside)


def _require_no_users(environment: Environment, graph: StackGraph) -> None:
    """Refuse a selection on which a stack that is not selected still stands."""
    users = [
        stack
        for stack in environment.graph
        if stack.id not in graph.ids
        and any(item.stack in graph.ids for item in stack.inputs)
        and environment.has_resources(stack)
    ]
    if users:
        wanted = " ".join(f"--stack {stack.id}" for stack in (*users, *graph))
        raise Refused(
            f"{', '.join(str(user.id) for user in users)} would lose what it stands on",
            f"take it down too: shopctl destroy --env {environment.name} {wanted}",
        )
