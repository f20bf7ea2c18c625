"""Where a visitor may be sent after a form: to the shop's own pages, whatever the address says."""

from __future__ import annotations

from urllib.parse import quote

LONGEST = 2000
KEPT = "/?&=%#:;,+@!$'()*~-._[]"  # what has a meaning in an address, and what is quoted already


def own_path(wanted: str | None, otherwise: str = "/") -> str:
    """Return the wanted path if it is one of this shop's, and the other one if not. Pure.

    Browsers read ``//host`` and ``/\\host`` as another host, and skip tabs and line breaks before they read.
    Source: WHATWG URL Standard, "relative slash state"; OWASP Unvalidated Redirects and Forwards Cheat Sheet
    """
    if not wanted or len(wanted) > LONGEST or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    if "\\" in wanted or not wanted.isprintable():
        return otherwise
    return quote(wanted, safe=KEPT)
