"""What Terraform writes about a state lock, as people read it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# As in a .tflock object, and as in the text of an error.
_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)? ?(Z|[+-]\d{2}:?\d{2})")


def readable_time(written: str) -> str:
    """The time of a lock in whole seconds, UTC, as ISO 8601 has it; what is no time is given back. Pure.

    Source: Go's time.Time, its MarshalJSON (.tflock objects) and String (Terraform's "Lock Info").
    """
    found = _WRITTEN.match(written)
    if found is None:
        return written
    day, time, zone = found.groups()
    moment = datetime.strptime(f"{day}T{time}{zone.replace('Z', '+0000')}", "%Y-%m-%dT%H:%M:%S%z")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def readable_operation(written: str) -> str:
    """What the holder of a lock does, in a word: ``OperationTypeApply`` is ``apply``. Pure.

    Source: Terraform, internal/backend/backendrun, OperationType.
    """
    return written.removeprefix("OperationType").lower()
