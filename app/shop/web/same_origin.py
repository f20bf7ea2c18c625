"""Changes come from the shop's own pages. A page elsewhere that makes a visitor's browser send one is refused.

Browsers say where a request comes from; no token is needed in forms.
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata headers" and "Verifying Origin".
"""

from __future__ import annotations

from flask import Flask, request

from shop.problems import Forbidden
from shop.shop import current_shop

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # they change nothing. Source: RFC 9110, section 9.2.1
WEBHOOKS = "/webhooks/"  # signed by those who send them
OWN = frozenset({"same-origin", "none"})  # none: the person did it, without any page


def register(app: Flask) -> None:
    """Refuse changes that other origins ask for."""

    @app.before_request
    def refuse_others() -> None:
        if changes_something() and not request.path.startswith(WEBHOOKS) and not _is_own():
            raise Forbidden("This was sent from another place than the shop’s own pages.")


def changes_something() -> bool:
    """Return whether the request's method may change something."""
    return request.method not in SAFE


def _is_own() -> bool:
    shop = current_shop()
    has_cookie = shop.config.session_cookie in request.cookies
    if request.headers.get("Authorization", "").lower().startswith("bearer ") and not has_cookie:
        return True  # no browser sends a token by itself
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        return fetched_from in OWN
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == shop.config.public_url
    referrer = request.headers.get("Referer")
    if referrer is not None:
        return f"{referrer}/".startswith(f"{shop.config.public_url}/")
    return not has_cookie  # no browser is at work; with a cookie one might be that says nothing
