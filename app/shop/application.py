"""The Flask application: what it is made of, in the order in which a request meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIFlask
from flask.json.provider import DefaultJSONProvider

from shop.accounts import account_views, sign_in_views
from shop.accounts import api as accounts_api
from shop.admin import (
    desk_views,
    gate,
    goods_views,
    order_views,
    report_views,
    review_views,
    staff_views,
    voucher_views,
)
from shop.carts import api as cart_api
from shop.carts import views as cart
from shop.catalogue import api as catalogue_api
from shop.catalogue import views as catalogue
from shop.models3d import views as models3d
from shop.orders import api as orders_api
from shop.orders import views as orders
from shop.orders import webhook
from shop.reviews import api as reviews_api
from shop.reviews import views as reviews
from shop.shop import Shop
from shop.uploads import views as uploads
from shop.web import (
    absent,
    assets,
    errors,
    freshness,
    health,
    ids,
    limits,
    media,
    observed,
    openapi,
    pages,
    same_origin,
    sitemap,
    stateless,
)

MAX_REQUEST_BYTES = 1_000_000  # forms and JSON; files go to the storage, not through the application


class Json(DefaultJSONProvider):
    """JSON as Flask reads it, but that too deep a nesting is a mistake of whoever sent it and not of the shop."""

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Read a value. Raises: ValueError."""
        try:
            return super().loads(s, **options)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None


class Application(APIFlask):
    """A Flask application without asynchronous functions."""

    json_provider_class = Json

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is. Flask looks into each view and each hook at every call: 2 µs each."""
        return func


def create_app(shop: Shop) -> APIFlask:
    """Return the application over a shop that is put together. Connects to nothing."""
    app = Application(
        __name__,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None: shop.web.assets serves the files
        title="Shop",
        version="1",
        spec_path="/api/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.config["SECRET_KEY"] = shop.config.secret_key.get_secret_value()
    app.extensions["shop"] = shop
    app.session_interface = stateless.NoSession()
    app.url_map.merge_slashes = False  # it redirects, to the host that the request claims to be for

    assets.register(app)
    freshness.register(app)
    errors.register(app)
    pages.register(app)
    sitemap.register(app)
    ids.register(app)
    same_origin.register(app)
    limits.register(app)
    if shop.tables is not None:
        absent.register(app)
    sign_in_views.register(app)
    gate.register(app)
    app.register_blueprint(catalogue.pages)
    app.register_blueprint(catalogue_api.api)
    app.register_blueprint(cart.pages)
    app.register_blueprint(cart_api.api)
    app.register_blueprint(orders.pages)
    app.register_blueprint(orders_api.api)
    app.register_blueprint(webhook.hooks)
    app.register_blueprint(sign_in_views.pages)
    app.register_blueprint(account_views.pages)
    app.register_blueprint(accounts_api.api)
    app.register_blueprint(media.media)
    app.register_blueprint(uploads.pages)
    app.register_blueprint(uploads.api)
    app.register_blueprint(models3d.pages)
    app.register_blueprint(desk_views.pages)
    app.register_blueprint(goods_views.pages)
    app.register_blueprint(order_views.pages)
    app.register_blueprint(voucher_views.pages)
    app.register_blueprint(report_views.pages)
    app.register_blueprint(staff_views.pages)
    app.register_blueprint(review_views.pages)
    app.register_blueprint(reviews.pages)
    app.register_blueprint(reviews_api.api)
    openapi.register(app, shop.config.session_cookie)
    is_draining = health.Draining(shop.config.drain_file)
    health.register(app, shop, is_draining)
    observed.register(app, shop, is_draining)  # around everything: nothing is registered after it
    return app
