"""The pictures of a shop that takes none from outside."""

from __future__ import annotations

from shop.uploads.pictures import Pictures


class NoPictures(Pictures):
    """Nobody has one; every other question finds no database."""

    def portrait(self, account_id: str) -> str | None:  # noqa: ARG002 - as in Pictures
        """Return None."""
        return None

    def remove_portrait(self, account_id: str) -> None:
        """Do nothing."""
