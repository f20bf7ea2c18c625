"""An authority that tests decide, for every part that must obey it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shop.authority.grant import NOTHING_CHANGED, RETRY_AFTER_SECONDS, Grant
from shop.problems import WritesRefused
from shop.shop import Shop


class Decided:
    """Grants the epoch that it was last told, and refuses after ``refuse``."""

    def __init__(self, epoch: int | None = None) -> None:
        self._grant: Grant | None = Grant(epoch)

    def grant(self, epoch: int | None) -> None:
        """Let writes in under the epoch."""
        self._grant = Grant(epoch)

    def refuse(self) -> None:
        """Let nothing be written."""
        self._grant = None

    def require(self) -> Grant:
        """Return what was decided. Raises: WritesRefused."""
        if self._grant is None:
            raise WritesRefused(NOTHING_CHANGED, retry_after_seconds=RETRY_AFTER_SECONDS)
        return self._grant


@contextmanager
def writes_refused(shop: Shop) -> Iterator[None]:
    """Within the block the shop may not write, whoever of its parts asks."""
    refusing = Decided()
    refusing.refuse()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.authority, "require", refusing.require)
        yield
