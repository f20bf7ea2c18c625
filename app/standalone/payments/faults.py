"""What goes wrong on demand, for tests and drills: it stands in ``/_faults`` and is forgotten with the process."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Kind(StrEnum):
    """What goes wrong with a call."""

    REFUSE = "refuse"  # before its effect: it is answered with the status
    CUT = "cut"  # before its effect: there is no answer
    LOSE = "lose"  # after its effect: there is no answer
    BREAK = "break"  # after its effect: it is answered with 500, which is kept for its key as Stripe keeps it
    DELAY = "delay"  # its effect and its answer come late


class Delivery(StrEnum):
    """How notices are delivered."""

    ON = "on"
    OFF = "off"
    TWICE = "twice"
    NEWEST_FIRST = "newest first"


class Fault(BaseModel):
    """The next so many calls to addresses that begin so go wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    times: int = Field(default=1, ge=1, le=1_000_000)
    path: str = "/v1/"
    method: str | None = None
    status: int = Field(default=503, ge=400, le=599)
    seconds: float = Field(default=1, ge=0, le=120)


@dataclass
class Faults:
    """The faults that are still to come, and how notices are delivered. Safe to share between threads."""

    delivery: Delivery = Delivery.ON
    _coming: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Have calls go wrong."""
        with self._lock:
            self._coming.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return what goes wrong with this call, and count it."""
        with self._lock:
            for place, fault in enumerate(self._coming):
                if path.startswith(fault.path) and fault.method in {None, method}:
                    left = fault.times - 1
                    self._coming[place : place + 1] = [fault.model_copy(update={"times": left})] if left else []
                    return fault
        return None

    def coming(self) -> tuple[Fault, ...]:
        """Return what is still to come."""
        with self._lock:
            return tuple(self._coming)

    def clear(self) -> None:
        """Let nothing more go wrong."""
        with self._lock:
            self._coming.clear()
        self.delivery = Delivery.ON
