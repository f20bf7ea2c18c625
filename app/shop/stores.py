"""Where a shop keeps its things: all of them in a relational database, or the few of a small shop in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import create_engine

from shop.accounts.dynamodb import DynamoAccounts, DynamoSessions
from shop.accounts.people import AccountStore
from shop.accounts.sessions import SessionStore
from shop.accounts.sql import SqlAccounts, SqlSessions
from shop.authority.grant import Authority
from shop.carts.dynamodb import DynamoCarts
from shop.carts.sql_store import SqlCarts
from shop.carts.store import CartStore
from shop.catalogue.dynamodb import DynamoCatalogue
from shop.catalogue.shelf import CatalogueStore
from shop.catalogue.sql import SqlCatalogue
from shop.database import Database
from shop.dynamodb import Tables
from shop.orders.dynamodb import DynamoOrders
from shop.orders.sql_store import SqlOrders
from shop.orders.store import OrderStore
from shop.outbox.dynamodb import DynamoOutbox
from shop.outbox.outbox import Outbox
from shop.outbox.store import Announcements
from shop.problems import NotFound

NOT_HERE = "This shop keeps its things in DynamoDB: it has no administration, reviews or uploads."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What the services of a shop keep their things in."""

    catalogue: CatalogueStore
    accounts: AccountStore
    sessions: SessionStore
    carts: CartStore
    orders: OrderStore
    outbox: Announcements


def sql_stores(database: Database) -> Stores:
    """Return the stores of a shop over PostgreSQL or MySQL."""
    return Stores(
        catalogue=SqlCatalogue(database),
        accounts=SqlAccounts(database),
        sessions=SqlSessions(database),
        carts=SqlCarts(database),
        orders=SqlOrders(database),
        outbox=Outbox(database),
    )


def dynamodb_stores(tables: Tables) -> Stores:
    """Return the stores of a shop over DynamoDB."""
    catalogue = DynamoCatalogue(tables)
    carts = DynamoCarts(tables, catalogue)
    return Stores(
        catalogue=catalogue,
        accounts=DynamoAccounts(tables),
        sessions=DynamoSessions(tables),
        carts=carts,
        orders=DynamoOrders(tables, carts),
        outbox=DynamoOutbox(tables),
    )


def no_database(authority: Authority) -> Database:
    """Return what stands for the database of a shop that has none: whoever asks it is told so, by a NotFound."""

    def refuse() -> NoReturn:
        raise NotFound(NOT_HERE)

    nothing = create_engine("postgresql+psycopg://", creator=refuse)
    return Database(nothing, nothing, (), authority)
