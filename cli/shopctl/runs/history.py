"""What the journals say about past runs, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopctl.runs.journal import beginning, folder_of, read_all, sequence_of, verify
from shopctl.runs.lock import EnvironmentLock, LockView
from shopctl.runs.records import Event, Finished, Outcome, PausedEvent, Record, Resumed
from shopctl.runs.store import Quorum

RunStatus = Literal["done", "failed", "interrupted", "refused", "paused", "running", "cut off"]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a line. ``ended`` is when it finished or paused, None while it goes on or after it was cut off."""

    run: str
    operation: str
    status: RunStatus
    by: str
    started: str
    ended: str | None
    steps_done: int
    steps_total: int
    detail: str
    next_command: str | None  # what goes on with a paused run

    @property
    def is_resumable(self) -> bool:
        """Tell whether ``shopctl resume`` has something to go on with."""
        return self.status in ("failed", "interrupted", "paused", "cut off")


def run_ids(control: Quorum, environment: str) -> tuple[str, ...]:
    """Return the ids of all runs, oldest first: ids sort by time. One listing, whatever the runs hold.

    Raises: ControlStoreUnavailable.
    """
    return control.folders(folder_of(environment))


def history(control: Quorum, environment: str, *, limit: int = 20) -> tuple[RunSummary, ...]:
    """Return the newest ``limit`` runs, newest first, reading only those.

    A run whose journal ends without an ending is ``running`` while it holds the lock, and was ``cut off`` if not.
    Raises: ControlStoreUnavailable; JournalBroken.
    """
    newest = tuple(reversed(run_ids(control, environment)))[:limit]
    lock = EnvironmentLock(control, environment).view()
    journals = ((run, read_run(control, environment, run)) for run in newest)
    # A run whose first record reached too few buckets before it was cut off has not begun.
    return tuple(summarise(run, records, lock) for run, records in journals if records)


def read_run(control: Quorum, environment: str, run: str) -> tuple[Record, ...]:
    """Return a run's records, proven to be one chain. Raises: ControlStoreUnavailable; JournalBroken."""
    return verify(run, read_all(sequence_of(control, environment, run)))


def summarise(run: str, records: tuple[Record, ...], lock: LockView | None) -> RunSummary:
    """Fold a run's records into one line. Pure. Raises: JournalBroken if the run has no beginning."""
    started = beginning(run, records)
    ending = _ending(records)
    return RunSummary(
        run=run,
        operation=started.operation,
        status=_status(run, ending.event if ending else None, lock),
        by=str(started.by),
        started=records[0].at,
        ended=ending.at if ending else None,
        steps_done=len(_steps_done(records)),
        steps_total=len(_steps(records)),
        detail=_detail(ending.event if ending else None),
        next_command=ending.event.next_command if ending and isinstance(ending.event, PausedEvent) else None,
    )


def _ending(records: tuple[Record, ...]) -> Record | None:
    """Return the record that ended or paused the run, unless it was resumed after that."""
    ending: Record | None = None
    for record in records:
        match record.event:
            case Finished() | PausedEvent():
                ending = record
            case Resumed():
                ending = None
            case _:
                continue
    return ending


def _status(run: str, ending: Event | None, lock: LockView | None) -> RunStatus:
    match ending:
        case Finished(result=result):
            return result
        case PausedEvent():
            return "paused"
        case _:
            is_holding = lock is not None and lock.claim.run == run and not lock.is_released
            return "running" if is_holding else "cut off"


def _detail(ending: Event | None) -> str:
    match ending:
        case Finished(detail=detail):
            return detail
        case PausedEvent(reason=reason):
            return reason
        case _:
            return ""


def _steps(records: tuple[Record, ...]) -> tuple[str, ...]:
    """Return the steps of the run as its last start or resumption named them."""
    resumed = [record.event.steps for record in records if isinstance(record.event, Resumed)]
    return resumed[-1] if resumed else beginning(records[0].run, records).steps


def _steps_done(records: tuple[Record, ...]) -> frozenset[str]:
    last = {record.event.step: record.event.result for record in records if isinstance(record.event, Outcome)}
    return frozenset(step for step in _steps(records) if last.get(step) in ("done", "skipped"))
