"""The lock of an environment: a sequence of claims whose number is the epoch.

``lock/<env>/claims/<epoch>.json``    who claimed the epoch; the epoch only grows and no claim is ever deleted
``lock/<env>/releases/<epoch>.json``  written by the holder when it is done
``beats/<env>/<epoch>.json``          the holder's heartbeat: a counter that only the holder writes

Whoever gets the claim of an epoch *chosen* by the quorum holds the lock, until it is released or a higher epoch
is claimed. Claiming an epoch takes one of two grounds: the one before was released, or its heartbeat did not move
for the whole term, which the taker measures by its own waiting and by no clock of anybody else. So

- one epoch has one holder, however many race for it, because one body is chosen per number;
- a holder that was stopped (a closed laptop, a long pause) and wakes up late is refused: it asks a majority for
  higher epochs just before each mutating step, a chosen higher claim is on a majority, and two majorities meet.

What a lock can't exclude is a holder that stops between that question and its effect, for longer than the term.
The window is one API call or one start of Terraform; Terraform's own state lock covers the rest of that step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from pydantic import BaseModel, ConfigDict

from shopctl.errors import LockHeld, LockLost
from shopctl.runs.store import Chosen, Open, Quorum, Sequence, Split
from shopctl.runs.world import Actor, World, stamp

BEATS = "beats/"  # apart from all that is kept, so that a bucket can let it expire
BEAT_SECONDS = 3.0
TERM_BEATS = 5  # a heartbeat that is still for 5 beats (15 s) is taken for dead
TERM_SECONDS = BEAT_SECONDS * TERM_BEATS


class Claim(BaseModel):
    """Who took an epoch, for what, and since when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    epoch: int
    operation: str
    run: str
    by: Actor
    at: str
    nonce: str

    def __str__(self) -> str:
        return f"{self.operation} (run {self.run}) by {self.by} since {self.at}"


class Beat(BaseModel):
    """One heartbeat; ``at`` is the holder's own clock, for people only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int
    count: int
    at: str


@dataclass(frozen=True, slots=True)
class LockView:
    """The lock as it looks from outside: the last claim, whether it was released, the last sign of life."""

    claim: Claim
    is_released: bool
    last_beat_at: str | None


@dataclass(frozen=True, slots=True)
class _Head:
    """The highest epoch that anybody tried to take; ``claim`` is None where its votes are split."""

    epoch: int
    claim: Claim | None
    is_free: bool


class EnvironmentLock:
    """The lock of one environment in a control store. Holds nothing by itself: ``acquire`` returns the hold."""

    def __init__(self, control: Quorum, environment: str) -> None:
        self._control = control
        self._environment = environment
        self._claims = Sequence(control, f"lock/{environment}/claims/")
        self._releases = Sequence(control, f"lock/{environment}/releases/")

    def acquire(self, operation: str, run: str, world: World) -> Hold:
        """Take the lock for a run, or say who has it.

        A held lock is watched for at most the term (15 s): a heartbeat that moves refuses at once, one that stays still
        is taken over by the next epoch; the claim taken over is in ``Hold.superseded``.

        Raises: LockHeld with holder, operation, since when and what to do; ControlStoreUnavailable.
        """
        head = self._head()
        while True:
            if not head.is_free:
                self._watch(head, world)
            claim = self._new_claim(head.epoch + 1, operation, run, world)
            verdict = self._claims.append(claim.epoch, _bytes(claim))
            if verdict == Chosen(_bytes(claim)):
                hold = Hold(self, claim, superseded=None if head.is_free else head.claim)
                hold.beat(world)
                return hold
            # Somebody else was faster, or the votes split: look again from the new head, which is higher.
            head = self._head()

    def view(self) -> LockView | None:
        """Return the last claim and its state, or None if the environment was never locked. Reads only."""
        head = self._head()
        if head.claim is None:
            return None
        beats = self.beats(head.epoch)
        newest = max(beats, key=lambda beat: beat.count, default=None)
        return LockView(head.claim, is_released=head.is_free, last_beat_at=newest.at if newest else None)

    def catch_up(self) -> int:
        """Copy what a region missed while it was away; return how many records of the environment that were.

        Raises: ControlStoreUnavailable.
        """
        kept = ("facts", "lock", "runs")
        return sum(self._control.repair(f"{folder}/{self._environment}/") for folder in kept)

    def is_superseded(self, epoch: int) -> bool:
        """Tell whether anybody has tried to take a higher epoch. Raises: ControlStoreUnavailable."""
        return bool(self._claims.numbers(after=epoch))

    def beats(self, epoch: int) -> tuple[Beat, ...]:
        """Return a majority's copies of the heartbeat of an epoch."""
        return tuple(Beat.model_validate_json(copy) for copy in self._control.copies(self._beat_key(epoch)))

    def write_beat(self, beat: Beat) -> None:
        """Renew the heartbeat of an epoch; only its holder may."""
        self._control.replace(self._beat_key(beat.epoch), _bytes(beat))

    def write_release(self, claim: Claim) -> None:
        """Free the epoch for good."""
        self._releases.append(claim.epoch, _bytes(claim))

    def _head(self) -> _Head:
        epoch, verdict = self._claims.last()
        match verdict:
            case Open():
                return _Head(epoch, None, is_free=True)
            case Split(final=final):
                # A number that is void for good has no holder; one that may still be decided may have one.
                return _Head(epoch, None, is_free=final)
            case Chosen(body=body):
                released = isinstance(self._releases.read(epoch), Chosen)
                return _Head(epoch, Claim.model_validate_json(body), is_free=released)
            case _:
                assert_never(verdict)

    def _watch(self, head: _Head, world: World) -> None:
        """Return if the holder gives no sign of life for the term. Raises: LockHeld as soon as it gives one."""
        seen = self._beat_count(head.epoch)
        for _ in range(TERM_BEATS):
            world.sleep(BEAT_SECONDS)
            if self._beat_count(head.epoch) > seen:
                raise self._held(head)

    def _beat_count(self, epoch: int) -> int:
        return max((beat.count for beat in self.beats(epoch)), default=0)

    def _held(self, head: _Head) -> LockHeld:
        holder = str(head.claim) if head.claim else f"a run that is claiming epoch {head.epoch} just now"
        return LockHeld(
            f"{self._environment} is locked: {holder}",
            f"Wait for it, or stop it there with Ctrl-C. If that process is gone, run the same command again: "
            f"the lock is free {TERM_SECONDS:.0f} s after its last sign of life.",
        )

    def _new_claim(self, epoch: int, operation: str, run: str, world: World) -> Claim:
        at = stamp(world.now())
        return Claim(epoch=epoch, operation=operation, run=run, by=world.actor, at=at, nonce=world.nonce())

    def _beat_key(self, epoch: int) -> str:
        return f"{BEATS}{self._environment}/{epoch:06d}.json"


@dataclass(slots=True)
class Hold:
    """One run's hold of the lock: its epoch, its heartbeat, and the question whether it is still the current one."""

    _lock: EnvironmentLock
    claim: Claim
    superseded: Claim | None  # the dead holder that this one took over from
    _beats: int = field(default=0)

    @property
    def epoch(self) -> int:
        """The number that every record of this run carries."""
        return self.claim.epoch

    def ensure_current(self) -> None:
        """Return only if no higher epoch exists; called just before each effect.

        Raises: LockLost; ControlStoreUnavailable if no majority can tell.
        """
        if self._lock.is_superseded(self.epoch):
            raise LockLost(
                f"run {self.claim.run} has lost the lock: its epoch {self.epoch} was taken over by a higher one",
                "Look at `shopctl history` for the run that took over; nothing further was started here.",
            )

    def beat(self, world: World) -> None:
        """Renew the heartbeat. Raises: LockLost if it is too late for that; ControlStoreUnavailable."""
        self.ensure_current()
        self._beats += 1
        self._lock.write_beat(Beat(epoch=self.epoch, count=self._beats, at=stamp(world.now())))

    def release(self) -> None:
        """Give the lock back for good. Raises: ControlStoreUnavailable."""
        self._lock.write_release(self.claim)


def _bytes(model: BaseModel) -> bytes:
    return model.model_dump_json().encode()
