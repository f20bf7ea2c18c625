"""A value of an environment as a sequence of versions, each written under the epoch of the run that decided it.

``<kind>/<env>/<version>.json``: the facts, and what a failover needs. A checkout can't revert them, because only the
newest version counts. Nor can a run that lost its lock: it asks for higher epochs between choosing its number and
writing, so what its successor wrote either shows in that question or has the number already, and what it wrote itself
is never the newest for long.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shopctl.errors import ControlStoreUnavailable
from shopctl.facts import Facts
from shopctl.failover_bundle import FailoverBundle
from shopctl.runs.lock import Hold
from shopctl.runs.store import Chosen, Open, Quorum, Sequence, Split
from shopctl.runs.world import World, stamp

Value = TypeVar("Value")


class Version(BaseModel, Generic[Value]):
    """One version of a value: what holds, since which run, under which epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: int = Field(ge=1)
    epoch: int
    run: str
    at: str
    nonce: str
    value: Value


class VersionLog(Generic[Value]):
    """The versions of one value in an environment's control store. See ``fact_log`` and ``failover_log``."""

    def __init__(self, control: Quorum, kind: str, environment: str, model: type[Version[Value]]) -> None:
        self._what = f"the newest {kind} of {environment}"
        self._model = model
        self._sequence = Sequence(control, f"{kind}/{environment}/")

    def newest(self) -> Version[Value] | None:
        """Return the newest version, or None before the first. Raises: ControlStoreUnavailable."""
        return self._newest()[1]

    def write(self, value: Value, hold: Hold, world: World) -> Version[Value]:
        """Make this the newest version, and return it; a value that is in force already writes nothing.

        Raises: LockLost if the run no longer holds the lock; ControlStoreUnavailable.
        """
        while True:
            number, newest = self._newest()
            # In this order: a successor's version is either met here, or takes the number that is asked for below.
            hold.ensure_current()
            if newest is not None and newest.value == value:
                return newest
            version = self._next(number + 1, value, hold, world)
            body = version.model_dump_json().encode()
            if self._sequence.append(version.version, body) == Chosen(body):
                return version

    def _next(self, number: int, value: Value, hold: Hold, world: World) -> Version[Value]:
        claim, at, nonce = hold.claim, stamp(world.now()), world.nonce()
        return self._model(version=number, epoch=claim.epoch, run=claim.run, at=at, nonce=nonce, value=value)

    def _newest(self) -> tuple[int, Version[Value] | None]:
        """Return the highest number that is taken, and the newest version at or below it."""
        highest, verdict = self._sequence.last()
        number = highest
        while number > 1 and (verdict == Split(final=True) or isinstance(verdict, Open)):
            number -= 1  # void: nobody's version
            verdict = self._sequence.read(number)
        if verdict == Split(final=False):
            raise ControlStoreUnavailable(
                f"{self._what} are undecided until all regions answer", "Run the same command again once they do."
            )
        return highest, self._model.model_validate_json(verdict.body) if isinstance(verdict, Chosen) else None


def fact_log(control: Quorum, environment: str) -> VersionLog[Facts]:
    """What operations decided. Calls nothing."""
    return VersionLog(control, "facts", environment, Version[Facts])


def failover_log(control: Quorum, environment: str) -> VersionLog[FailoverBundle]:
    """What a failover needs to know, as it was after each apply. Calls nothing."""
    return VersionLog(control, "failover", environment, Version[FailoverBundle])
