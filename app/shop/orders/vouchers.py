"""A voucher is used up with the order that it made cheaper, and given back with it. The database counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, or_, update

from shop.insertion import insert_if_absent
from shop.pricing.models import StoredVoucher, VoucherUse
from shop.pricing.voucher import Voucher
from shop.problems import Conflict


class VoucherSpent(Conflict):
    """The voucher can't be used, or not once more."""

    code = "voucher_spent"
    title = "This voucher can’t be used any more"


def use_up(connection: Connection, voucher: Voucher, order_id: str, customers: tuple[str, ...], now: datetime) -> None:
    """Count one more use of the voucher, for good when the transaction is.

    ``customers`` are the names that the buyer goes by; where each may use it once, none of them may have.
    Raises: VoucherSpent; the transaction, or its savepoint, must then be rolled back.
    """
    one_more = (
        update(StoredVoucher)
        .where(
            StoredVoucher.code == voucher.code,
            StoredVoucher.is_active,
            or_(StoredVoucher.max_uses.is_(None), StoredVoucher.uses < StoredVoucher.max_uses),
            or_(StoredVoucher.starts_at.is_(None), StoredVoucher.starts_at <= now),
            or_(StoredVoucher.ends_at.is_(None), StoredVoucher.ends_at > now),
        )
        .values(uses=StoredVoucher.uses + 1)
    )
    if connection.execute(one_more).rowcount != 1:
        raise VoucherSpent("Take the voucher out of the cart to go on without it.")
    if not voucher.is_once_per_customer:
        return
    for customer in customers:
        row = {"code": voucher.code, "customer": customer, "order_id": order_id}
        if not insert_if_absent(connection, VoucherUse, row):
            raise VoucherSpent("You have used this voucher before. Take it out of the cart to go on without it.")


def give_back(connection: Connection, code: str, order_id: str) -> None:
    """Let the use that the order made of the voucher count no more. To be called once per use."""
    connection.execute(
        update(StoredVoucher)
        .where(StoredVoucher.code == code, StoredVoucher.uses > 0)
        .values(uses=StoredVoucher.uses - 1)
    )
    connection.execute(delete(VoucherUse).where(VoucherUse.code == code, VoucherUse.order_id == order_id))


def customers(account_id: str | None, email: str) -> tuple[str, ...]:
    """Return the names that a buyer goes by: the account, and the mailbox without what follows a plus sign. Pure.

    Most mail services deliver name+anything@… to name@…, so that one person has any number of such addresses.
    Source: RFC 5233, Sieve Email Filtering: Subaddress Extension.
    """
    local, _, domain = email.strip().lower().rpartition("@")
    mailbox = f"mail:{local.partition('+')[0] or local}@{domain}"
    return (mailbox,) if account_id is None else (f"account:{account_id}", mailbox)
