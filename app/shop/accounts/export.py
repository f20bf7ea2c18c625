"""All that the shop keeps of a person, for the person. Source: Regulation (EU) 2016/679 (GDPR), articles 15 and 20."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from shop.accounts.people import Address, Profile
from shop.accounts.sessions import Session
from shop.orders.order import Order
from shop.reviews.review import OwnReview
from shop.shop import current_shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """An account with all that belongs to it."""

    profile: Profile
    addresses: tuple[Address, ...]
    sessions: tuple[Session, ...]
    orders: tuple[Order, ...]
    picture: str | None
    reviews: tuple[OwnReview, ...]


EVERYTHING = TypeAdapter(Everything)


def everything_of(account_id: str) -> bytes:
    """Return the account with all that belongs to it, as JSON. Raises: NotFound; Unavailable."""
    shop = current_shop()
    everything = Everything(
        profile=shop.accounts.profile(account_id),
        addresses=shop.accounts.addresses(account_id),
        sessions=shop.sessions.of(account_id),
        orders=tuple(shop.orders.order(summary.id) for summary in shop.orders.of_account(account_id)),
        picture=shop.pictures.portrait(account_id),
        reviews=shop.reviews.of_account(account_id),
    )
    return EVERYTHING.dump_json(everything, indent=2)
