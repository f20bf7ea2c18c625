"""The reviews of a shop that keeps none."""

from __future__ import annotations

from shop.reviews.review import OwnReview, Review
from shop.reviews.service import Reviews


class NoReviews(Reviews):
    """Nobody wrote anything; every other question finds no database."""

    def first(self, product_id: int) -> tuple[Review, ...]:  # noqa: ARG002 - as in Reviews
        """Return none."""
        return ()

    def of_account(self, account_id: str) -> tuple[OwnReview, ...]:  # noqa: ARG002 - as in Reviews
        """Return none."""
        return ()

    def forget(self, account_id: str) -> None:
        """Do nothing."""
