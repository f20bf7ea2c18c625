"""The steps of a deploy or a destroy: one per stack, each planned, gated and applied when its turn comes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from shopctl.aws.buckets import empty_bucket
from shopctl.aws.removal import delete_service_logs
from shopctl.aws.states import read_state
from shopctl.environment import Environment
from shopctl.errors import Paused
from shopctl.gate.model import Verdict
from shopctl.pipeline import Direction, Draft, Drafts, apply_draft
from shopctl.plan import Plan
from shopctl.process import Process
from shopctl.progress import Progress
from shopctl.recovery import clear, draft_to_apply, heal, sweep, was_begun
from shopctl.runs.steps import NoUndo, Step, StepContext
from shopctl.stacks import Stack, StackGraph, StackId

Operation = Literal["deploy", "destroy"]

Judge = Callable[[Operation, tuple[Plan, ...]], Verdict]
"""Puts plans through the gate. Raises: GateRefused."""

Consent = Callable[[Operation, Drafts, Verdict], None]
"""Shows the plans to the operator and asks. Raises: Refused."""

_VERB: Mapping[Operation, str] = {"deploy": "apply", "destroy": "destroy"}
_UNDO: Mapping[Operation, str] = {
    "deploy": "deploy the earlier revision of the code, or destroy the environment",
    "destroy": "deploy makes the stack again, without the data that was in it",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: it is journalled, and ``resume`` asks for the same again."""

    operation: Operation
    stacks: tuple[str, ...] = ()

    @property
    def direction(self) -> Direction:
        """Up or down."""
        return "up" if self.operation == "deploy" else "down"


@dataclass(frozen=True, slots=True)
class Supervision:
    """Who is asked, who watches, and who may stop a run."""

    judge: Judge
    consent: Consent
    progress: Progress
    should_stop: Callable[[], bool]


NO_DRAFTS = Drafts({}, {})


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the steps of one run share.

    ``must_clear`` says of a destroy that an earlier run broke off, so that things may stand which no state knows.
    ``connected`` waits until a deferred stack is connected to its state, which begins before its turn; ``recorded``
    writes down for a failover what an apply has changed.
    """

    environment: Environment
    request: Request
    supervision: Supervision
    drafts: Drafts = NO_DRAFTS
    unlock: str | None = None
    must_clear: bool = False
    connected: Callable[[StackId], None] = lambda _stack: None
    recorded: Callable[[], None] = lambda: None

    def check(self, stack: Stack, context: StepContext) -> str | None:
        """What proves that a stack's step is done: this run's own record, an empty plan, or nothing to take down."""
        if context.past.outcome is not None and context.past.outcome.result in {"done", "skipped"}:
            return "done earlier in this run"
        if context.past.is_begun:
            return None
        draft = self.drafts.drafts.get(stack.id)
        if draft is not None and draft.plan is None:
            return "unchanged"
        if self.request.direction == "down" and not self._may_stand(stack):
            return "nothing there"
        return None

    def do(self, stack: Stack, context: StepContext) -> str:
        """Apply the stack's plan: the one that was approved, or one made and gated now."""
        draft = self._draft(stack, context)
        if draft.plan is None:
            return "unchanged"
        context.ensure_current()
        if self.request.direction == "down":
            self._empty_buckets(stack, context)
        self.supervision.progress.phase(
            str(stack.id), "applying" if self.request.direction == "up" else "destroying", str(draft.plan.counts)
        )
        context.ensure_current()
        apply_draft(
            self.environment, draft, self.supervision.progress, on_start=lambda process: self._note(context, process)
        )
        draft.file.unlink(missing_ok=True)  # it holds secrets, and can't be applied twice
        return str(draft.plan.counts)

    def verify(self, stack: Stack, _context: StepContext) -> None:
        """Prove that nothing that carries the stack's tags is in no state; what was made twice is deleted.

        Then the failover bundle is written, whatever stands now.
        """
        for stranger in sweep(self.environment, stack):
            self.supervision.progress.say(f"{stack.id}: deleted {stranger.type} {stranger.id}, which was made twice")
        if self.request.direction == "down" and stack.id.root == "site":
            for name in delete_service_logs(self.environment.cloud, self.environment.spec, stack.region):
                self.supervision.progress.say(f"{stack.id}: deleted log group {name}, which AWS had made again")
        self.recorded()

    def _may_stand(self, stack: Stack) -> bool:
        """Whether there may be something to take down."""
        if self.must_clear:
            return was_begun(self.environment, stack)
        return self.environment.has_resources(stack)

    def _draft(self, stack: Stack, context: StepContext) -> Draft:
        environment, direction, progress = self.environment, self.request.direction, self.supervision.progress
        approved = self.drafts.drafts.get(stack.id)
        self.connected(stack.id)
        if approved is not None and not context.past.is_begun and not self.must_clear:
            return approved
        progress.phase(str(stack.id), "recovering" if context.past.is_begun else "preparing")
        heal(environment, stack, progress, self.unlock)
        if self.must_clear:
            for orphan in clear(environment, stack, progress):
                progress.say(f"{stack.id}: deleted {orphan.type} {orphan.id}, which was in no state")
        if direction == "down" and not environment.has_resources(stack):
            work = environment.workdir(stack)
            return Draft(stack, work, None, work.plan_file)
        draft = draft_to_apply(environment, stack, environment.upstream_of((stack,)), progress, direction=direction)
        if draft.plan is not None:
            self.supervision.judge(self.request.operation, (draft.plan,))
            self._pause_for_approval(draft, context)
        return draft

    def _pause_for_approval(self, draft: Draft, context: StepContext) -> None:
        """In a protected environment, let a plan that nobody has seen wait for the operator's eyes."""
        if not self.environment.spec.protected or draft.plan is None:
            return
        shown = hashlib.sha256("\n".join(draft.plan.lines).encode()).hexdigest()
        asked = context.past.latest("approval")
        if asked is not None and asked.facts.get("plan") == shown:
            return
        context.note("approval", {"plan": shown})
        raise Paused(
            f"{draft.stack.id} waits for approval: {draft.plan.counts}\n" + "\n".join(draft.plan.lines),
            f"to apply exactly this: shopctl resume --env {self.environment.name}",
        )

    def _empty_buckets(self, stack: Stack, context: StepContext) -> None:
        """Empty the buckets that the state knows; its outputs go first when a destroy is cut off."""
        state = read_state(self.environment.cloud, stack.state)
        buckets = [resource.id for resource in (state.resources if state else ()) if resource.type == "aws_s3_bucket"]
        for name in filter(None, buckets):
            context.ensure_current()
            self.supervision.progress.phase(str(stack.id), "emptying", name)
            empty_bucket(self.environment.cloud, name, stack.region, lambda _count: None)

    def _note(self, context: StepContext, process: Process) -> None:
        host = self.environment.world.actor.host
        context.note("terraform", {"pid": process.pid, "created": process.created, "host": host})


def build_steps(rollout: Rollout, graph: StackGraph) -> tuple[Step, ...]:
    """The steps of a rollout, one per stack; needs follow the graph."""
    return tuple(
        Step(
            name=step_name(rollout.request, stack),
            title=f"{_VERB[rollout.request.operation]} {stack.id}",
            check=partial(rollout.check, stack),
            do=partial(rollout.do, stack),
            verify=partial(rollout.verify, stack),
            undo=NoUndo(_UNDO[rollout.request.operation]),
            needs=frozenset(step_name(rollout.request, graph.get(need)) for need in stack.needs),
        )
        for stack in graph
    )


def step_name(request: Request, stack: Stack) -> str:
    """The name of a stack's step, as journals have it. Pure."""
    return f"{_VERB[request.operation]} {stack.id}"
