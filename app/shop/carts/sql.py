"""The statements over the tables of carts. Those that change a cart expect it to be locked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, func, insert, select, update
from ulid import ULID

from shop.carts.cart import MOST_LINES, MOST_OF_ONE, Cart, CartLine, check_line
from shop.carts.models import StoredCart, StoredCartLine
from shop.catalogue.models import Product, Variant
from shop.direct import fetch
from shop.insertion import insert_if_absent
from shop.pricing.models import StoredVoucher
from shop.pricing.voucher import Voucher
from shop.problems import Invalid

VOUCHER = (
    StoredVoucher.code, StoredVoucher.percent, StoredVoucher.amount_minor, StoredVoucher.minimum_minor,
    StoredVoucher.starts_at, StoredVoucher.ends_at, StoredVoucher.max_uses, StoredVoucher.uses,
    StoredVoucher.is_once_per_customer, StoredVoucher.is_active,
)  # fmt: skip
ON_SALE = and_(Variant.is_active, Product.is_active)
LINE = (
    StoredCartLine.quantity, Variant.id, Variant.sku, Variant.name.label("variant_name"),
    Variant.price_minor, case((ON_SALE, Variant.stock), else_=0).label("stock"),
    Product.slug, Product.name.label("product_name"), Product.image_key,
)  # fmt: skip
CART = (
    select(StoredCart.edition, StoredCart.voucher_code, *VOUCHER, *LINE)
    .outerjoin(StoredVoucher, StoredVoucher.code == StoredCart.voucher_code)
    .outerjoin(StoredCartLine, StoredCartLine.owner == StoredCart.owner)
    .outerjoin(Variant, Variant.id == StoredCartLine.variant_id)
    .outerjoin(Product, Product.id == Variant.product_id)
    .where(StoredCart.owner == bindparam("whose"))
    .order_by(StoredCartLine.position)
)


def read_cart(connection: Connection, owner: str, now: datetime) -> Cart:
    """Return the cart with the catalogue's prices of this moment, in one question."""
    rows = fetch(connection, CART, {"whose": owner})
    if not rows:
        return Cart(owner=owner)
    first = rows[0]
    voucher = None if first.code is None else voucher_of(first)
    is_valid = voucher is not None and voucher.is_valid(now)
    return Cart(
        owner=owner,
        edition=first.edition,
        lines=tuple(_line(row) for row in rows if row.id is not None),
        voucher=voucher if is_valid else None,
        lapsed_code=None if is_valid else first.voucher_code,
    )


def find_voucher(connection: Connection, code: str) -> Voucher | None:
    """Return the voucher of the code, or None."""
    row = connection.execute(select(*VOUCHER).where(StoredVoucher.code == code)).one_or_none()
    return None if row is None else voucher_of(row)


def lock_cart(connection: Connection, owner: str, now: datetime) -> None:
    """Have the cart alone until the transaction ends; an owner without a cart gets an empty one."""
    mine = select(StoredCart.owner).where(StoredCart.owner == owner).with_for_update()
    while connection.execute(mine).first() is None:
        insert_if_absent(connection, StoredCart, {"owner": owner, "edition": str(ULID()), "changed_at": now})


def renew_edition(connection: Connection, owner: str, now: datetime) -> None:
    """Say that the cart has changed, so that nobody buys it at a price from before."""
    connection.execute(update(StoredCart).where(StoredCart.owner == owner).values(edition=str(ULID()), changed_at=now))


def quantities(connection: Connection, owner: str) -> dict[int, int]:
    """Return how many of which variant are in the cart, in its order."""
    lines = select(StoredCartLine.variant_id, StoredCartLine.quantity).where(StoredCartLine.owner == owner)
    return dict(connection.execute(lines.order_by(StoredCartLine.position)).all())


def put_line(connection: Connection, owner: str, variant_id: int, quantity: int) -> None:
    """Let the cart hold so many of the variant. Raises: Invalid, NotFound, Conflict as Carts.put."""
    check_line(quantity, stock_of(connection, (variant_id,)).get(variant_id))
    keep_line(connection, owner, variant_id, quantity)


def keep_line(connection: Connection, owner: str, variant_id: int, quantity: int) -> None:
    """Write the line, in place of the one before or as the last. Raises: Invalid for a cart that is full."""
    place = (StoredCartLine.owner == owner, StoredCartLine.variant_id == variant_id)
    if connection.execute(update(StoredCartLine).where(*place).values(quantity=quantity)).rowcount:
        return
    lines = select(func.count(), func.max(StoredCartLine.position)).where(StoredCartLine.owner == owner)
    count, last = connection.execute(lines).one()
    if count >= MOST_LINES:
        raise Invalid(f"At most {MOST_LINES} different things go into a cart.")
    connection.execute(
        insert(StoredCartLine).values(
            owner=owner, variant_id=variant_id, quantity=quantity, position=0 if last is None else last + 1
        )
    )


def remove_line(connection: Connection, owner: str, variant_id: int) -> None:
    """Take the line out, if it is there."""
    connection.execute(
        delete(StoredCartLine).where(StoredCartLine.owner == owner, StoredCartLine.variant_id == variant_id)
    )


def stock_of(connection: Connection, variant_ids: tuple[int, ...]) -> dict[int, int]:
    """Return how many there are of each variant that is on sale."""
    on_sale = (
        select(Variant.id, Variant.stock)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(variant_ids), ON_SALE)
    )
    return dict(connection.execute(on_sale).all())


def pour(connection: Connection, source: str, target: str) -> None:
    """Add the lines of one cart to another as far as stock and limits allow, and its voucher where there is none."""
    more, there = quantities(connection, source), quantities(connection, target)
    stock = stock_of(connection, tuple(more))
    for variant_id, quantity in more.items():
        before = there.get(variant_id, 0)
        after = min(before + quantity, MOST_OF_ONE, stock.get(variant_id, 0))
        if after > before and (before or len(there) < MOST_LINES):
            keep_line(connection, target, variant_id, after)
            there[variant_id] = after
    code = select(StoredCart.voucher_code).where(StoredCart.owner == source).scalar_subquery()
    carried = connection.execute(select(code)).scalar()
    connection.execute(
        update(StoredCart)
        .where(StoredCart.owner == target, StoredCart.voucher_code.is_(None))
        .values(voucher_code=carried)
    )


def voucher_of(row: Row[*tuple[Any, ...]]) -> Voucher:
    """Return the voucher in the row of a question for VOUCHER. Pure."""
    return Voucher(
        code=row.code,
        percent=row.percent,
        amount_minor=row.amount_minor,
        minimum_minor=row.minimum_minor,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        max_uses=row.max_uses,
        uses=row.uses,
        is_once_per_customer=row.is_once_per_customer,
        is_active=row.is_active,
    )


def _line(row: Row[*tuple[Any, ...]]) -> CartLine:
    return CartLine(
        variant_id=row.id,
        sku=row.sku,
        slug=row.slug,
        name=row.product_name,
        variant_name=row.variant_name,
        image_key=row.image_key,
        quantity=row.quantity,
        unit_minor=row.price_minor,
        stock=row.stock,
    )
