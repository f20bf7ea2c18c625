"""A voucher is used up with the order that it made cheaper, and given back with it. The database counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, update

from shop.direct import Change
from shop.insertion import insertion_if_absent
from shop.pricing.models import StoredVoucher, VoucherUse
from shop.pricing.voucher import Voucher
from shop.problems import Conflict

ONE_MORE = (
    update(StoredVoucher)
    .where(
        StoredVoucher.code == bindparam("which"),
        StoredVoucher.is_active,
        or_(StoredVoucher.max_uses.is_(None), StoredVoucher.uses < StoredVoucher.max_uses),
        or_(StoredVoucher.starts_at.is_(None), StoredVoucher.starts_at <= bindparam("at")),
        or_(StoredVoucher.ends_at.is_(None), StoredVoucher.ends_at > bindparam("at")),
    )
    .values(uses=StoredVoucher.uses + 1)
)


class VoucherSpent(Conflict):
    """The voucher can't be used, or not once more."""

    code = "voucher_spent"
    title = "This voucher can’t be used any more"


def using_up(
    voucher: Voucher, order_id: str, customers: tuple[str, ...], now: datetime, dialect: str
) -> tuple[Change, ...]:
    """Return the changes that count one more use of the voucher, or are refused: VoucherSpent. Pure.

    ``customers`` are the names that the buyer goes by; where each may use it once, none of them may have.
    """
    spent = VoucherSpent("Take the voucher out of the cart to go on without it.")
    one_more = Change(ONE_MORE, [{"which": voucher.code, "at": now}], spent)
    if not voucher.is_once_per_customer:
        return (one_more,)
    before = VoucherSpent("You have used this voucher before. Take it out of the cart to go on without it.")
    rows = [{"code": voucher.code, "customer": customer, "order_id": order_id} for customer in customers]
    return one_more, Change(insertion_if_absent(VoucherUse, dialect), rows, before)


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
