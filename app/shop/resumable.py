"""Migrations on MySQL that can be killed: each statement that makes something is committed by itself there.

Whoever goes on meets what is there already, under the lock of migrations, so it can only be the dead one's own work.
"""

from __future__ import annotations

import logging
from typing import Any

from alembic.ddl.mysql import MySQLImpl
from sqlalchemy.exc import DBAPIError

from shop.sqlcodes import ALREADY_THERE, code_of

log = logging.getLogger(__name__)


class ResumableMySQL(MySQLImpl):
    """Alembic's own way to speak to MySQL, which takes what is there already for done."""

    __dialect__ = "mysql"

    def _exec(self, construct: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return super()._exec(construct, *arguments, **named)
        except DBAPIError as error:
            if code_of(error) not in ALREADY_THERE:
                raise
            log.info("a migration that was cut off had done this already: %s", error.orig)
            return None
