"""The name of each request: in its answer, on error pages, in every line of the log, and in its trace.

The load balancer gives one to every request in X-Amzn-Trace-Id; a proxy or a client may in X-Request-Id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import has_request_context, request

from shop.telemetry.traces import new_root, root_of

HEADER = "X-Request-Id"
KEY = "shop.request_id"  # where the WSGI environment holds it
GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def identify(environ: Mapping[str, Any]) -> str:
    """Return the id of a request: the one it came with where that is well formed, else a new one of X-Ray's form."""
    header = environ.get("HTTP_X_AMZN_TRACE_ID")
    root = root_of(header) if header else None
    if root is not None:
        return root
    given = environ.get("HTTP_X_REQUEST_ID")
    return given if given and GIVEN.fullmatch(given) else new_root()


def request_id() -> str | None:
    """Return the id of the request that is being answered; None outside of one, and in an application on its own."""
    found = request.environ.get(KEY) if has_request_context() else None
    return found if isinstance(found, str) else None
