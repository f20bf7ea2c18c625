"""A run's journal: its records in order, each chained to the one before by hash, written under the run's epoch.

``runs/<env>/<run>/<seq>.json``. A run has one writer at a time, the holder of the lock. After a takeover the old
holder may still try to write; the sequence lets only one record have a number, so one of the two meets the other's:
a record of a lower epoch is taken into the chain and the writer goes on behind it; a higher epoch means
that the lock is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from threading import Lock
from typing import assert_never

from pydantic import ValidationError

from shopctl.errors import ControlStoreUnavailable, LockLost, ShopctlError
from shopctl.runs.records import FIRST_LINK, Event, Intent, Note, Outcome, Record, Started, link, to_bytes
from shopctl.runs.store import Chosen, Open, Quorum, Sequence, Split
from shopctl.runs.world import World, stamp


class JournalBroken(ShopctlError):
    """A journal is not what its writers wrote: edited, incomplete, or mixed with another run's records."""

    code = "journal_broken"


def new_run_id(operation: str, world: World) -> str:
    """Return a run id that sorts by time and names its operation: ``20261121T104501Z-deploy-1a2b``."""
    at = world.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{at}-{operation}-{world.nonce()[:4]}"


@dataclass(frozen=True, slots=True)
class StepHistory:
    """What the journal knows of one step: whether it began, how it last ended, and what it noted."""

    is_begun: bool
    outcome: Outcome | None  # None also when the step began again after an earlier outcome
    notes: tuple[Note, ...]

    def latest(self, topic: str) -> Note | None:
        """Return the last note on a topic."""
        return next((note for note in reversed(self.notes) if note.topic == topic), None)


class Journal:
    """A run's journal, opened for writing under one epoch. Safe to share between the threads of a run."""

    def __init__(self, control: Quorum, environment: str, run: str, *, epoch: int, world: World) -> None:
        """Open the journal of a run, new or old; what a dead writer or a region left behind is completed.

        Raises: JournalBroken if what is there does not verify; ControlStoreUnavailable.
        """
        self.run = run
        self._epoch = epoch
        self._world = world
        self._sequence = sequence_of(control, environment, run)
        self._writing = Lock()
        stored = read_all(self._sequence)
        self._records = list(verify(run, stored))
        self._seq = max(stored, default=0)
        self._prev = link(stored[self._seq]) if stored else FIRST_LINK

    @property
    def records(self) -> tuple[Record, ...]:
        """Return all records so far, those of this process included."""
        return tuple(self._records)

    @property
    def started(self) -> Started:
        """Return the record that began the run. Raises: JournalBroken if there is none yet."""
        return beginning(self.run, self._records)

    def history(self, step: str) -> StepHistory:
        """Return what is known of one step."""
        return step_history(step, [record.event for record in self.records])

    def write(self, event: Event) -> None:
        """Append the event behind everything that is there; when this returns, a majority holds it.

        Raises: LockLost if a higher epoch has written; ControlStoreUnavailable if no majority answers (the
        event may still turn up later, so an event must stay true if it is read twice).
        """
        with self._writing:
            while not self._try_write(event):
                pass  # another record had the number: each pass takes one in and moves behind it

    def _try_write(self, event: Event) -> bool:
        number = self._seq + 1
        body = to_bytes(self._new_record(number, event))
        match self._sequence.append(number, body):
            case Chosen(body=chosen):
                self._take_in(number, chosen)
                return chosen == body
            case Split(final=True):
                self._seq = number  # void for good: a number that no reader will find a record under
                return False
            case Split() | Open():
                raise ControlStoreUnavailable(
                    f"record {number} of run {self.run} is undecided until all regions answer",
                    "Run `shopctl resume` once they do.",
                )
            case verdict:
                assert_never(verdict)

    def _take_in(self, number: int, body: bytes) -> None:
        record = parse(self.run, number, body, self._prev)
        if record.epoch > self._epoch:
            raise LockLost(
                f"run {self.run} is carried on under epoch {record.epoch}; this process had {self._epoch}",
                "Look at `shopctl history`; nothing further was started here.",
            )
        self._records.append(record)
        self._seq = number
        self._prev = link(body)

    def _new_record(self, number: int, event: Event) -> Record:
        at = stamp(self._world.now())
        nonce = self._world.nonce()
        return Record(run=self.run, seq=number, prev=self._prev, epoch=self._epoch, at=at, nonce=nonce, event=event)


def sequence_of(control: Quorum, environment: str, run: str) -> Sequence:
    """Return where a run's records are kept. Pure."""
    return Sequence(control, f"{folder_of(environment)}{run}/")


def folder_of(environment: str) -> str:
    """Return where the runs of an environment are kept. Pure."""
    return f"runs/{environment}/"


def read_all(sequence: Sequence) -> dict[int, bytes]:
    """Return the bytes of every record by number, ascending; void numbers are left out.

    Raises: ControlStoreUnavailable if no majority answers, or if a number is undecided.
    """
    stored: dict[int, bytes] = {}
    for number in sequence.numbers():
        match sequence.read(number):
            case Chosen(body=body):
                stored[number] = body
            case Split(final=False):
                raise ControlStoreUnavailable(
                    f"record {number} is undecided until all regions answer", "Run the same command again once they do."
                )
            case Open() | Split():
                continue
            case verdict:
                assert_never(verdict)
    return stored


def verify(run: str, stored: Mapping[int, bytes]) -> tuple[Record, ...]:
    """Parse a run's records and prove that they form one chain. Pure.

    Finds an edited, missing, moved or foreign record anywhere before the last one. It can't see that the last
    records were cut off or rewritten in a majority of the buckets: their versions in S3 show that.
    Raises: JournalBroken naming the first record that is wrong.
    """
    records: list[Record] = []
    prev = FIRST_LINK
    for number, body in sorted(stored.items()):
        records.append(parse(run, number, body, prev))
        prev = link(body)
    return tuple(records)


def parse(run: str, number: int, body: bytes, prev: str) -> Record:
    """Read one record and check that it belongs here. Pure. Raises: JournalBroken."""
    try:
        record = Record.model_validate_json(body)
    except ValidationError as error:
        raise _broken(run, number, f"it can't be read ({error.error_count()} faults)") from error
    if record.run != run:
        raise _broken(run, number, f"it belongs to run {record.run}")
    if record.seq != number:
        raise _broken(run, number, f"it was written as record {record.seq}")
    if record.prev != prev:
        raise _broken(run, number, "it does not follow the record before it: that one was edited, removed or added")
    return record


def beginning(run: str, records: Iterable[Record]) -> Started:
    """Return the event that began a run. Pure. Raises: JournalBroken if the run has none."""
    for record in records:
        if isinstance(record.event, Started):
            return record.event
    raise _broken(run, 1, "the run has no beginning")


def step_history(step: str, events: Iterable[Event]) -> StepHistory:
    """Fold a run's events into what is known of one step. Pure."""
    is_begun = False
    outcome: Outcome | None = None
    notes: list[Note] = []
    for event in events:
        match event:
            case Intent(step=name) if name == step:
                is_begun, outcome = True, None
            case Outcome(step=name) if name == step:
                outcome = event
            case Note(step=name) if name == step:
                notes.append(event)
            case _:
                continue
    return StepHistory(is_begun, outcome, tuple(notes))


def _broken(run: str, number: int, why: str) -> JournalBroken:
    return JournalBroken(
        f"record {number} of run {run} can't be trusted: {why}",
        "Compare the object's versions in the control buckets; start a new run instead of resuming this one.",
    )
