"""Vouchers as the staff issues them. How often one was used is counted by ``orders``, and never written here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.admin.audit import NOTHING, Deed, Facts, edition, note
from shop.admin.goods import ChangedMeanwhile
from shop.admin.paging import Part, read_part
from shop.database import Database, reading_own_writes
from shop.pricing.models import StoredVoucher
from shop.problems import Invalid, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherTerms:
    """What a voucher takes off, and when: a percentage or an amount in minor units, one of the two."""

    percent: int | None
    amount_minor: int | None
    minimum_minor: int
    starts_at: datetime | None
    ends_at: datetime | None
    max_uses: int | None
    is_once_per_customer: bool
    is_active: bool
    note: str

    def facts(self) -> Facts:
        """Return them for the record. Pure."""
        return {
            "percent": self.percent,
            "amount_minor": self.amount_minor,
            "minimum_minor": self.minimum_minor,
            "starts_at": None if self.starts_at is None else self.starts_at.isoformat(),
            "ends_at": None if self.ends_at is None else self.ends_at.isoformat(),
            "max_uses": self.max_uses,
            "is_once_per_customer": self.is_once_per_customer,
            "is_active": self.is_active,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherShown:
    """A voucher as the staff sees it. ``edition`` tells its terms from others."""

    code: str
    terms: VoucherTerms
    uses: int
    edition: str


class Vouchers:
    """The vouchers. Every method raises Unavailable; those that change raise WritesRefused and write a record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, number: int = 1) -> Part[VoucherShown]:
        """Return a page of them: those that can be used first, then by code."""
        statement = select(StoredVoucher.__table__).order_by(StoredVoucher.is_active.desc(), StoredVoucher.code)
        with reading_own_writes(), self._database.read() as connection:
            part = read_part(connection, statement, number)
        return Part(tuple(_shown(row) for row in part.items), part.number, part.has_more)

    def voucher(self, code: str) -> VoucherShown:
        """Return a voucher. Raises: NotFound."""
        with reading_own_writes(), self._database.read() as connection:
            row = connection.execute(select(StoredVoucher.__table__).where(StoredVoucher.code == code)).one_or_none()
        if row is None:
            raise NotFound("There is no such voucher.")
        return _shown(row)

    def issue(self, code: str, terms: VoucherTerms, by: str) -> None:
        """Issue a voucher. Raises: Invalid for a taken code, or terms that contradict themselves."""
        _check(terms)
        try:
            with self._database.write() as session:
                session.add(StoredVoucher(code=code, uses=0, **_columns(terms)))
                session.flush()
                note(session, Deed(by=by, what="voucher: new", subject=f"voucher:{code}"), NOTHING, terms.facts())
        except IntegrityError as error:
            raise Invalid(errors=("code: There is one with this code.",)) from error

    def change(self, code: str, terms: VoucherTerms, seen: str, by: str) -> None:
        """Give a voucher other terms, if it still has those that were ``seen``: their edition.

        Raises: NotFound; ChangedMeanwhile; Invalid for terms that contradict themselves or its uses.
        """
        _check(terms)
        with self._locked(code) as (session, voucher):
            before = _terms(voucher).facts()
            if edition(before) != seen:
                raise ChangedMeanwhile
            if terms.max_uses is not None and terms.max_uses < voucher.uses:
                raise Invalid(errors=(f"max_uses: It was used {voucher.uses} times already.",))
            for name, value in _columns(terms).items():
                setattr(voucher, name, value)
            note(session, Deed(by=by, what="voucher: changed", subject=f"voucher:{code}"), before, terms.facts())

    def end(self, code: str, by: str) -> None:
        """Let nobody use a voucher any more. Raises: NotFound."""
        with self._locked(code) as (session, voucher):
            before = {"is_active": voucher.is_active}
            voucher.is_active = False
            note(session, Deed(by=by, what="voucher: ended", subject=f"voucher:{code}"), before, {"is_active": False})

    @contextmanager
    def _locked(self, code: str) -> Iterator[tuple[Session, StoredVoucher]]:
        with self._database.write() as session:
            voucher = session.get(StoredVoucher, code, with_for_update=True)
            if voucher is None:
                raise NotFound("There is no such voucher.")
            yield session, voucher


def _check(terms: VoucherTerms) -> None:
    """Raise Invalid for terms that contradict themselves."""
    if (terms.percent is None) == (terms.amount_minor is None):
        raise Invalid(errors=("percent: Fill in a percentage or an amount, and not both.",))
    if terms.starts_at is not None and terms.ends_at is not None and terms.starts_at >= terms.ends_at:
        raise Invalid(errors=("ends_on: It would end before it begins.",))


def _columns(terms: VoucherTerms) -> dict[str, object]:
    return {name: getattr(terms, name) for name in VoucherTerms.__slots__}


def _terms(kept: Any) -> VoucherTerms:
    return VoucherTerms(**{name: getattr(kept, name) for name in VoucherTerms.__slots__})


def _shown(row: Row[*tuple[Any, ...]]) -> VoucherShown:
    terms = _terms(row)
    return VoucherShown(code=row.code, terms=terms, uses=row.uses, edition=edition(terms.facts()))
