"""The Flask application: what it is made of, in the order in which a request meets it."""

from __future__ import annotations

from apiflask import APIFlask

from shop.catalogue import api as catalogue_api
from shop.catalogue import views as catalogue
from shop.shop import Shop
from shop.web import assets, errors, headers, pages, stateless

MAX_REQUEST_BYTES = 1_000_000  # forms and JSON; files go to the storage, not through the application


def create_app(shop: Shop) -> APIFlask:
    """Return the application over a shop that is put together. Connects to nothing."""
    app = APIFlask(
        __name__, title="Shop", version="1", spec_path="/api/openapi.json", docs_path=None, json_errors=False
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.config["SECRET_KEY"] = shop.config.secret_key.get_secret_value()
    app.extensions["shop"] = shop
    app.session_interface = stateless.NoSession()

    assets.register(app)
    headers.register(app)
    errors.register(app)
    pages.register(app)
    app.register_blueprint(catalogue.pages)
    app.register_blueprint(catalogue_api.api)
    return app
