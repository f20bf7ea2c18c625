"""The record of the authority to write, in the form that docs/authority.md gives it. shopctl writes it, the shop reads.

``authority/<env>/<number>.json``: a number is an epoch, each is written once, and the highest one counts.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

NUMBERED = re.compile(r"(\d{6})\.json")


class RecordUnreadable(Exception):
    """The bytes are no record that this release understands: then nobody may write."""


class Record(BaseModel):
    """Which region may write, since when, by whose decision. ``holder`` is None while nobody may.

    Members that a release does not know are ignored; a change that must not be ignored gets a new ``format``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    format: Literal[1]
    epoch: int = Field(ge=1)
    holder: str | None = Field(min_length=1)
    ttl_seconds: float = Field(gt=0, le=300)
    run: str
    at: str
    nonce: str


def folder(environment: str) -> str:
    """Return where an environment's records are. Pure."""
    return f"authority/{environment}/"


def key(environment: str, number: int) -> str:
    """Return where the record of a number is. Pure."""
    return f"{folder(environment)}{number:06d}.json"


def number_of(environment: str, name: str) -> int | None:
    """Return the number in a key, or None for a key of another form. Pure."""
    match = NUMBERED.fullmatch(name.removeprefix(folder(environment)))
    return int(match[1]) if match else None


def read(number: int, body: bytes) -> Record:
    """Return the record in the bytes under a number. Pure. Raises: RecordUnreadable."""
    try:
        record = Record.model_validate_json(body)
    except ValidationError as error:
        raise RecordUnreadable(f"the record of epoch {number} can't be read: {error}") from error
    if record.epoch != number:
        raise RecordUnreadable(f"the record under number {number} says that its epoch is {record.epoch}")
    return record
