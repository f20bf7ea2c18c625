"""What a run takes from the world around it: the time, a way to wait, fresh nonces, and who runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict


class Actor(BaseModel):
    """The process that writes: enough for a colleague to find it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str
    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid})"


@dataclass(frozen=True, slots=True)
class World:
    """The injected outside, so that everything under ``runs`` stays pure of IO and can be replayed in tests.

    ``now`` is UTC and only ever shown or recorded: no decision rests on it. ``sleep`` waits at least that
    many seconds of this machine's monotonic clock. ``nonce`` returns a fresh random text at each call.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    nonce: Callable[[], str]
    actor: Actor


def stamp(moment: datetime) -> str:
    """Return the moment as the records write it: UTC, whole seconds, ``2026-11-21T10:45:01Z``. Pure."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
