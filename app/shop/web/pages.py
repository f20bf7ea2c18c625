"""What all templates may use."""

from __future__ import annotations

from flask import Flask

from shop.money import price
from shop.shop import current_shop


def register(app: Flask) -> None:
    """Give the templates the shop's words: prices and addresses of pictures."""
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}

    @app.template_filter("price")
    def as_price(minor: int) -> str:
        return price(minor, current_shop().config.currency)

    @app.template_global()
    def media(key: str) -> str:
        return f"/media/{key}"
