"""Stock is taken and given back by single statements that can't go below zero, always in the order of the ids.

That order is what keeps two orders of the same things from waiting for each other in a ring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, update

from shop.catalogue.models import Variant
from shop.direct import Change
from shop.problems import Conflict

# Executed for one row each time: a statement over all rows would lock them as its plan happens to find them.
TAKE = (
    update(Variant)
    .where(Variant.id == bindparam("variant"), Variant.stock >= bindparam("pieces"), Variant.is_active)
    .values(stock=Variant.stock - bindparam("pieces"))
)
GIVE = update(Variant).where(Variant.id == bindparam("variant")).values(stock=Variant.stock + bindparam("pieces"))


class OutOfStock(Conflict):
    """There is not enough of something any more."""

    code = "out_of_stock"
    title = "Somebody was faster"


def taking(wanted: Iterable[tuple[int, int]]) -> Change:
    """Return the change that takes (variant id, quantity) pairs out of the stock, or is refused: OutOfStock. Pure."""
    return Change(TAKE, in_order(wanted), OutOfStock("Something in the cart is no longer there in that number."))


def give_back(connection: Connection, held: Iterable[tuple[int, int]]) -> None:
    """Put (variant id, quantity) pairs back."""
    rows = in_order(held)
    if rows:
        connection.execute(GIVE, rows)


def in_order(pairs: Iterable[tuple[int, int]]) -> list[dict[str, int]]:
    """Return the rows for TAKE or GIVE, one for each variant, in the order in which all lock them. Pure."""
    sums: Counter[int] = Counter()
    for variant, pieces in pairs:
        sums[variant] += pieces
    return [{"variant": variant, "pieces": pieces} for variant, pieces in sorted(sums.items())]
