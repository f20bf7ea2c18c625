"""The ids of accounts, orders and all that belongs to them, in addresses: ``/orders/<ulid:order_id>``."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter


class UlidConverter(BaseConverter):
    """Takes a ULID and nothing else, so that no other text gets as far as the database. Source: github.com/ulid/spec"""

    regex = "[0-7][0-9A-HJKMNP-TV-Z]{25}"


def register(app: Flask) -> None:
    """Let addresses of the application speak of ``ulid``."""
    app.url_map.converters["ulid"] = UlidConverter
