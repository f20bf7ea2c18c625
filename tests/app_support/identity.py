"""People who come to the shop in tests: browsers, accounts, members of the staff."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.accounts.passwords import Passwords
from shop.accounts.people import Role
from shop.accounts.seal import Seal
from shop.accounts.service import Accounts
from shop.accounts.sessions import Sessions
from shop.accounts.sql import SqlAccounts, SqlSessions
from shop.authority.grant import Grant
from shop.database import connect
from shop.limits import Limits
from shop.problems import WritesRefused
from shop.shop import Shop

PASSWORD = "a few words in a row"  # noqa: S105 - it opens accounts of the tests only


class Browser(FlaskClient):
    """A browser whose every request comes from the shop's own pages, as it says of itself."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"


def has_account(shop: Shop, email: str, *roles: Role) -> str:
    """Let somebody have an account, with roles if they are staff. Returns its id. Their password is ``PASSWORD``."""
    shop.accounts.sign_up(email, PASSWORD, "")
    for role in roles:
        shop.accounts.set_role(email, role, is_held=True)
    return shop.accounts.by_password(email, PASSWORD)


def signed_in(app: Flask, email: str, *roles: Role) -> FlaskClient:
    """Return the browser of somebody who has an account with the roles and has just signed in."""
    has_account(app.extensions["shop"], email, *roles)
    browser = app.test_client()
    sign_in(browser, email)
    return browser


def sign_in(browser: FlaskClient, email: str, password: str = PASSWORD) -> None:
    """Sign a browser in. Raises: AssertionError if the shop refuses."""
    answer = browser.post("/api/session", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text


def in_earnest(shop: Shop) -> Shop:
    """Return the same shop with the limits that it has outside of tests."""
    config = shop.config.model_copy(update={"rate_limit_factor": 1})
    return replace(shop, config=config, limits=Limits(config.redis_url))


class Refusing:
    """The authority of a region that may not write."""

    def require(self) -> Grant:
        """Refuse."""
        raise WritesRefused


def refusing_writes(shop: Shop) -> Shop:
    """Return the same shop where nothing may be written."""
    authority = Refusing()
    database = connect(shop.config, authority)
    sessions = Sessions(SqlSessions(database), shop.cache, Seal(_key(shop), "session"))
    accounts = Accounts(SqlAccounts(database), Passwords(8, 1), sessions, authority, Seal(_key(shop), "password"))
    return replace(shop, authority=authority, database=database, sessions=sessions, accounts=accounts)


MySqlCursor: Any = import_module("pymysql.cursors").Cursor  # PyMySQL has no types


@contextmanager
def questions() -> Iterator[list[str]]:
    """Collect the statements that the driver is given within the block, where none gets past."""
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for cursor, name in ((psycopg.Cursor, "execute"), (psycopg.Cursor, "executemany"), (MySqlCursor, "execute")):
            patch.setattr(cursor, name, _noting(asked, getattr(cursor, name)))
        yield asked


def _noting(asked: list[str], execute: Callable[..., object]) -> Callable[..., object]:
    def note(cursor: object, statement: str, *more: object, **further: object) -> object:
        asked.append(str(statement))
        return execute(cursor, statement, *more, **further)

    return note


def _key(shop: Shop) -> bytes:
    return shop.config.secret_key.get_secret_value().encode()
