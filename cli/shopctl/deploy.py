"""Deploy and destroy: the stacks of an environment as the steps of one journalled run.

A run plans what can be planned, asks the gate and the operator once, and then brings stack after stack up (or down, in
the opposite order). A stack that was deferred is planned and gated when its turn comes. ``resume`` takes the same
steps up again; a step that was cut off recovers first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from threading import Lock
from typing import Any

from shopctl.aws.faults import AwsUnreachable
from shopctl.aws.states import read_state_lock
from shopctl.bundle import Bundle
from shopctl.control import holding
from shopctl.environment import Environment
from shopctl.errors import ControlStoreUnavailable, Refused, ShopctlError, UsageError
from shopctl.failover_bundle import make_bundle
from shopctl.gate.model import NotEvaluated, Verdict
from shopctl.pipeline import Drafts, connected_ahead, draft_stacks
from shopctl.progress import Progress, StepWatcher
from shopctl.recovery import draft_to_apply, ensure_dead, heal
from shopctl.rollout import Operation, Request, Rollout, Supervision, build_steps, step_name
from shopctl.runs.executors import Conduct, DryRunExecutor, run_journalled
from shopctl.runs.history import history, read_run, run_ids, summarise
from shopctl.runs.journal import Journal, beginning, new_run_id
from shopctl.runs.lock import TERM_SECONDS, EnvironmentLock, Hold
from shopctl.runs.records import Finished, Intent, Outcome, Record, Resumed, Started
from shopctl.runs.steps import RunReport, run_steps
from shopctl.runs.versions import fact_log, failover_log
from shopctl.sealing import confirm, discard, seal, unseal
from shopctl.spec import EnvSpec
from shopctl.stacks import Stack, StackGraph

# Applies of several stacks at once spend nearly all their time waiting for AWS.
PARALLEL_STACKS = 4


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """A run that is complete."""

    run: str
    operation: Operation
    report: RunReport


def start(
    environment: Environment, request: Request, supervision: Supervision, bundle: Bundle | None = None
) -> RunOutcome:
    """Carry out a deploy or a destroy as a new run: what ``bundle`` holds, or plans made now.

    Raises: BundleRefused where what was planned no longer matches; Refused where an earlier run must be resumed first,
    or by the operator; GateRefused; Paused; Interrupted; LockHeld; TerraformFailed; AwsFailed. Whatever it raises,
    ``resume`` goes on from there.
    """
    graph = _select(environment, request)
    run = new_run_id(request.operation, environment.world)
    lock = _find_lock(environment, supervision.progress)
    with holding(lock, request.operation, run, environment.world) as hold:
        _refuse_unfinished(environment)
        _refuse_locked(environment, graph)
        _refuse_moved_facts(environment)
        journal = Journal(environment.control, environment.name, run, epoch=hold.epoch, world=environment.world)
        names = tuple(step_name(request, stack) for stack in graph)
        journal.write(
            Started(
                operation=request.operation,
                by=environment.world.actor,
                version=version("shopctl"),
                steps=names,
                request={"stacks": request.stacks},
                digests={"facts": environment.facts.digest()},
            )
        )
        return _carry_out(Rollout(environment, request, supervision), journal, hold, bundle)


def _carry_out(rollout: Rollout, journal: Journal, hold: Hold, bundle: Bundle | None = None) -> RunOutcome:
    """Run the steps; where none was begun before, plan and ask first: nothing is applied that nobody agreed to."""
    if rollout.request.direction == "down":
        refuse_protected(rollout.environment.spec)
    must_clear = _must_clear(rollout.environment, rollout.request, journal.run)
    if any(isinstance(record.event, Intent) for record in journal.records):
        return _run(replace(rollout, must_clear=must_clear), journal, hold)
    try:
        drafts, sealed = _approve(rollout, bundle)
    except ShopctlError as error:
        _finish_early(journal, error)
        raise
    try:
        return _run(replace(rollout, drafts=drafts, must_clear=must_clear), journal, hold)
    finally:
        discard(sealed)


def _approve(rollout: Rollout, bundle: Bundle | None) -> tuple[Drafts, Bundle]:
    """Plan, or read back what was planned; ask the gate and the operator; prove that it still fits."""
    environment, request, supervision = rollout.environment, rollout.request, rollout.supervision
    graph = _select(environment, request)
    if bundle is None:
        drafts = draft_stacks(
            environment, graph, supervision.progress, direction=request.direction, drafter=draft_to_apply
        )
        sealed = seal(environment, graph, drafts, request.direction)
    else:
        confirm(environment, graph, bundle, request.direction)
        drafts, sealed = unseal(environment, graph, bundle), bundle
    try:
        supervision.consent(request.operation, drafts, supervision.judge(request.operation, drafts.plans))
        if drafts.plans:
            confirm(environment, graph, sealed, request.direction)
    except ShopctlError:
        discard(sealed)
        raise
    return drafts.taken_from(sealed.plan_file), sealed


def resume(
    environment: Environment, supervision: Supervision, *, run: str | None = None, unlock: str | None = None
) -> RunOutcome:
    """Go on with the newest run that did not end, or with ``run``.

    Steps that are done are left alone; one that was cut off recovers what its Terraform left behind; the others
    are planned and gated anew. A run that was stopped before its first step is planned and asked for as a new one.
    ``unlock`` is the id of a state lock that the operator vouches for.
    Raises: UsageError where there is nothing to resume; what ``start`` raises.
    """
    chosen = _choose(environment, run)
    lock = _find_lock(environment, supervision.progress)
    with holding(lock, "resume", chosen, environment.world) as hold:
        journal = Journal(environment.control, environment.name, chosen, epoch=hold.epoch, world=environment.world)
        request = read_request(journal)
        names = tuple(step_name(request, stack) for stack in _select(environment, request))
        journal.write(Resumed(by=environment.world.actor, steps=names))
        return _carry_out(Rollout(environment, request, supervision, unlock=unlock), journal, hold)


def abandon(environment: Environment, run: str | None = None) -> str:
    """Close a run that did not end without doing more, and return its id; what it made stays.

    Raises: UsageError where there is none; LockHeld while it is still at work.
    """
    chosen = _choose(environment, run)
    with holding(EnvironmentLock(environment.control, environment.name), "abandon", chosen, environment.world) as hold:
        journal = Journal(environment.control, environment.name, chosen, epoch=hold.epoch, world=environment.world)
        steps = journal.started.steps
        done = sum(_is_done(journal, step) for step in steps)
        journal.write(Finished(result="done", detail="abandoned", steps_done=done, steps_total=len(steps)))
    return chosen


def release(environment: Environment, progress: Progress, unlock: str) -> str:
    """Release the state lock with this id, which the operator vouches for, and return the name of its stack.

    For a lock that no run left: one that is to be resumed releases it itself.
    Raises: UsageError where no stack has this lock; LockHeld while a run is at work.
    """
    with holding(EnvironmentLock(environment.control, environment.name), "unlock", unlock, environment.world):
        for stack in environment.graph:
            lock = read_state_lock(environment.cloud, stack.state)
            if lock is not None and lock.id == unlock:
                heal(environment, stack, progress, unlock)
                return str(stack.id)
    raise UsageError(
        f"no state of {environment.name} has the lock {unlock}", f"see: shopctl status --env {environment.name}"
    )


def newest_resumable(environment: Environment) -> str | None:
    """The id of the newest run if it did not end well, else None.

    Only the newest counts: a later run has seen what an earlier one left.
    Raises: ControlStoreUnavailable.
    """
    newest = history(environment.control, environment.name, limit=1)
    if not newest:
        return None
    # A run that was killed shows as running until somebody takes its lock over; whoever resumes it watches for that.
    return newest[0].run if newest[0].is_resumable or newest[0].status == "running" else None


def _find_lock(environment: Environment, progress: Progress) -> EnvironmentLock:
    """The environment's lock; where a run has it, say that its heartbeat is watched."""
    lock = EnvironmentLock(environment.control, environment.name)
    view = lock.view()
    if view is not None and not view.is_released:
        progress.say(f"locked: {view.claim}; watching for its heartbeat, {TERM_SECONDS:.0f} s at most")
    return lock


def _choose(environment: Environment, run: str | None) -> str:
    """The run that was named, or the newest that did not end. Raises: UsageError where there is none such."""
    chosen = run or newest_resumable(environment)
    if chosen is None or chosen not in run_ids(environment.control, environment.name):
        named = f"run {run} of {environment.name}" if run else f"run of {environment.name} that did not end"
        raise UsageError(f"there is no {named}", "see: shopctl history; start a new one: shopctl deploy")
    return chosen


def is_cut_off(environment: Environment, run: str, request: Request) -> bool:
    """Whether a run is a destroy that was cut off and is now asked for again, so that it goes on by itself.

    A deploy is not: its code or env.yaml may have changed since, and steps that are done would not see that.
    """
    records = read_run(environment.control, environment.name, run)
    summary = summarise(run, records, EnvironmentLock(environment.control, environment.name).view())
    if request.operation != "destroy" or summary.status not in {"cut off", "interrupted", "running"}:
        return False
    started = beginning(run, records)
    return started.operation == "destroy" and started.request.get("stacks") == request.stacks


def rehearse(
    environment: Environment, request: Request, progress: Progress, judge: Callable[..., Verdict]
) -> tuple[Drafts, RunReport, Verdict]:
    """Plan and judge everything and walk the steps without doing any: a dry run. Changes nothing.

    Raises: what planning raises.
    """
    graph = _select(environment, request)
    drafts = draft_stacks(environment, graph, progress, direction=request.direction)
    unseen = tuple(
        NotEvaluated(str(stack), f"deferred until {', '.join(map(str, inputs))} is known")
        for stack, inputs in drafts.deferred.items()
    )
    verdict = judge(request.operation, drafts.plans, unseen)
    supervision = Supervision(judge, lambda _operation, _drafts, _verdict: None, progress, lambda: False)
    steps = build_steps(Rollout(environment, request, supervision, drafts), graph)
    report = run_steps(steps, DryRunExecutor(), StepWatcher(progress), max_parallel=PARALLEL_STACKS)
    return drafts, report, verdict


def refuse_protected(spec: EnvSpec) -> None:
    """Return only for an environment that may be taken down. Raises: Refused."""
    if spec.protected:
        raise Refused(
            f"{spec.name} is protected: it is not destroyed",
            f"to take it down for good, first deploy it with `protected: false` in terraform/envs/{spec.name}/env.yaml",
        )


def read_request(journal: Journal) -> Request:
    """What a run was asked for, from its journal.

    Raises: JournalBroken; UsageError for an operation that this version does not know.
    """
    started = journal.started
    stacks = started.request.get("stacks", ())
    match started.operation:
        case "deploy" | "destroy" as operation:
            return Request(operation, tuple(stacks) if isinstance(stacks, tuple) else ())
        case other:
            raise UsageError(f"run {journal.run} is a {other}", "resume it with the version of shopctl that began it")


def _run(rollout: Rollout, journal: Journal, hold: Hold) -> RunOutcome:
    name = rollout.environment.name
    conduct = Conduct(
        observer=StepWatcher(rollout.supervision.progress),
        max_parallel=PARALLEL_STACKS,
        should_stop=rollout.supervision.should_stop,
        resume_command=f"shopctl resume --env {name}",
    )
    environment, request = rollout.environment, rollout.request
    waiting = [environment.graph.get(stack) for stack in rollout.drafts.deferred]
    with connected_ahead(environment, waiting) as connected:
        recorded = partial(_record_failover_bundle, environment, hold, Lock())
        steps = build_steps(replace(rollout, connected=connected, recorded=recorded), _select(environment, request))
        return RunOutcome(journal.run, request.operation, run_journalled(steps, journal, hold, conduct))


def _record_failover_bundle(environment: Environment, hold: Hold, turn: Lock) -> None:
    """Write down what a failover needs, as it is now, where there is a region to fail over to.

    Stacks that end at the same time take turns, so that the last to write has read what all have made. Of a stack whose
    region does not answer, what was written last stays: a deploy of one region must not need the other.
    """
    if not environment.spec.has_dr:
        return
    with turn:
        log = failover_log(environment.control, environment.name)
        newest = log.newest()
        earlier = newest.value.stacks if newest else {}
        outputs = {
            stack.id: _outputs_or(environment, stack, earlier.get(str(stack.id), {})) for stack in environment.graph
        }
        log.write(make_bundle(environment.spec, environment.facts, outputs), hold, environment.world)


def _outputs_or(environment: Environment, stack: Stack, earlier: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return environment.outputs_of(stack) or {}
    except AwsUnreachable:
        return earlier


def _select(environment: Environment, request: Request) -> StackGraph:
    graph = environment.graph.select(request.stacks)
    return graph if request.direction == "up" else graph.reversed()


def _refuse_unfinished(environment: Environment) -> None:
    """Refuse to begin where an earlier run broke off in the middle of a step or waits for a decision."""
    newest = history(environment.control, environment.name, limit=1)
    if not newest or newest[0].status not in {"cut off", "paused"}:
        return
    summary = newest[0]
    begun = _begun(read_run(environment.control, environment.name, summary.run))
    if summary.status == "paused" or begun:
        raise Refused(
            f"run {summary.run} of {environment.name} is {summary.status}"
            + (f" in the middle of: {', '.join(sorted(begun))}" if begun else ""),
            f"go on with it: shopctl resume --env {environment.name}  (or close it as it is: shopctl resume --abandon)",
        )


def _begun(records: Iterable[Record]) -> frozenset[str]:
    """The steps that broke off in the middle: an intent, and no outcome since."""
    begun: set[str] = set()
    for record in records:
        match record.event:
            case Intent(step=step):
                begun.add(step)
            case Outcome(step=step):
                begun.discard(step)
            case _:
                continue
    return frozenset(begun)


def _refuse_moved_facts(environment: Environment) -> None:
    """Refuse where somebody shipped, failed over or scaled between reading the facts and taking the lock."""
    newest = fact_log(environment.control, environment.name).newest()
    if newest is not None and newest.value != environment.facts:
        raise Refused(
            f"the facts of {environment.name} changed just now, by run {newest.run}", "run the same command again"
        )


def _refuse_locked(environment: Environment, graph: StackGraph) -> None:
    """Refuse to begin where a Terraform may work on a state; what one that is dead left is recovered by its step."""
    with ThreadPoolExecutor(PARALLEL_STACKS) as pool:
        locks = pool.map(lambda stack: (stack, read_state_lock(environment.cloud, stack.state)), graph)
    for stack, lock in locks:
        if lock is not None:
            ensure_dead(environment, stack, lock)


def _must_clear(environment: Environment, request: Request, run: str) -> bool:
    """Whether a destroy must look for what no state knows.

    It must where a run broke off since the last one that brought every stack to its end.
    """
    if request.direction == "up":
        return False
    lock = EnvironmentLock(environment.control, environment.name).view()
    for earlier in reversed(run_ids(environment.control, environment.name)):
        if earlier >= run:
            continue
        summary = summarise(earlier, read_run(environment.control, environment.name, earlier), lock)
        if summary.status != "done" or summary.steps_done < summary.steps_total:
            return True
        if summary.steps_total == len(environment.graph):
            return False
    return False


def _finish_early(journal: Journal, error: ShopctlError) -> None:
    """Close a run that ended before its first step: nothing was changed, so there is nothing to resume."""
    steps = len(journal.started.steps)
    try:
        journal.write(Finished(result="refused", detail=error.reason.splitlines()[0], steps_done=0, steps_total=steps))
    except ControlStoreUnavailable:
        # The error at hand says more; the run shows as cut off before its first step, which blocks nothing.
        return


def _is_done(journal: Journal, step: str) -> bool:
    outcome = journal.history(step).outcome
    return outcome is not None and outcome.result in {"done", "skipped"}
