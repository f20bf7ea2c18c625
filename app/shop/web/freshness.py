"""A visitor who has just changed something sees it: for a short while their reads come from the writable database.

The cookie says only that, and to forge it gains nothing. It is sent with the answer to the change. A request that is
about to change something decides on what is newest, so it reads there too.
"""

from __future__ import annotations

from flask import Flask, Response, request

from shop.database import begin_reads, has_written
from shop.shop import current_shop

COOKIE = "fresh_reads"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    """Choose for each request where its reads come from, and remember with the visitor that they wrote."""

    @app.before_request
    def choose() -> None:
        # Looked for in the plain header: to take all cookies apart would cost every reader more than this.
        is_fresh = f"{COOKIE}=" in request.environ.get("HTTP_COOKIE", "")
        begin_reads(from_writer=is_fresh or request.method not in READING)

    @app.after_request
    def remember(response: Response) -> Response:
        config = current_shop().config
        if has_written() and config.fresh_reads_seconds > 0:
            response.set_cookie(
                COOKIE,
                "1",
                max_age=config.fresh_reads_seconds,
                httponly=True,
                samesite="Lax",
                secure=config.public_url.startswith("https://"),
            )
        return response
