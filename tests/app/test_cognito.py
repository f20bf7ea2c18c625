"""People sign in by Cognito's pages and programs by its tokens; what Cognito did not sign for this shop is refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app_support.identity import PASSWORD, Browser
from app_support.issuer import CLIENT, POOL, REGION, SECRET, Issuer, Key, running_issuer
from shop.accounts.cognito import open_cognito
from shop.accounts.people import Role
from shop.application import create_app
from shop.config import Config, ConfigInvalid
from shop.shop import Shop

BEARERS_OWN = "/api/account"


@pytest.fixture(scope="module")
def pool() -> Iterator[Issuer]:
    """A user pool."""
    with running_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def app(shop: Shop, pool: Issuer) -> APIFlask:
    """The application of a shop that people sign in to by the pool."""
    told = {
        "cognito_user_pool_id": POOL,
        "cognito_client_id": CLIENT,
        "cognito_client_secret": SecretStr(SECRET),
        "cognito_region": REGION,
        "aws_endpoint_url": pool.url,
    }
    app = create_app(replace(shop, config=shop.config.model_copy(update=told)))
    app.test_client_class = Browser
    return app


@pytest.fixture(autouse=True)
def issuer(app: APIFlask, pool: Issuer) -> Issuer:
    """The pool as at its start, of which the shop knows nothing yet."""
    pool.begin_anew()
    shop: Shop = app.extensions["shop"]
    app.extensions["shop"] = replace(shop, cognito=open_cognito(shop.config))
    return pool


def ask(client: FlaskClient, token: str) -> int:
    """Ask for the account that the token stands for. Returns the answer's status."""
    return client.get(BEARERS_OWN, headers={"Authorization": f"Bearer {token}"}).status_code


def come_by_cognito(browser: FlaskClient, issuer: Issuer, next_page: str = "/account") -> str:
    """Sign a browser in by the pool. Returns where it ends."""
    away = browser.get("/sign-in/cognito", query_string={"next": next_page})
    assert away.status_code == 303, away.text
    back = issuer.authorize(away.headers["Location"])
    assert back.startswith("http://shop.test/sign-in/callback?")
    answer = browser.get(back.removeprefix("http://shop.test"))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def test_a_person_signs_in_by_the_pools_page_and_comes_back_to_where_they_were(
    client: FlaskClient, issuer: Issuer
) -> None:
    issuer.person = {"sub": "ada", "email": "Ada@example.org", "email_verified": True, "name": "Ada"}
    assert come_by_cognito(client, issuer, "/cart?x=1") == "/cart?x=1"
    me = client.get("/api/session").get_json()
    assert (me["email"], me["roles"]) == ("Ada@example.org", [])
    assert client.get("/api/account").get_json()["name"] == "Ada"
    again = client.application.test_client()
    come_by_cognito(again, issuer)
    assert again.get("/api/session").get_json()["account_id"] == me["account_id"], "the same person, the same account"


def test_people_are_told_apart_by_who_they_are_and_not_by_what_they_call_themselves(
    app: APIFlask, issuer: Issuer
) -> None:
    ids = set()
    for sub in ("one", "two"):
        issuer.person = {"sub": sub, "email": "same@example.org", "email_verified": True}
        browser = app.test_client()
        come_by_cognito(browser, issuer)
        ids.add(browser.get("/api/session").get_json()["account_id"])
    assert len(ids) == 2


def test_an_address_that_nobody_proved_is_nobodys(client: FlaskClient, issuer: Issuer) -> None:
    issuer.person = {"sub": "unproven", "email": "boss@example.org", "email_verified": False}
    come_by_cognito(client, issuer)
    assert client.get("/api/session").get_json()["email"] is None


def test_groups_give_roles_and_take_them(app: APIFlask, issuer: Issuer) -> None:
    issuer.person = {"sub": "staff", "cognito:groups": ["orders", "reports", "admins", "cooks"]}
    before, after = app.test_client(), app.test_client()
    come_by_cognito(before, issuer)
    assert set(before.get("/api/session").get_json()["roles"]) == {Role.ORDERS, Role.REPORTS}
    issuer.person = {"sub": "staff", "custom:roles": "owner", "roles": ["owner"]}
    come_by_cognito(after, issuer)
    assert after.get("/api/session").get_json()["roles"] == []
    assert before.get("/api/account").status_code == 401, "sessions with the old roles have ended"


def test_signing_in_by_the_pool_gives_a_new_session_and_keeps_the_cart(
    app: APIFlask, issuer: Issuer, shop: Shop
) -> None:
    planted, guest = shop.sessions.begin(None, "")
    owner = guest.visitor().owner
    assert owner is not None
    shop.carts.put(owner, shop.catalogue.product("plain-mug").choices[0].id, 1)
    issuer.person = {"sub": "guest"}
    browser = app.test_client()
    browser.set_cookie("sid", planted)
    come_by_cognito(browser, issuer)
    account_id = browser.get("/api/session").get_json()["account_id"]
    assert len(shop.carts.of(f"account:{account_id}").lines) == 1
    assert shop.sessions.find(planted) is None


def callback(browser: FlaskClient, issuer: Issuer) -> dict[str, str]:
    """Go to the pool and sign in there, and return what the browser is to bring back, without bringing it."""
    away = browser.get("/sign-in/cognito").headers["Location"]
    back = issuer.authorize(away)
    query = back.partition("?")[2]
    return dict(part.split("=", 1) for part in query.split("&"))


@pytest.mark.parametrize(
    ("changes", "ticket"),
    [
        ({"state": "x" * 43}, "{}"),
        ({"state": None}, "{}"),
        ({"state": "é"}, "{}"),
        ({"code": "another"}, "{}"),
        ({"code": None}, "{}"),
        ({"error": "access_denied"}, "{}"),
        ({}, ""),
        ({}, "forged"),
        ({}, "a{}"),
        ({}, "{}a"),
    ],
)
def test_whoever_comes_back_otherwise_than_they_left_is_refused(
    client: FlaskClient, issuer: Issuer, changes: dict[str, str | None], ticket: str
) -> None:
    brought = {**callback(client, issuer), **changes}
    own = client.get_cookie("ticket")
    assert own is not None
    client.set_cookie("ticket", ticket.format(own.value))
    asked = {name: value for name, value in brought.items() if value is not None}
    assert client.get("/sign-in/callback", query_string=asked).status_code == 403
    assert client.get_cookie("sid") is None


def test_nobody_is_signed_in_with_a_code_that_somebody_else_was_given(app: APIFlask, issuer: Issuer) -> None:
    attacker, victim = app.test_client(), app.test_client()
    brought = callback(attacker, issuer)
    assert victim.get("/sign-in/callback", query_string=brought).status_code == 403
    own = callback(victim, issuer)
    mixed = {"state": own["state"], "code": brought["code"]}
    assert victim.get("/sign-in/callback", query_string=mixed).status_code == 403, "the verifier is another"
    assert victim.get_cookie("sid") is None


def test_a_code_works_once(client: FlaskClient, issuer: Issuer) -> None:
    brought = callback(client, issuer)
    ticket = client.get_cookie("ticket")
    assert ticket is not None
    assert client.get("/sign-in/callback", query_string=brought).status_code == 303
    client.set_cookie("ticket", ticket.value)
    assert client.get("/sign-in/callback", query_string=brought).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another-client"}, {"aud": None}, {"token_use": "access"},
        {"iss": "https://evil.test"}, {"exp": 1}, {"exp": None}, {"sub": None}, {"sub": ""}, {"sub": "x" * 65},
    ],
)  # fmt: skip
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    client: FlaskClient, issuer: Issuer, changes: dict[str, Any]
) -> None:
    issuer.changes = changes
    assert client.get("/sign-in/callback", query_string=callback(client, issuer)).status_code == 403
    assert client.get_cookie("sid") is None


def test_a_sign_in_has_a_quarter_of_an_hour(
    client: FlaskClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought, late = callback(client, issuer), time.time() + 901
    with monkeypatch.context() as clock:
        clock.setattr("shop.accounts.cognito.time.time", lambda: late)
        assert client.get("/sign-in/callback", query_string=brought).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.test", "//evil.test", "/\\evil.test"])
def test_nobody_is_sent_to_another_site_by_the_way_of_the_pool(
    client: FlaskClient, issuer: Issuer, wanted: str
) -> None:
    assert come_by_cognito(client, issuer, wanted) == "/account"


def test_a_program_acts_for_a_person_by_an_access_token(client: FlaskClient, issuer: Issuer) -> None:
    issuer.person = {"sub": "by-program", "cognito:groups": ["catalogue"]}
    own = {"Authorization": f"Bearer {issuer.access_token()}"}
    me = client.get("/api/session", headers=own).get_json()
    assert (me["session"], me["roles"]) == (None, ["catalogue"])
    assert client.get("/api/account", headers=own).get_json()["id"] == me["account_id"]
    foreign = {**own, "Origin": "https://somewhere.test"}
    assert client.patch("/api/account", json={"name": "P"}, headers=foreign).get_json()["name"] == "P"
    assert client.get_cookie("sid") is None
    come_by_cognito(client, issuer)
    assert client.get("/api/session").get_json()["account_id"] == me["account_id"]


def test_roles_of_a_token_are_for_its_own_requests(app: APIFlask, issuer: Issuer) -> None:
    issuer.person = {"sub": "stale"}
    browser = app.test_client()
    come_by_cognito(browser, issuer)
    issuer.person = {"sub": "stale", "cognito:groups": ["owner"]}
    assert ask(app.test_client(), issuer.access_token()) == 200
    assert browser.get("/api/session").get_json()["roles"] == []


def unsigned(claims: dict[str, Any], header: dict[str, Any], signature: bytes = b"") -> str:
    """A token as anybody can write it."""

    def part(value: object) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    return f"{part(header)}.{part(claims)}.{part(signature)}"


def own_claims(issuer: Issuer) -> dict[str, Any]:
    """The claims of a token that would be valid."""
    return dict(jwt.decode(issuer.access_token(), options={"verify_signature": False}))


def with_public_key_as_secret(issuer: Issuer) -> str:
    """A token signed with what everybody knows, as if it were a secret. Source: CVE-2016-10555"""
    head, body, _ = unsigned(own_claims(issuer), {"alg": "HS256", "kid": "first", "typ": "JWT"}).split(".")
    key = jwt.get_algorithm_by_name("HS256")
    mac = key.sign(f"{head}.{body}".encode(), issuer.key.pem())
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def with_changed_body(issuer: Issuer) -> str:
    """A true token whose body says more than was signed."""
    head, _, signature = issuer.access_token().split(".")
    body = unsigned({**own_claims(issuer), "cognito:groups": ["owner"]}, {}).split(".")[1]
    return f"{head}.{body}.{signature}"


FORGED: dict[str, Callable[[Issuer], str]] = {
    "no signature": lambda issuer: unsigned(own_claims(issuer), {"alg": "none", "kid": "first"}),
    "None": lambda issuer: unsigned(own_claims(issuer), {"alg": "None", "kid": "first"}),
    "RS256 without a signature": lambda issuer: unsigned(own_claims(issuer), {"alg": "RS256", "kid": "first"}),
    "the public key as a secret": with_public_key_as_secret,
    "a changed body": with_changed_body,
    "another key of the same id": lambda issuer: issuer.access_token(Key("first")),
    "an unknown key": lambda issuer: issuer.access_token(Key("second")),
    "no key id": lambda issuer: jwt.encode(own_claims(issuer), issuer.key.private, algorithm="RS256"),
    "a key id that is no text": lambda issuer: unsigned(own_claims(issuer), {"alg": "RS256", "kid": ["first"]}, b"x"),
    "a key in the token": lambda issuer: jwt.encode(
        own_claims(issuer), (mine := Key("mine")).private, algorithm="RS256", headers={"jwk": mine.public()}
    ),
    "another algorithm": lambda issuer: jwt.encode(
        own_claims(issuer), issuer.key.private, algorithm="RS512", headers={"kid": "first"}
    ),
    "expired": lambda issuer: issuer.access_token(exp=int(time.time()) - 11),
    "not in force yet": lambda issuer: issuer.access_token(nbf=int(time.time()) + 60),
    "from the future": lambda issuer: issuer.access_token(iat=int(time.time()) + 60),
    "for ever": lambda issuer: issuer.access_token(exp=None),
    "another issuer": lambda issuer: issuer.access_token(iss="https://cognito-idp.eu-central-1.amazonaws.com/other"),
    "no issuer": lambda issuer: issuer.access_token(iss=None),
    "an id token": lambda issuer: issuer.id_token(),
    "an id token of the client": lambda issuer: issuer.id_token(client_id=CLIENT),
    "no use": lambda issuer: issuer.access_token(token_use=None),
    "another client": lambda issuer: issuer.access_token(client_id="another"),
    "no client": lambda issuer: issuer.access_token(client_id=None),
    "the client as audience only": lambda issuer: issuer.access_token(client_id=None, aud=CLIENT),
    "nobody": lambda issuer: issuer.access_token(sub=None),
    "a list": lambda issuer: issuer.access_token().split(".")[0] + ".W10.x",
}
NO_TOKENS = ["a.b.c", "", "1", "é.é.é", "..", base64.urlsafe_b64encode(b"[" * 50_000).decode() + ".e30.e30"]


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_token_that_the_pool_did_not_sign_for_this_shop_and_this_moment_is_refused(
    client: FlaskClient, issuer: Issuer, forge: Callable[[Issuer], str]
) -> None:
    assert ask(client, issuer.access_token()) == 200
    answer = client.get(BEARERS_OWN, headers={"Authorization": f"Bearer {forge(issuer)}"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert ask(client, issuer.access_token()) == 200


@pytest.mark.parametrize("text", NO_TOKENS)
def test_what_is_no_token_is_refused(client: FlaskClient, text: str) -> None:
    assert ask(client, text) == 401


def test_clocks_may_differ_a_little(client: FlaskClient, issuer: Issuer) -> None:
    assert ask(client, issuer.access_token(exp=int(time.time()) - 5)) == 200
    assert ask(client, issuer.access_token(iat=int(time.time()) + 5)) == 200


def test_the_keys_are_fetched_once(client: FlaskClient, issuer: Issuer) -> None:
    assert {ask(client, issuer.access_token()) for _ in range(5)} == {200}
    assert issuer.fetches == 1


def test_a_new_key_is_fetched_when_it_is_first_seen_and_unknown_ones_do_not_make_the_shop_ask_on(
    client: FlaskClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(client, issuer.access_token()) == 200
    issuer.key = Key("second")
    issuer.published.append(issuer.key)
    later = time.monotonic() + 31
    with monkeypatch.context() as clock:
        clock.setattr("jwt.jwks_client.time.monotonic", lambda: later)
        assert ask(client, issuer.access_token()) == 200
        assert ask(client, issuer.access_token(issuer.published[0])) == 200, "the old one is still good"
        assert {ask(client, issuer.access_token(Key(f"unknown-{number}"))) for number in range(3)} == {401}
    assert issuer.fetches == 2


def test_tokens_are_checked_while_the_pool_is_away(client: FlaskClient, issuer: Issuer) -> None:
    assert ask(client, issuer.access_token()) == 200
    issuer.is_away = True
    assert ask(client, issuer.access_token()) == 200


def test_a_pool_that_was_never_reached_is_said_to_be_away_and_not_asked_at_every_request(
    client: FlaskClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.is_away = True
    assert ask(client, issuer.access_token()) == 503
    assert client.get("/sign-in/cognito").status_code == 503
    assert client.get("/sign-in").status_code == 200
    issuer.is_away = False
    assert ask(client, issuer.access_token()) == 503, "it has a rest"
    later = time.monotonic() + 6
    with monkeypatch.context() as clock:
        clock.setattr("shop.accounts.cognito.time.monotonic", lambda: later)
        assert ask(client, issuer.access_token()) == 200


def test_where_the_pool_keeps_the_passwords_the_shop_takes_none(client: FlaskClient) -> None:
    sent = {"email": "a@example.org", "password": PASSWORD}
    assert client.post("/api/session", json=sent).status_code == 404
    assert client.post("/api/accounts", json=sent).status_code == 404
    assert client.post("/sign-in", data=sent).status_code == 404
    assert client.get("/sign-up").status_code == 404
    page = client.get("/sign-in").text
    assert 'href="/sign-in/cognito?next=/account"' in page
    assert 'type="password"' not in page


def test_a_person_of_the_pool_deletes_their_account_without_a_password(client: FlaskClient, issuer: Issuer) -> None:
    issuer.person = {"sub": "leaving", "email": "leaving@example.org", "email_verified": True}
    come_by_cognito(client, issuer)
    first = client.get("/api/session").get_json()["account_id"]
    assert client.post("/account/delete").status_code == 303
    come_by_cognito(client, issuer)
    assert client.get("/api/session").get_json()["account_id"] != first


def test_a_shop_without_a_pool_takes_no_tokens(shop: Shop, issuer: Issuer) -> None:
    client = create_app(shop).test_client()
    assert ask(client, issuer.access_token()) == 401
    assert client.get("/sign-in/cognito").status_code == 404
    assert client.get("/sign-in/callback").status_code == 404


def test_half_a_pool_is_an_error_at_start() -> None:
    with pytest.raises(ConfigInvalid, match="COGNITO_CLIENT_ID"):
        Config.from_environment({"COGNITO_USER_POOL_ID": POOL})
