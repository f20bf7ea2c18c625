"""The guardian of a region's database: it opens the fence for as long as the grant lasts, and closes it when told.

Every process with a leased authority is one, after each of its rounds; the worker makes sure that there is at least one
when no shopper writes. Two guardians of one region do not disturb each other: the later end counts.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from shop.authority.grant import Authority
from shop.authority.lease import LeasedAuthority
from shop.authority.models import WriteFence
from shop.database import Database

log = logging.getLogger(__name__)


class Guardian:
    """Keeps the row of the fence in line with what this process knows of the authority."""

    def __init__(self, authority: LeasedAuthority) -> None:
        self._authority = authority

    def round(self, database: Database) -> None:
        """Renew the fence with the grant in force; close it if a higher epoch was seen; otherwise let it run out.

        A database that is away, or was not migrated yet, is left alone until the next round.
        """
        try:
            # Not through database.write(): the fence is opened from outside, and is no change of the shop.
            with database.writer.begin() as connection:
                self._keep(connection)
        except SQLAlchemyError as error:
            log.warning("the fence could not be renewed: %s", error)

    def _keep(self, connection: Connection) -> None:
        # The database's time comes first: what passes until the grant is asked makes the end earlier, never later.
        now = connection.execute(select(_clock(connection))).scalar_one()
        held = self._authority.held()
        if held is not None:
            valid_until = now + timedelta(seconds=self._authority.seconds_left(held))
            _open(connection, held.epoch, valid_until)
        else:
            _close(connection, self._authority.highest_seen, now)


def guard(authority: Authority, database: Database) -> None:
    """Have every round of a leased authority keep the fence of the database."""
    if isinstance(authority, LeasedAuthority):
        authority.after_each_round(partial(Guardian(authority).round, database))


def _open(connection: Connection, epoch: int, valid_until: datetime) -> None:
    """Let changes in under the epoch up to the moment. Never lowers the epoch, nor takes back what a sibling gave."""
    is_newer = or_(
        WriteFence.epoch < epoch, and_(WriteFence.epoch == epoch, WriteFence.valid_until < valid_until)
    )  # fmt: skip
    values = {"epoch": epoch, "valid_until": valid_until}
    is_renewed = connection.execute(update(WriteFence).where(is_newer).values(values)).rowcount > 0
    if not is_renewed and connection.scalar(select(WriteFence.id)) is None:
        connection.execute(insert(WriteFence).values(id=1, **values))


def _close(connection: Connection, epoch: int, now: datetime) -> None:
    """Let nothing in any more if the epoch is above the one in force."""
    closed = {"epoch": epoch, "valid_until": now}
    connection.execute(update(WriteFence).where(WriteFence.epoch < epoch).values(closed))


def _clock(connection: Connection) -> ColumnElement[datetime]:
    return func.clock_timestamp() if connection.dialect.name == "postgresql" else func.utc_timestamp(6)
