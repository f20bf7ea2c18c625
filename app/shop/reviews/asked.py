"""What may be sent about reviews, from forms and as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shop.accounts.forms import OneLine, Sent
from shop.prose import Prose
from shop.reviews.review import PAGE_SIZE, Opinion

PAGES = 400


class OpinionForm(Sent):
    """A customer's opinion. Whose it is and what of is not among it."""

    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Prose] = ""
    author: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), OneLine] = ""

    def opinion(self) -> Opinion:
        """Return it as the shop keeps it. Pure."""
        return Opinion(stars=self.stars, text=self.text, author=self.author)


class ReviewsAddress(BaseModel):
    """The parameters of a list of reviews."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: int = Field(default=1, ge=1, le=PAGES)
    size: int = Field(default=PAGE_SIZE, ge=1, le=50, description="reviews per page")
