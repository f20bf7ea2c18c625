"""The records of a run's journal: what each kind says, and the one way to write it as bytes.

A record is a header (format, run, number, hash of the record before, epoch, time, nonce) around one event. Records hold
no secrets: a plan, a variable file or an output is named by its digest, never by its content.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopctl.runs.world import Actor

FIRST_LINK = "0" * 64  # what the first record has in place of a hash

Scalar = str | int | float | bool | None
Result = Literal["done", "skipped", "failed", "interrupted", "paused"]
RunResult = Literal["done", "failed", "interrupted", "refused"]  # refused: ended before its first step


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Started(_Frozen):
    """The run begins: what was asked, by whom, with which steps. ``request`` repeats what ``resume`` needs."""

    kind: Literal["started"] = "started"
    operation: str
    by: Actor
    version: str
    steps: tuple[str, ...]
    request: dict[str, Scalar | tuple[str, ...]] = Field(default_factory=dict)
    digests: dict[str, str] = Field(default_factory=dict)


class Intent(_Frozen):
    """The step is about to act."""

    kind: Literal["intent"] = "intent"
    step: str


class Note(_Frozen):
    """Something the step must find again after a crash, such as the Terraform process that it started."""

    kind: Literal["note"] = "note"
    step: str
    topic: str
    facts: dict[str, Scalar]


class Outcome(_Frozen):
    """How the step ended; ``detail`` is one line for people."""

    kind: Literal["outcome"] = "outcome"
    step: str
    result: Result
    detail: str = ""


class PausedEvent(_Frozen):
    """The run waits for a decision; ``next_command`` goes on."""

    kind: Literal["paused"] = "paused"
    reason: str
    next_command: str


class Resumed(_Frozen):
    """Another process goes on with the run, under the epoch of this record."""

    kind: Literal["resumed"] = "resumed"
    by: Actor
    steps: tuple[str, ...]


class Finished(_Frozen):
    """The run has ended; ``steps_done`` of ``steps_total`` are done."""

    kind: Literal["finished"] = "finished"
    result: RunResult
    detail: str = ""
    steps_done: int
    steps_total: int


Event = Started | Intent | Note | Outcome | PausedEvent | Resumed | Finished


class Record(_Frozen):
    """One link of a run's chain."""

    format: Literal[1] = 1
    run: str
    seq: int = Field(ge=1)
    prev: str
    epoch: int = Field(ge=0)
    at: str
    nonce: str
    event: Annotated[Event, Field(discriminator="kind")]


def to_bytes(record: Record) -> bytes:
    """Write the record as it is stored: compact JSON in the order of its fields, ending in a newline. Pure."""
    return record.model_dump_json().encode() + b"\n"


def link(body: bytes) -> str:
    """Return what the next record must carry as ``prev``: SHA-256 of the stored bytes, in hex. Pure."""
    return hashlib.sha256(body).hexdigest()
