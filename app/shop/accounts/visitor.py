"""Who sends the request that is being answered. It is found out when somebody asks, once per request.

A visitor without a cookie and without a token costs nothing: no cache and no database is asked.
"""

from __future__ import annotations

from typing import cast

from flask import Response, after_this_request, g, request

from shop.accounts.people import NOBODY, Role, Visitor
from shop.accounts.sessions import LONGEST
from shop.problems import Forbidden, SignInNeeded
from shop.shop import current_shop
from shop.web.observed import OWNER
from shop.web.pages import show_cart_count
from shop.web.same_origin import changes_something

__all__ = ["Role", "Visitor", "known_visitor", "own_account", "require", "sign_in", "sign_out", "signed_in", "visitor"]


def visitor() -> Visitor:
    """Return who is asking. Raises: Unavailable; SignInNeeded for a bearer token that is not valid."""
    return cast("Visitor", g.visitor) if "visitor" in g else _is_now(_recognise())


def known_visitor() -> Visitor:
    """Return who is asking, with a guest session if there was none. Raises: WritesRefused; Unavailable."""
    known = visitor()
    return known if known.owner is not None else _enter(account_id=None)


def signed_in() -> Visitor:
    """Return the visitor, who has an account. Raises: SignInNeeded."""
    own_account()
    return visitor()


def own_account() -> str:
    """Return the id of the visitor's account. Raises: SignInNeeded."""
    account_id = visitor().account_id
    if account_id is None:
        raise SignInNeeded("This belongs to an account.")
    return account_id


def require(role: Role) -> Visitor:
    """Return the visitor, who has the role. Raises: SignInNeeded; Forbidden."""
    known = signed_in()
    if not known.may(role):
        raise Forbidden("Your account does not have the role for this.")
    return known


def sign_in(account_id: str) -> Visitor:
    """Sign somebody in who has proven to own the account, and return the visitor that they are now.

    The browser gets a new session, so that one that was slipped to it before is worth nothing. What the guest had
    in the cart goes along. Raises: WritesRefused; Unavailable.
    """
    carts, guest = current_shop().carts, visitor()
    if not guest.is_signed_in:  # before the session begins: if it fails, the guest still has both
        carts.merge(guest.owner, Visitor(account_id=account_id).owner)
    known = _enter(account_id)
    _show_in_cart(carts.of(known.owner).pieces)
    return known


def sign_out() -> None:
    """End the browser's session and take its cookie away. Raises: WritesRefused; Unavailable."""
    shop = current_shop()

    @after_this_request  # also where this region may not write: then the session lives on, and nobody carries it
    def take_cookie(response: Response) -> Response:
        response.delete_cookie(shop.config.session_cookie, path="/", secure=shop.config.is_https, httponly=True)
        return response

    _show_in_cart(0)
    _is_now(NOBODY)
    shop.sessions.end(_cookie())


def _recognise() -> Visitor:
    shop = current_shop()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        if shop.cognito is None:
            raise SignInNeeded("This shop takes no tokens.")
        return shop.accounts.visitor(shop.cognito.bearer(token.strip()))
    cookie = _cookie()
    session = None if cookie is None else shop.sessions.find(cookie, to_change=changes_something())
    return NOBODY if session is None else session.visitor()


def _enter(account_id: str | None) -> Visitor:
    """Begin a session in place of the browser's present one, and give it the cookie."""
    shop = current_shop()
    cookie, session = shop.sessions.begin(account_id, str(request.user_agent), instead_of=_cookie())

    @after_this_request
    def give_cookie(response: Response) -> Response:
        response.set_cookie(
            shop.config.session_cookie,
            cookie,
            max_age=LONGEST,
            path="/",
            secure=shop.config.is_https,
            httponly=True,
            samesite="Lax",
        )
        response.headers["Cache-Control"] = "no-store"  # a copy of this answer would hand the session to others
        return response

    return _is_now(session.visitor())


def _show_in_cart(count: int) -> None:
    after_this_request(lambda response: show_cart_count(response, count))


def _is_now(known: Visitor) -> Visitor:
    """Remember who is asking, for this request and for its line in the log."""
    g.visitor = known
    request.environ[OWNER] = known.owner
    return known


def _cookie() -> str | None:
    return request.cookies.get(current_shop().config.session_cookie)
