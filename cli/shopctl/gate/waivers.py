"""waivers.yaml: who lets which failure through, why, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shopctl.gate.model import Finding, Waiver
from shopctl.yamlfile import Problem, parse_model, read_model

LONGEST_DAYS: Final = 90

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Entry(BaseModel):
    """One waiver."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule: Text = Field(description="the id of the rule, such as SHOP-DATA-001")
    stack: Text = Field(default="*", description="the stack, such as site@eu-west-1; * stands for any text")
    address: Text = Field(description="the resource's address; * stands for any text")
    reason: Annotated[Text, StringConstraints(min_length=10)] = Field(description="why this is right, in a sentence")
    owner: Text = Field(description="who answers for it")
    expires: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        description="the last day on which it holds, as YYYY-MM-DD"
    )


class _File(BaseModel):
    """The whole of waivers.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    schema_version: Literal[1]
    waivers: tuple[_Entry, ...] = ()


def load_waivers(path: Path, today: date) -> tuple[Waiver, ...]:
    """Read a waivers.yaml; a file that is not there waives nothing.

    Raises: SpecError for unreadable text, a broken rule, or a waiver for more than 90 days from today.
    """
    if not path.exists():
        return ()
    return _waivers(read_model(path, _File, lambda file: _problems(file, today)))


def parse_waivers(text: str, source: str, today: date) -> tuple[Waiver, ...]:
    """Read the text of a waivers.yaml. Pure.

    Raises: SpecError, as ``load_waivers``.
    """
    return _waivers(parse_model(text, source, _File, lambda file: _problems(file, today)))


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether a waiver is about a finding, by rule, stack and address. Pure; says nothing about its date."""
    stack = "" if finding.stack is None else str(finding.stack)
    return waiver.rule == finding.rule and _matches(waiver.stack, stack) and _matches(waiver.address, finding.address)


def _matches(pattern: str, text: str) -> bool:
    """Match with ``*`` for any text; brackets mean themselves, because addresses are full of them."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _problems(file: _File, today: date) -> Iterator[Problem]:
    for index, entry in enumerate(file.waivers):
        place = ("waivers", index, "expires")
        try:
            days = (date.fromisoformat(entry.expires) - today).days
        except ValueError:
            yield Problem(place, "is no day of the calendar; write YYYY-MM-DD")
            continue
        if days > LONGEST_DAYS:
            yield Problem(place, f"is {days} days ahead; a waiver holds for {LONGEST_DAYS} days at most")


def _waivers(file: _File) -> tuple[Waiver, ...]:
    entries: Iterable[_Entry] = file.waivers
    return tuple(
        Waiver(
            rule=entry.rule,
            stack=entry.stack,
            address=entry.address,
            reason=entry.reason,
            owner=entry.owner,
            expires=date.fromisoformat(entry.expires),
        )
        for entry in entries
    )
