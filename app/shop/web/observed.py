"""One pass around every request: its id, its line in the log, its place in the metrics, its trace, its headers.

It wraps the application instead of using Flask's hooks, and looks at nothing twice: on the cached listing it is most of
what the shop adds to a bare route.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from json.encoder import encode_basestring as quoted
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.routing import Rule

from shop.shop import Shop
from shop.telemetry.logs import ADDRESS, HIDDEN, REQUEST_ID, Lines, now
from shop.telemetry.metrics import METRICS
from shop.telemetry.traces import Trace, Tracer, open_tracer, watch
from shop.web.headers import standing_headers
from shop.web.request_ids import HEADER, KEY, identify

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEALTH = "/health"  # asked every few seconds by every load balancer: only a bad answer is logged

OWNER = "shop.owner"  # where the WSGI environment holds whose cart it is, if anybody asked
UNKNOWN = "unknown"  # the route of what nothing answers to
# The log has the values of these parameters, and of every other one only that it was there.
HARMLESS = frozenset({"category", "in_stock", "max_price", "min_price", "page", "size", "sort"})
HARMLESS_PARTS = frozenset({"key", "name", "order_id", "product_id", "slug", "variant_id"})
MAX_LOGGED = 200
MAX_PARAMETERS = 20

Headers = list[tuple[str, str]]

log = logging.getLogger(__name__)


class Observed:
    """A WSGI application around another, which is never left by an exception."""

    def __init__(
        self,
        application: WSGIApplication,
        *,
        headers: Mapping[str, str],
        tracer: Tracer | None,
        is_draining: Callable[[], bool],
    ) -> None:
        self._application = application
        self._headers = tuple((name, name.lower(), value) for name, value in headers.items())
        self._tracer = tracer
        self._is_draining = is_draining

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        began = perf_counter()
        environ[KEY] = request_id = identify(environ)
        REQUEST_ID.set(request_id)
        begun = None
        if self._tracer is not None:
            trace = Trace.of(environ.get("HTTP_X_AMZN_TRACE_ID"))
            begun = self._tracer.begin(trace, environ["REQUEST_METHOD"], environ["PATH_INFO"])
        said: list[Any] = []

        def start(status: str, headers: Headers, error: OptExcInfo | None = None) -> Callable[[bytes], object]:
            # Flask forgets the rule when it leaves the request, which is right after this.
            said[:] = status, headers, getattr(environ.get("werkzeug.request"), "url_rule", None)
            self._complete(headers, request_id)
            return start_response(status, headers, error)

        try:
            body, size = _whole(self._application(environ, start), said[1])
        except Exception:
            log.exception("a request failed outside of the application")
            start("500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain")], sys.exc_info())
            body, size = [b"Something broke on our side"], None
        status, rule = int(said[0][:3]), said[2]
        route = UNKNOWN if rule is None else rule.rule
        if begun is not None:
            begun.end(route, status)
        milliseconds = (perf_counter() - began) * 1000
        METRICS.request(route, status, milliseconds)
        if route != HEALTH or status != HTTPStatus.OK:
            # Put together by hand, for it is written for every request: 3 µs instead of 30 by way of a logger.
            Lines().write(
                f'{{"time":"{now()}","level":"info","event":"request","request_id":"{request_id}"'
                f',"method":{quoted(environ["REQUEST_METHOD"])},"route":{quoted(route)}{_more(environ, rule)}'
                f',"status":{status},"ms":{milliseconds:.2f},"bytes":{"null" if size is None else size}}}\n'
            )
        return body

    def _complete(self, headers: Headers, request_id: str) -> None:
        """Add what every answer carries and the view has not set."""
        given = {name.lower() for name, _ in headers}
        headers.extend((name, value) for name, key, value in self._headers if key not in given)
        headers.append((HEADER, request_id))
        if self._is_draining():
            headers.append(("Connection", "close"))  # the next request goes to an instance that stays


def register(app: Flask, shop: Shop, is_draining: Callable[[], bool]) -> None:
    """Put the pass around the application."""
    tracer = open_tracer(shop.config, "web")
    if tracer is not None:
        for engine in shop.database.engines:
            watch(engine)
    headers = standing_headers(shop.config)
    observed = Observed(app.wsgi_app, headers=headers, tracer=tracer, is_draining=is_draining)
    app.wsgi_app = observed  # type: ignore[method-assign]  # as Flask's documentation says


def _whole(body: Iterable[bytes], headers: Headers) -> tuple[Iterable[bytes], int | None]:
    """Return a body of known length in one piece, which granian sends without asking back; another one as it is."""
    for name, _ in headers:
        if name == "Content-Length":
            whole = b"".join(body)
            close = getattr(body, "close", None)
            if close is not None:
                close()
            return [whole], len(whole)
    return body, None


def _more(environ: WSGIEnvironment, rule: Rule | None) -> str:
    """Return what tells this request from others of its route, as far as it says nothing of a person."""
    more = ""
    if rule is None or (rule.arguments and rule.arguments <= HARMLESS_PARTS):
        more += f',"path":{quoted(ADDRESS.sub(HIDDEN, environ["PATH_INFO"][:MAX_LOGGED]))}'
    query = environ.get("QUERY_STRING")
    if query:
        more += f',"query":{quoted(_told(query))}'
    owner = environ.get(OWNER)
    if owner is not None:
        more += f',"visitor":"{hashlib.sha256(owner.encode()).hexdigest()[:12]}"'
    return more


def _told(query: str) -> str:
    """Return the query with the values of harmless parameters, and of others the name if it is one."""
    parts = (part.partition("=") for part in query.split("&", MAX_PARAMETERS)[:MAX_PARAMETERS])
    told = (f"{name}={value if name in HARMLESS else HIDDEN}" for name, _, value in parts if name.isidentifier())
    return "&".join(told)[:MAX_LOGGED]
