"""The provider as a Flask application, and as a server that can hang up."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from shop.money import price
from standalone.payments.admin import admin
from standalone.payments.api import api
from standalone.payments.desk import Desk
from standalone.payments.exchange import refused
from standalone.payments.page import pages
from standalone.payments.wire import Refusal

MAX_REQUEST_BYTES = 1_000_000


def create_app(desk: Desk) -> Flask:
    """Return the application over a desk."""
    app = Flask(__name__, static_url_path="/_static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    app.extensions["desk"] = desk
    app.register_blueprint(api)
    app.register_blueprint(pages)
    app.register_blueprint(admin)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, _not_understood)
    app.add_template_filter(lambda minor, currency: price(minor, currency.upper()), "money")
    app.add_url_rule("/health", "health", lambda: {"status": "ok"})
    return app


def _not_understood(error: HTTPException) -> Response:
    # Source: docs.stripe.com/api/errors
    return refused(Refusal(f"Unrecognized request: {error.description}", status=error.code or 500))
