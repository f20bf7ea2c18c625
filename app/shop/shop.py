"""The parts of a running shop, put together once per process; views and the worker ask it for what they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from shop.authority.grant import Authority, Unfenced
from shop.cache import Cache
from shop.catalogue.service import Catalogue
from shop.catalogue.sql import SqlCatalogue
from shop.config import Config
from shop.database import Database, connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What a process of the shop works with."""

    config: Config
    database: Database
    cache: Cache
    authority: Authority
    catalogue: Catalogue


def open_shop(config: Config) -> Shop:
    """Put the shop together. Connects to nothing yet."""
    authority = Unfenced()
    database = connect(config, authority)
    cache = Cache(config.redis_url)
    return Shop(
        config=config,
        database=database,
        cache=cache,
        authority=authority,
        catalogue=Catalogue(SqlCatalogue(database), cache),
    )


def current_shop() -> Shop:
    """Return the shop of the request that is being answered."""
    return cast("Shop", current_app.extensions["shop"])
