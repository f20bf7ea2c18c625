"""The step protocol: an operation is a tuple of named steps, run in the order of their needs.

Steps are data; an executor interprets them (see ``executors``): the real one checks, journals the intent, asks for the
epoch, does, verifies, journals the outcome; the dry one walks the same steps and only checks. Resuming is running
the same steps again: each is *checked* first, whatever the journal says of it, so a step that was done stays
done and one that was cut off in the middle is picked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from shopctl.runs.journal import StepHistory
from shopctl.runs.records import Result, Scalar

StepStatus = Result | Literal["would do", "not started"]


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may ask of the run that it is part of."""

    past: StepHistory  # what earlier attempts in the same run left behind
    note: Callable[[str, Mapping[str, Scalar]], None]  # journal something that a resumed run must find: topic, facts
    ensure_current: Callable[[], None]  # raises LockLost; to be called before each further effect of a long step
    should_stop: Callable[[], bool]  # the operator asked to stop


@dataclass(frozen=True, slots=True)
class NoUndo:
    """Says that a step can't be taken back, and why or how else."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One named step.

    ``check`` returns what proves that the step is done already, or None; it must be true after a crash at any point.
    ``do`` acts and returns one line on what it did. ``verify`` raises if the world is not as ``do`` promised.
    ``undo`` is the step that takes it back, or says that there is none.
    """

    name: str
    title: str  # what a person reads: "apply base in eu-west-1"
    check: Callable[[StepContext], str | None]
    do: Callable[[StepContext], str]
    verify: Callable[[StepContext], None]
    undo: Step | NoUndo
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step ended. ``error`` is what stopped it, if anything did."""

    step: Step
    status: StepStatus
    detail: str = ""
    error: Exception | None = None


class Observer(Protocol):
    """Somebody who watches a run; called on the thread that called ``run_steps``, never on a step's."""

    def step_started(self, step: Step) -> None:
        """Hear that the step begins."""

    def step_ended(self, result: StepResult) -> None:
        """Hear how it ended."""


class Executor(Protocol):
    """An interpreter of steps."""

    def execute(self, step: Step) -> StepResult:
        """Interpret one step; an error is returned in the result, never raised."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """How each step ended, in the order of the steps."""

    results: tuple[StepResult, ...]

    @property
    def steps_done(self) -> int:
        """Count the steps that are done, now or before."""
        return sum(result.status in ("done", "skipped") for result in self.results)

    @property
    def is_complete(self) -> bool:
        """Tell whether no step is left to do."""
        return self.steps_done == len(self.results)


def run_steps(
    steps: tuple[Step, ...],
    executor: Executor,
    observer: Observer,
    *,
    max_parallel: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> RunReport:
    """Run each step once all that it needs are done, ``max_parallel`` at a time.

    After a failure, a pause or a request to stop nothing new is started, and what runs is waited for.
    Raises: ValueError if names repeat or needs do not add up; errors of steps are in the report.
    """
    order = sort_steps(steps)
    results: dict[str, StepResult] = {}
    running: dict[Future[StepResult], Step] = {}
    with ThreadPoolExecutor(max_parallel, thread_name_prefix="step") as pool:
        while True:
            for step in _ready(order, results, running, max_parallel - len(running), should_stop()):
                observer.step_started(step)
                running[pool.submit(executor.execute, step)] = step
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                result = future.result()
                results[running.pop(future).name] = result
                observer.step_ended(result)
    return RunReport(tuple(results.get(step.name, StepResult(step, "not started")) for step in order))


def sort_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps so that each comes after what it needs, else in the given order. Pure. Raises: ValueError."""
    names = {step.name for step in steps}
    if len(names) != len(steps):
        raise ValueError("two steps have the same name")
    ordered: list[Step] = []
    left = list(steps)
    while left:
        placed = {step.name for step in ordered}
        step = next((step for step in left if step.needs <= placed), None)
        if step is None:
            raise ValueError("steps need each other or steps that are not there: " + ", ".join(s.name for s in left))
        ordered.append(step)
        left.remove(step)
    return tuple(ordered)


def undoing(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps that take these back, in the opposite order; steps that can't be are left out. Pure."""
    inverse = {step.name: step.undo for step in reversed(sort_steps(steps)) if isinstance(step.undo, Step)}
    needed_by = {name: {step.name for step in steps if name in step.needs} for name in inverse}
    return tuple(
        replace(undo, needs=frozenset(inverse[later].name for later in needed_by[name] if later in inverse))
        for name, undo in inverse.items()
    )


def _ready(
    order: tuple[Step, ...],
    results: Mapping[str, StepResult],
    running: Mapping[Future[StepResult], Step],
    free: int,
    is_stopping: bool,
) -> tuple[Step, ...]:
    if is_stopping or any(result.error for result in results.values()):
        return ()
    begun = results.keys() | {step.name for step in running.values()}
    return tuple(step for step in order if step.name not in begun and step.needs <= results.keys())[:free]
