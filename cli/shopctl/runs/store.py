"""A quorum of object stores that holds numbered records, each written once and never changed.

The one primitive under the lock, the journal and the facts. A *number* of a sequence is one key, present
at most once in each store. A store takes the first body it is given for a key and keeps it
(``If-None-Match: *``), so each store casts one vote per number and never changes it.

A record is **chosen** when a majority (two of three, or the only one) of the stores holds the same bytes.

Why this is safe
- *At most one body per number is ever chosen.* Two majorities share a store, and that store voted once.
- *What was chosen stays chosen and is found.* Votes never change, and whoever asks a majority meets at least one
  holder of the chosen body. It is reported only after a majority was seen to hold it.
- *"Nothing chosen" is true when it is said*: a majority of empty stores leaves too few votes for any body, and
  a store found empty was empty at every moment before.
- *A dead writer's half-written record doesn't split the log.* Whoever meets it first completes it: it puts the body it
  found into the empty stores. If another body got there first, that vote stands, and the count decides.
- *A retry after a lost reply recognises its own write*: bodies carry a nonce, so equal bytes are one's own.
- *A write that failed is unknown, not undone*: a later reader may complete it. Callers treat
  ``ControlStoreUnavailable`` from ``append`` so.

What can happen under several writers and faults: each store holds another body. With all stores seen that number is
**void** for good (``Split(final=True)``); with one store away it is undecided until that store returns
(``Split(final=False)``). All writers ask the stores in one order and second the first body they meet, so
a split needs writers that see *different* stores fail in the same instant. The lock steps over such a number; the
journal, which has one writer at a time, waits for it.

A copy that is missing or outvoted is repaired by whoever reads the number next; only an outvoted copy is
ever overwritten, and only once a majority holds the chosen body, so no count can change by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from shopctl.errors import ControlStoreUnavailable

RESTING_CALLS = 20  # so many calls a store that failed is asked last, so that a dead region costs one timeout in 20
NUMBERED = re.compile(r"\d{6,}\.json")

Answer = TypeVar("Answer")


class StoreUnavailable(Exception):
    """One store did not answer; whether a write took effect is unknown."""

    def __init__(self, store: str, reason: str, fix: str | None = None) -> None:
        super().__init__(f"{store}: {reason}")
        self.reason = reason
        self.fix = fix


class ObjectStore(Protocol):
    """One region's bucket, or a stand-in. Every method raises StoreUnavailable when it got no answer."""

    @property
    def name(self) -> str:
        """Where it is, for people: the region."""

    def create(self, key: str, body: bytes) -> bool:
        """Write the object unless the key exists; return whether it was written."""

    def get(self, key: str) -> bytes | None:
        """Return the object, or None if there is none."""

    def put(self, key: str, body: bytes) -> None:
        """Write the object, replacing what is there."""

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """Return all keys under the prefix that sort behind ``after``, sorted."""

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the first path level below the prefix, without slash, sorted."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A majority holds these bytes; no other bytes can ever be chosen for the number."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """No body was chosen when the question was asked."""


@dataclass(frozen=True, slots=True)
class Split:
    """The votes are divided: for good (``final``), or until the store that is away returns."""

    final: bool


Verdict = Chosen | Open | Split
Ballots = dict[ObjectStore, bytes | None]


class Quorum:
    """One or three object stores that decide by majority. Safe to share between threads.

    ``read_only`` neither writes nor repairs: for dry runs and for operators who may only look.
    """

    def __init__(self, stores: tuple[ObjectStore, ...], *, read_only: bool = False) -> None:
        if len(stores) not in (1, 3):
            raise ValueError("a quorum needs one store or three")
        self._stores = stores
        self._read_only = read_only
        self._majority = len(stores) // 2 + 1
        self._calls = 0
        self._rests_until: dict[str, int] = {}
        self._faults: dict[str, StoreUnavailable] = {}

    @property
    def faults(self) -> tuple[StoreUnavailable, ...]:
        """Return the failure of each store that did not answer when last asked; empty when all did."""
        return tuple(self._faults.copy().values())

    def append(self, key: str, body: bytes) -> Verdict:
        """Propose the body for a key, and return what is decided. It won exactly if ``Chosen`` holds the same bytes.

        Raises: ControlStoreUnavailable if no majority answered; the proposal may still be chosen later.
        """
        ballots: Ballots = {}
        for store in self._order():
            if self._rests(store) and agreed(ballots, self._majority) is not None:
                continue
            self._offer(store, key, first_vote(ballots) or body, ballots)
        return self._decide(key, ballots)

    def read(self, key: str) -> Verdict:
        """Return what is decided for a key, completing or repairing what a dead writer or a region left behind.

        Raises: ControlStoreUnavailable if no majority answered.
        """
        ballots: Ballots = dict(self._ask(lambda store: store.get(key)))
        if agreed(ballots, self._majority) is None and first_vote(ballots) is not None:
            for store in [store for store in self._stores if store not in ballots]:
                ballots.update(self._try(store, lambda resting: resting.get(key)))
        return self._decide(key, ballots)

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """Return every key under the prefix, behind ``after``, that may be chosen: what any of a majority lists."""
        answers = self._ask(lambda store: store.keys(prefix, after))
        return tuple(sorted({key for _, listed in answers for key in listed}))

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Return the names of the path level below the prefix: what any of a majority lists."""
        answers = self._ask(lambda store: store.folders(prefix))
        return tuple(sorted({name for _, listed in answers for name in listed}))

    def replace(self, key: str, body: bytes) -> None:
        """Set a value that has one writer (a heartbeat) in a majority of the stores.

        Raises: ControlStoreUnavailable.
        """
        self._ask(lambda store: store.put(key, body))

    def copies(self, key: str) -> tuple[bytes, ...]:
        """Return a majority's copies of a one-writer value: one of them is at least as new as the last ``replace``."""
        return tuple(body for _, body in self._ask(lambda store: store.get(key)) if body is not None)

    def repair(self, prefix: str) -> int:
        """Bring every answering store up to date under the prefix; return how many records some store missed."""
        listings = [frozenset(keys) for _, keys in self._ask(lambda store: store.keys(prefix))]
        missing = frozenset.union(*listings) - frozenset.intersection(*listings)
        for key in sorted(missing):
            self.read(key)
        return len(missing)

    def _decide(self, key: str, ballots: Ballots) -> Verdict:
        """Count the votes; where they are short of a decision, second the first body in the stores that hold none."""
        candidate = first_vote(ballots)
        if agreed(ballots, self._majority) is None and candidate is not None and not self._read_only:
            for store in [store for store, vote in ballots.items() if vote is None]:
                self._offer(store, key, candidate, ballots)
        self._require_majority(len(ballots))
        body = agreed(ballots, self._majority)
        if body is not None:
            self._mend(key, body, ballots)
            return Chosen(body)
        if None in ballots.values():
            return Open()
        return Split(final=len(ballots) == len(self._stores))

    def _offer(self, store: ObjectStore, key: str, proposal: bytes, ballots: Ballots) -> None:
        """Offer the proposal to one store and note its vote: the proposal, or the body that was there first."""
        ballots.pop(store, None)
        ballots.update(self._try(store, lambda asked: proposal if asked.create(key, proposal) else asked.get(key)))

    def _mend(self, key: str, body: bytes, ballots: Ballots) -> None:
        for store in [store for store, vote in ballots.items() if vote != body and not self._read_only]:
            # Safe though it may overwrite: a majority holds the body already, so the lost vote counts no more.
            dict(self._try(store, lambda outvoted: outvoted.put(key, body)))

    def _ask(self, question: Callable[[ObjectStore], Answer]) -> tuple[tuple[ObjectStore, Answer], ...]:
        answers: list[tuple[ObjectStore, Answer]] = []
        for store in self._order():
            if len(answers) < self._majority or not self._rests(store):
                answers.extend(self._try(store, question))
        self._require_majority(len(answers))
        return tuple(answers)

    def _try(
        self, store: ObjectStore, question: Callable[[ObjectStore], Answer]
    ) -> tuple[tuple[ObjectStore, Answer], ...]:
        """Ask one store; return its answer, or nothing and let it rest if it gave none."""
        try:
            answer = question(store)
        except StoreUnavailable as fault:
            self._rests_until[store.name] = self._calls + RESTING_CALLS
            self._faults[store.name] = fault
            return ()
        self._rests_until.pop(store.name, None)
        self._faults.pop(store.name, None)
        return ((store, answer),)

    def _order(self) -> tuple[ObjectStore, ...]:
        """Return the stores in the one order that all writers share, but those that failed lately last."""
        self._calls += 1
        return tuple(sorted(self._stores, key=self._rests))

    def _rests(self, store: ObjectStore) -> bool:
        return self._calls < self._rests_until.get(store.name, 0)

    def _require_majority(self, answers: int) -> None:
        if answers >= self._majority:
            return
        faults = self.faults
        raise ControlStoreUnavailable(
            f"only {answers} of {len(self._stores)} control buckets answered and {self._majority} are needed: "
            + "; ".join(str(fault) for fault in faults),
            next((fault.fix for fault in faults if fault.fix), "Run the same command again once the regions answer."),
        )


def first_vote(ballots: Ballots) -> bytes | None:
    """Return the first body that a store holds, in the order in which the stores were asked, or None. Pure."""
    return next((vote for vote in ballots.values() if vote is not None), None)


def agreed(ballots: Ballots, majority: int) -> bytes | None:
    """Return the body that a majority of the stores holds, or None. Pure."""
    votes = [vote for vote in ballots.values() if vote is not None]
    return next((vote for vote in votes if votes.count(vote) >= majority), None)


class Sequence:
    """The records ``<prefix>000001.json``, ``<prefix>000002.json``, ... of a quorum, each written once."""

    def __init__(self, quorum: Quorum, prefix: str) -> None:
        self._quorum = quorum
        self._prefix = prefix

    def append(self, number: int, body: bytes) -> Verdict:
        """Propose the body for the number; see ``Quorum.append``."""
        return self._quorum.append(self._key(number), body)

    def read(self, number: int) -> Verdict:
        """Return what is decided for the number; see ``Quorum.read``."""
        return self._quorum.read(self._key(number))

    def numbers(self, after: int = 0) -> tuple[int, ...]:
        """Return the numbers behind ``after`` for which somebody has at least tried to write, ascending."""
        names = (key.removeprefix(self._prefix) for key in self._quorum.keys(self._prefix, self._key(after)))
        return tuple(int(name.removesuffix(".json")) for name in names if NUMBERED.fullmatch(name))

    def last(self) -> tuple[int, Verdict]:
        """Return the highest number that is not open, with its verdict; ``(0, Open())`` for an empty sequence."""
        for number in reversed(self.numbers()):
            verdict = self.read(number)
            if not isinstance(verdict, Open):
                return number, verdict
        return 0, Open()

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:06d}.json"
