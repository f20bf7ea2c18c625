"""The facts of an environment as a sequence of versions, each written under the epoch of the run that decided it.

``facts/<env>/<version>.json``. A checkout can't revert a fact, because only the newest version counts. Nor can a run
that lost its lock: it asks for higher epochs between choosing its number and writing, so what its successor wrote
either shows in that question or has the number already, and what it wrote itself is never the newest for long.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shopctl.errors import ControlStoreUnavailable
from shopctl.facts import Facts
from shopctl.runs.lock import Claim, Hold
from shopctl.runs.store import Chosen, Open, Quorum, Sequence, Split
from shopctl.runs.world import World, stamp


class FactVersion(BaseModel):
    """One version of the facts: what holds, since which run, under which epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: int = Field(ge=1)
    epoch: int
    run: str
    at: str
    nonce: str
    facts: Facts


class FactLog:
    """The facts of one environment in its control store."""

    def __init__(self, control: Quorum, environment: str) -> None:
        self._environment = environment
        self._sequence = Sequence(control, f"facts/{environment}/")

    def newest(self) -> FactVersion | None:
        """Return the newest version, or None before the first. Raises: ControlStoreUnavailable."""
        return self._newest()[1]

    def write(self, facts: Facts, hold: Hold, world: World) -> FactVersion:
        """Make these facts the newest version, and return it; facts that are in force already write nothing.

        Raises: LockLost if the run no longer holds the lock; ControlStoreUnavailable.
        """
        while True:
            number, newest = self._newest()
            # In this order: a successor's version is either met here, or takes the number that is asked for below.
            hold.ensure_current()
            if newest is not None and newest.facts == facts:
                return newest
            version = _new_version(number + 1, facts, hold.claim, world)
            body = version.model_dump_json().encode()
            if self._sequence.append(version.version, body) == Chosen(body):
                return version

    def _newest(self) -> tuple[int, FactVersion | None]:
        """Return the highest number that is taken, and the newest version at or below it."""
        highest, verdict = self._sequence.last()
        number = highest
        while number > 1 and (verdict == Split(final=True) or isinstance(verdict, Open)):
            number -= 1  # void: nobody's version
            verdict = self._sequence.read(number)
        if verdict == Split(final=False):
            raise ControlStoreUnavailable(
                f"the newest facts of {self._environment} are undecided until all regions answer",
                "Run the same command again once they do.",
            )
        return highest, FactVersion.model_validate_json(verdict.body) if isinstance(verdict, Chosen) else None


def _new_version(number: int, facts: Facts, claim: Claim, world: World) -> FactVersion:
    at, nonce = stamp(world.now()), world.nonce()
    return FactVersion(version=number, epoch=claim.epoch, run=claim.run, at=at, nonce=nonce, facts=facts)
