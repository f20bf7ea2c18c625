"""A cart as the rest of the shop sees it. Its prices are the catalogue's, read when the cart was read."""

from __future__ import annotations

from dataclasses import dataclass

from shop.pricing.voucher import Voucher
from shop.problems import Conflict, Invalid, NotFound

MOST_OF_ONE = 99
MOST_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """A variant in a cart. ``stock`` is what could be bought at most; 0 too when it is no longer on sale."""

    variant_id: int
    sku: str
    slug: str
    name: str
    variant_name: str
    image_key: str | None
    quantity: int
    unit_minor: int
    stock: int

    @property
    def total_minor(self) -> int:
        """What the line costs before discounts."""
        return self.quantity * self.unit_minor

    @property
    def is_available(self) -> bool:
        """Whether there is enough of it."""
        return self.quantity <= self.stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """What a visitor is about to buy. ``edition`` is new after every change; None for a cart that was never filled.

    ``voucher`` is valid at the moment of reading; a code that has lost its validity since it was entered is
    ``lapsed_code``.
    """

    owner: str | None = None
    edition: str | None = None
    lines: tuple[CartLine, ...] = ()
    voucher: Voucher | None = None
    lapsed_code: str | None = None

    @property
    def subtotal_minor(self) -> int:
        """What the lines cost together, before discounts and shipping."""
        return sum(line.total_minor for line in self.lines)

    @property
    def pieces(self) -> int:
        """How many pieces are in it."""
        return sum(line.quantity for line in self.lines)


def check_line(quantity: int, stock: int | None) -> None:
    """Check whether so many of a kind can be in a cart; ``stock`` is None for what is not on sale. Pure.

    Raises: NotFound; Invalid above 99; Conflict if there is not enough of it.
    """
    if stock is None:
        raise NotFound("This is not on sale, or never was.")
    if quantity > MOST_OF_ONE:
        raise Invalid(
            f"At most {MOST_OF_ONE} of one kind go into a cart.", errors=(f"quantity: at most {MOST_OF_ONE}",)
        )
    if quantity > stock:
        raise Conflict(f"Only {stock} of these are left." if stock else "This is sold out.")


def no_such_voucher() -> Invalid:
    """Return what is said of a code that does not count. Pure."""
    return Invalid("This code can’t be used.", errors=("code: unknown, or not valid now",))
