"""Who is counted, and the limit on changes that every visitor has. Reading is not limited and asks nobody."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from flask import Flask, request

from shop.limits import WRITES, WRITES_FROM_ADDRESS, Rule
from shop.shop import current_shop
from shop.web.same_origin import WEBHOOKS, changes_something

NETWORK_OF_ONE = 64  # bits; a home has at least such a network, with any number of addresses


def register(app: Flask) -> None:
    """Refuse changes of those who send too many."""

    @app.before_request
    def limit_writes() -> None:
        if changes_something() and not request.path.startswith(WEBHOOKS):
            shop = current_shop()
            session = shop.sessions.digest(request.cookies.get(shop.config.session_cookie))
            shop.limits.spend(WRITES, session or client_address())
            shop.limits.spend(WRITES_FROM_ADDRESS, client_address())


def spend(rule: Rule) -> None:
    """Count one more of the client's address. Raises: TooMany."""
    current_shop().limits.spend(rule, client_address())


def client_address() -> str:
    """Return what the client counts under: its IPv4 address, or its IPv6 network; "unknown" for what is no address.

    Each proxy adds to X-Forwarded-For whom it was asked by. So the entries of the shop's own proxies are true, counted
    from the right; what stands left of them was written by the client, and may be anything.
    Source: docs.aws.amazon.com/elasticloadbalancing, "X-Forwarded-For"; RFC 6177 for the size of a home's network
    """
    proxies = current_shop().config.trusted_proxies
    # Nothing is made of quotes: in a list where they counted, one that the client opens would hide the true entries.
    said = request.headers.get("X-Forwarded-For")
    entries = said.split(",") if said else []
    found = entries[-proxies] if 0 < proxies <= len(entries) else request.remote_addr
    try:
        address = ip_address((found or "").strip())
        if isinstance(address, IPv6Address):
            return str(address.ipv4_mapped or ip_network((address, NETWORK_OF_ONE), strict=False))
    except ValueError:
        return "unknown"
    return str(address)
