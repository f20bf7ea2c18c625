"""What a shop over DynamoDB does not have says so, in words, whoever asks for it."""

from __future__ import annotations

from flask import Flask, request

from shop.problems import NotFound
from shop.stores import NOT_HERE

ABSENT = ("admin_", "models3d", "reviews", "uploads")  # the beginnings of the names of blueprints


def register(app: Flask) -> None:
    """Refuse what is not there, before anybody looks who is asking."""

    @app.before_request
    def refuse() -> None:
        if (request.blueprint or "").startswith(ABSENT):
            raise NotFound(NOT_HERE)
