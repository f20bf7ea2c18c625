"""What the rest of the shop knows of the authority to write: a grant, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

NOTHING_CHANGED = "Nothing was changed. You can look around as usual; please try again in a minute."
RETRY_AFTER_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Grant:
    """This process may write, under this epoch; None where no control store decides."""

    epoch: int | None


class Authority(Protocol):
    """Says before each write whether it may be."""

    def require(self) -> Grant:
        """Return the grant in force. Touches no network. Raises: WritesRefused."""


class Unfenced:
    """The authority of a shop in one region, without a control store: it may always write."""

    def require(self) -> Grant:
        """Return a grant without an epoch. Pure."""
        return Grant(epoch=None)
