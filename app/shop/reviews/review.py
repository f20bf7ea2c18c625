"""The values that reviews speak in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shop.problems import Forbidden

PAGE_SIZE = 10
NAMELESS = "A customer"


class NotBought(Forbidden):
    """Only customers say what they think of a product."""

    code = "not_bought"
    title = "Reviews are for those who bought it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a customer says of a product, as everybody sees it."""

    author: str
    stars: int
    text: str
    written_at: datetime
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a customer wants to say; ``author`` is how they want to be called, or empty."""

    stars: int
    text: str
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReview:
    """A review as its writer sees it. A hidden one is shown to nobody else; ``hidden_reason`` says why."""

    slug: str
    stars: int
    text: str
    author: str
    written_at: datetime
    changed_at: datetime | None
    is_hidden: bool
    hidden_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewToJudge:
    """A review as the staff sees it."""

    id: str
    slug: str
    product: str
    author: str
    stars: int
    text: str
    written_at: datetime
    is_hidden: bool
    hidden_reason: str
