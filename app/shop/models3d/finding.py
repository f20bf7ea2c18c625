"""What was found in a model, in words for the merchant who made it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much it matters: an error refuses the model, a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where in the file, and how to mend it. ``code`` is stable."""

    code: str
    message: str
    where: str = ""
    cure: str = ""
    level: Level = Level.ERROR


def refuses(findings: Iterable[Finding]) -> bool:
    """Return whether one of them is an error. Pure."""
    return any(finding.level is Level.ERROR for finding in findings)
