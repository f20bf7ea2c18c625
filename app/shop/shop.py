"""The parts of a running shop, put together once per process; views and the worker ask it for what they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from shop.accounts.cognito import Cognito, open_cognito
from shop.accounts.passwords import Passwords
from shop.accounts.seal import Seal
from shop.accounts.service import Accounts
from shop.accounts.sessions import Sessions
from shop.admin.audit import Audit
from shop.admin.categories import Categories
from shop.admin.goods import Goods
from shop.admin.order_desk import OrderDesk
from shop.admin.reports import Reports
from shop.admin.staff import Staff
from shop.admin.variants import Variants
from shop.admin.vouchers import Vouchers
from shop.authority.grant import Authority
from shop.authority.guardian import guard
from shop.authority.lease import open_authority
from shop.cache import Cache
from shop.carts.service import Carts
from shop.catalogue.service import Catalogue
from shop.config import Config
from shop.database import Database, connect
from shop.dynamodb import Tables, open_tables
from shop.limits import Limits
from shop.mail import Mailer, open_mailer
from shop.models3d.service import Models
from shop.orders.control_ledger import open_ledger
from shop.orders.links import OrderLinks
from shop.orders.service import Orders
from shop.outbox.store import Announcements
from shop.payments.provider import PaymentProvider
from shop.payments.stripe_provider import open_payments
from shop.queue import Queue, open_queue
from shop.reviews.absent import NoReviews
from shop.reviews.service import Reviews
from shop.storage import Storage, open_storage
from shop.stores import Stores, dynamodb_stores, no_database, sql_stores
from shop.uploads.absent import NoPictures
from shop.uploads.pictures import Pictures
from shop.uploads.promise import Uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What a process of the shop works with."""

    config: Config
    database: Database
    tables: Tables | None
    cache: Cache
    authority: Authority
    catalogue: Catalogue
    limits: Limits
    sessions: Sessions
    accounts: Accounts
    cognito: Cognito | None
    storage: Storage
    queue: Queue | None
    mailer: Mailer
    payments: PaymentProvider
    carts: Carts
    orders: Orders
    order_links: OrderLinks
    outbox: Announcements
    uploads: Uploads
    pictures: Pictures
    models: Models
    audit: Audit
    goods: Goods
    variants: Variants
    categories: Categories
    order_desk: OrderDesk
    vouchers: Vouchers
    reports: Reports
    staff: Staff
    reviews: Reviews


def open_shop(config: Config) -> Shop:
    """Put the shop together. Connects to nothing yet."""
    authority = open_authority(config)
    tables = open_tables(config, authority)
    database, stores = _kept(config, authority, tables)
    cache = Cache(config.redis_url)
    key = config.secret_key.get_secret_value().encode()
    sessions = Sessions(stores.sessions, cache, Seal(key, "session"))
    carts, payments = Carts(stores.carts, cache), open_payments(config)
    links = OrderLinks(Seal(key, "order"), config.public_url)
    storage = open_storage(config)
    seconds = config.catalogue_process_seconds, config.catalogue_shared_seconds
    catalogue = Catalogue(stores.catalogue, cache, *seconds)
    passwords = Passwords(config.password_memory_kib, config.password_passes)
    return Shop(
        config=config,
        database=database,
        tables=tables,
        cache=cache,
        authority=authority,
        catalogue=catalogue,
        limits=Limits(config.redis_url, config.rate_limit_factor),
        sessions=sessions,
        accounts=Accounts(stores.accounts, passwords, sessions, authority, Seal(key, "password")),
        cognito=open_cognito(config),
        storage=storage,
        queue=open_queue(config),
        mailer=open_mailer(config),
        payments=payments,
        carts=carts,
        orders=Orders(
            store=stores.orders,
            authority=authority,
            carts=carts,
            payments=payments,
            ledger=open_ledger(config),
            links=links,
            currency=config.currency,
        ),
        order_links=links,
        outbox=stores.outbox,
        uploads=Uploads(storage, Seal(key, "upload")),
        pictures=(Pictures if tables is None else NoPictures)(database, storage, catalogue),
        models=Models(database, storage, catalogue),
        audit=Audit(database),
        goods=Goods(database, storage, catalogue),
        variants=Variants(database, catalogue),
        categories=Categories(database, catalogue),
        order_desk=OrderDesk(database),
        vouchers=Vouchers(database),
        reports=Reports(database),
        staff=Staff(database, sessions),
        reviews=(Reviews if tables is None else NoReviews)(database, catalogue),
    )


def _kept(config: Config, authority: Authority, tables: Tables | None) -> tuple[Database, Stores]:
    """Return the database of the shop, or what stands for one, with the stores of its services."""
    if tables is not None:
        return no_database(authority), dynamodb_stores(tables)
    database = connect(config, authority)
    guard(authority, database)
    return database, sql_stores(database)


def current_shop() -> Shop:
    """Return the shop of the request that is being answered."""
    return cast("Shop", current_app.extensions["shop"])
