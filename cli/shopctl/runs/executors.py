"""The interpreters of steps, and the frame that a journalled run gives them.

Two interpreters walk one list of steps, so a dry run can't drift from the real one. The real one is used in two ways:
journalled under the lock, or bare before there is a control store (``bootstrap``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from shopctl.errors import ControlStoreUnavailable, Interrupted, LockLost, Paused, ShopctlError
from shopctl.runs.journal import Journal, StepHistory
from shopctl.runs.lock import Hold
from shopctl.runs.records import Event, Finished, Intent, Note, Outcome, PausedEvent, Result, RunResult, Scalar
from shopctl.runs.steps import Observer, RunReport, Step, StepContext, StepResult, run_steps

UNKNOWN_PAST = StepHistory(is_begun=False, outcome=None, notes=())


class StepsFailed(ShopctlError):
    """More than one step failed; the reason names each."""

    code = "steps_failed"


@dataclass(frozen=True, slots=True)
class RealExecutor:
    """Does the steps: check, intent, epoch, do, verify, outcome."""

    record: Callable[[Event], None]
    ensure_current: Callable[[], None]
    history: Callable[[str], StepHistory]
    should_stop: Callable[[], bool]

    def execute(self, step: Step) -> StepResult:
        """Do one step; whatever goes wrong is in the result."""
        try:
            return self._attempt(step, self._context(step))
        except Exception as error:  # noqa: BLE001 - a bug in one step must not hide how the steps beside it ended
            return self._failed(step, error)

    def _attempt(self, step: Step, context: StepContext) -> StepResult:
        proof = step.check(context)
        if proof is not None:
            return self._ended(step, "skipped", proof)
        self.record(Intent(step=step.name))
        self.ensure_current()
        detail = step.do(context)
        step.verify(context)
        return self._ended(step, "done", detail)

    def _ended(self, step: Step, result: Result, detail: str) -> StepResult:
        self.record(Outcome(step=step.name, result=result, detail=detail))
        return StepResult(step, result, detail)

    def _failed(self, step: Step, error: Exception) -> StepResult:
        result, detail = _how_it_failed(error)
        if not isinstance(error, LockLost):  # who has lost the lock has nothing more to say in this journal
            with suppress(LockLost, ControlStoreUnavailable):  # then the intent without outcome says it
                self.record(Outcome(step=step.name, result=result, detail=detail))
        return StepResult(step, result, detail, error)

    def _context(self, step: Step) -> StepContext:
        def note(topic: str, facts: Mapping[str, Scalar]) -> None:
            self.record(Note(step=step.name, topic=topic, facts=dict(facts)))

        return StepContext(self.history(step.name), note, self.ensure_current, self.should_stop)


@dataclass(frozen=True, slots=True)
class DryRunExecutor:
    """Checks the steps and says which ones a real run would do. Changes nothing and writes nothing."""

    history: Callable[[str], StepHistory] = lambda _step: UNKNOWN_PAST

    def execute(self, step: Step) -> StepResult:
        """Check one step."""
        context = StepContext(self.history(step.name), _not_in_a_dry_run, lambda: None, lambda: False)
        try:
            proof = step.check(context)
        except Exception as error:  # noqa: BLE001 - as in RealExecutor
            return StepResult(step, *_how_it_failed(error), error)
        return StepResult(step, "skipped", proof) if proof is not None else StepResult(step, "would do", step.title)


def bare_executor(should_stop: Callable[[], bool]) -> RealExecutor:
    """Return the executor for steps that must work before there is a control store: idempotent, not journalled."""
    return RealExecutor(lambda _event: None, lambda: None, lambda _step: UNKNOWN_PAST, should_stop)


def journalled_executor(journal: Journal, hold: Hold, should_stop: Callable[[], bool]) -> RealExecutor:
    """Return the executor of a run that holds the lock."""
    return RealExecutor(journal.write, hold.ensure_current, journal.history, should_stop)


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a run is carried out: how wide, who watches, how it is stopped, and what to type to go on."""

    observer: Observer
    max_parallel: int
    should_stop: Callable[[], bool]
    resume_command: str


def run_journalled(steps: tuple[Step, ...], journal: Journal, hold: Hold, conduct: Conduct) -> RunReport:
    """Run the steps and journal how the run ended. Returns only when every step is done.

    Raises: the error of the one step that failed, StepsFailed if several did; Paused or Interrupted if the run
    can go on; LockLost, ControlStoreUnavailable.
    """
    executor = journalled_executor(journal, hold, conduct.should_stop)
    report = run_steps(
        steps,
        executor,
        conduct.observer,
        max_parallel=conduct.max_parallel,
        should_stop=conduct.should_stop,
    )
    error = problem(report, conduct.resume_command)
    if not isinstance(error, LockLost):
        journal.write(_ending(report, error))
    if error is not None:
        raise error
    return report


def problem(report: RunReport, resume_command: str) -> Exception | None:
    """Return the one error that says why a run is not complete, or None if it is. Pure.

    The gravest comes first: a bug, a lost lock, failures, an interruption, a pause.
    """
    errors = [result.error for result in report.results if result.error is not None]
    failures = [error for error in errors if not isinstance(error, Paused | Interrupted)]
    for gravest in (lambda error: not isinstance(error, ShopctlError), lambda error: isinstance(error, LockLost)):
        found = next(filter(gravest, failures), None)
        if found is not None:
            return found
    if failures:
        return _joined(report) if len(failures) > 1 else failures[0]
    pauses = [error for error in errors if isinstance(error, Paused)]
    if pauses and len(pauses) == len(errors):
        return pauses[0]
    if report.is_complete:
        return None
    return Interrupted(
        f"stopped with {report.steps_done} of {len(report.results)} steps done; nothing is lost",
        f"Type `{resume_command}` to go on.",
    )


def _joined(report: RunReport) -> StepsFailed:
    failed = [result for result in report.results if result.status == "failed" and result.error is not None]
    fixes = dict.fromkeys(result.error.fix for result in failed if isinstance(result.error, ShopctlError))
    return StepsFailed("\n".join(f"{result.step.name}: {result.detail}" for result in failed), "\n".join(fixes))


def _how_it_failed(error: Exception) -> tuple[Result, str]:
    match error:
        case Paused():
            return "paused", error.reason
        case Interrupted():
            return "interrupted", error.reason
        case ShopctlError():
            return "failed", error.reason
        case _:
            return (
                "failed",
                f"bug: {type(error).__name__}",
            )  # its text may hold anything, so it stays out of the journal


def _ending(report: RunReport, error: Exception | None) -> Event:
    if isinstance(error, Paused):
        return PausedEvent(reason=error.reason, next_command=error.fix)
    result: RunResult = "done" if error is None else "interrupted" if isinstance(error, Interrupted) else "failed"
    detail = "" if error is None else _how_it_failed(error)[1]
    return Finished(result=result, detail=detail, steps_done=report.steps_done, steps_total=len(report.results))


def _not_in_a_dry_run(topic: str, _facts: Mapping[str, Scalar]) -> None:
    raise RuntimeError(f"a check may not write to the journal ({topic})")
