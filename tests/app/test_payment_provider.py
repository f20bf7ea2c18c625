"""The local payment provider answers as Stripe's API does: in its format, with its rules, and as strictly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe
import urllib3

from app_support.payments import (
    API_KEY,
    FAILS_LATER,
    IS_CHALLENGED,
    IS_DECLINED,
    LACKS_FUNDS,
    PAYS,
    PAYS_LATER,
    WEBHOOK_SECRET,
    Payments,
    order,
    running_payments,
)
from shop.payments.provider import PaymentStatus
from shop.payments.stripe_provider import API_VERSION, StripeProvider
from standalone.payments.objects import API_VERSION as SPOKEN_VERSION

HTTP = urllib3.PoolManager(retries=False, timeout=20)
QUIET_SECONDS = 0.6  # so long nothing more arrives


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Payments]:
    """A provider for one test, which may kill it and turn its clock."""
    with running_payments(tmp_path) as payments:
        yield payments


@pytest.fixture
def client(payments: Payments) -> stripe.StripeClient:
    """Stripe's library, without the shop."""
    return stripe.StripeClient(API_KEY, base_addresses={"api": payments.url}, max_network_retries=0)


def a_session(**changes: str) -> dict[str, str]:
    """The form that opens a page; a change to nothing leaves the parameter out."""
    form = {
        "mode": "payment",
        "success_url": "http://shop.test/paid",
        "line_items[0][quantity]": "2",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "900",
        "line_items[0][price_data][product_data][name]": "Cup",
        **changes,
    }
    return {name: value for name, value in form.items() if value != "-"}


def ask(
    payments: Payments, path: str, form: dict[str, str] | None = None, **headers: str
) -> tuple[urllib3.BaseHTTPResponse, Any]:
    """Send a question without Stripe's library. Returns the answer and what it says."""
    sent = {"Authorization": f"Bearer {API_KEY}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if form is None:
        answer = HTTP.request("GET", payments.url + path, headers=sent)
    else:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        answer = HTTP.request("POST", payments.url + path, headers=sent, body=urlencode(form))
    return answer, answer.json()


# The format


def names_in(source: type) -> dict[str, bool]:
    """The fields that Stripe's library knows of an object, and whether each must be there."""
    written = {name: str(note) for name, note in source.__annotations__.items()}
    return {
        name: "Optional" not in note and "NoneType" not in note
        for name, note in written.items()
        if not name.startswith("_") and name.islower()
    }


@pytest.mark.parametrize("number", [PAYS, IS_DECLINED, IS_CHALLENGED, PAYS_LATER])
def test_every_object_has_the_fields_that_stripe_s_library_knows_and_no_other(
    payments: Payments, client: stripe.StripeClient, number: str
) -> None:
    page = payments.provider().open_page(order())
    payments.pay(page.url, number)
    session = client.v1.checkout.sessions.retrieve(page.id, {"expand": ["payment_intent.latest_charge", "line_items"]})
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    charge = session.payment_intent.latest_charge
    objects: list[stripe.StripeObject] = [session, session.payment_intent, *(session.line_items or [])]
    objects += [line.price for line in session.line_items or [] if line.price]
    objects += [charge] if isinstance(charge, stripe.Charge) else []
    if number == PAYS:
        objects.append(client.v1.refunds.create({"payment_intent": session.payment_intent.id, "amount": 100}))
    objects += client.v1.events.list({"limit": 5}).data
    for found in objects:
        known = names_in(type(found))
        told = set(found.to_dict(recursive=False))
        assert type(found) is not stripe.StripeObject
        assert sorted(told - known.keys()) == []
        assert sorted({name for name, is_needed in known.items() if is_needed} - told) == []


def test_answers_carry_what_stripe_s_answers_carry(payments: Payments) -> None:
    answer, body = ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="carry")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == API_VERSION == SPOKEN_VERSION
    assert answer.headers["Idempotency-Key"] == "carry"
    assert body["id"].startswith("cs_test_")


def test_what_an_object_refers_to_is_told_when_asked_for(payments: Payments, client: stripe.StripeClient) -> None:
    page = payments.provider().open_page(order())
    payments.pay(page.url)
    plain = client.v1.checkout.sessions.retrieve(page.id)
    assert isinstance(plain.payment_intent, str)
    listed = client.v1.checkout.sessions.list({"limit": 1, "expand": ["data.payment_intent.latest_charge"]})
    assert isinstance(listed.data[0].payment_intent, stripe.PaymentIntent)
    for wrong in ("customer", "payment_intent.nothing", "data", "a.b.c.d.e"):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(page.id, {"expand": [wrong]})


def test_a_list_is_read_in_pages_in_both_directions(own: Payments) -> None:
    client = stripe.StripeClient(API_KEY, base_addresses={"api": own.url})
    made = [own.provider().open_page(order()).id for _ in range(7)]
    newest_first = made[::-1]
    pages = client.v1.checkout.sessions.list({"limit": 3})
    assert ([page.id for page in pages.data], pages.has_more) == (newest_first[:3], True)
    assert [page.id for page in pages.auto_paging_iter()] == newest_first
    before = client.v1.checkout.sessions.list({"limit": 2, "ending_before": newest_first[4]})
    assert ([page.id for page in before.data], before.has_more) == (newest_first[2:4], True)
    with pytest.raises(stripe.InvalidRequestError, match="No such"):
        client.v1.checkout.sessions.list({"starting_after": "cs_test_none"})


def test_payments_and_news_are_found_by_what_they_are_about(own: Payments) -> None:
    client = stripe.StripeClient(API_KEY, base_addresses={"api": own.url})
    pages = [own.provider().open_page(order()) for _ in range(3)]
    for page in pages:
        own.pay(page.url)
    payments = client.v1.payment_intents.list({"limit": 2}).data
    [found] = client.v1.checkout.sessions.list({"payment_intent": payments[0].id}).data
    assert found.id == pages[-1].id
    assert client.v1.charges.retrieve(str(payments[0].latest_charge)).payment_intent == payments[0].id
    news = client.v1.events.list({"type": "checkout.session.completed", "limit": 1}).auto_paging_iter()
    assert [event.data.object.id for event in news] == [page.id for page in reversed(pages)]


# Strictness


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"shopper": "Ada"}, "parameter_unknown", "shopper"),
        ({"line_items[0][price_data][colour]": "red"}, "parameter_unknown", "line_items[0][price_data][colour]"),
        ({"mode": "-"}, "parameter_missing", "mode"),
        ({"mode": "gift"}, None, "mode"),
        ({"success_url": "-"}, "parameter_missing", "success_url"),
        ({"success_url": "/paid"}, "url_invalid", "success_url"),
        ({"cancel_url": "ftp://shop.test/"}, "url_invalid", "cancel_url"),
        ({"cancel_url": ""}, "parameter_invalid_empty", "cancel_url"),
        ({"customer_email": "ada"}, "email_invalid", "customer_email"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"expires_at": "1000"}, None, "expires_at"),
        ({"line_items[0][quantity]": "0"}, "parameter_invalid_integer", "line_items[0][quantity]"),
        (
            {"line_items[0][price_data][unit_amount]": "-1"},
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        (
            {"line_items[0][price_data][unit_amount]": "9.5"},
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        ({"line_items[0][price_data][currency]": "EUR"}, None, "line_items[0][price_data][currency]"),
        ({"line_items[0][price_data][unit_amount]": "20"}, "amount_too_small", None),
        ({"line_items[0][quantity]": "999999"}, "amount_too_large", None),
        ({"metadata[order]": "x" * 501}, None, "metadata"),
        ({f"metadata[{'k' * 41}]": "x"}, None, "metadata"),
        ({f"metadata[k{number}]": "x" for number in range(51)}, None, "metadata"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
        ({"line_items[x][quantity]": "1"}, None, "line_items"),
        ({"line_items": "1"}, None, "line_items"),
        ({"metadata": "x"}, None, "metadata"),
        ({"a]b": "1"}, "parameter_unknown", "a]b"),
        ({"a[b][c][d][e][f][g]": "1"}, None, "a[b][c][d][e][f][g]"),
    ],
)
def test_a_parameter_that_stripe_refuses_is_refused_by_its_name(
    payments: Payments, changes: dict[str, str], code: str | None, param: str | None
) -> None:
    answer, body = ask(payments, "/v1/checkout/sessions", a_session(**changes))
    assert answer.status == 400
    assert body["error"]["type"] == "invalid_request_error"
    assert (body["error"].get("code"), body["error"].get("param")) == (code, param)


def test_lines_in_two_currencies_are_refused(payments: Payments) -> None:
    second = {name.replace("[0]", "[1]"): value for name, value in a_session().items() if "[0]" in name}
    second["line_items[1][price_data][currency]"] = "usd"
    answer, body = ask(payments, "/v1/checkout/sessions", a_session(**second))
    assert (answer.status, body["error"]["param"]) == (400, "line_items")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/checkout/sessions/cs_none", None),
        ("/v1/checkout/sessions/cs_none/expire", {}),
        ("/v1/payment_intents/pi_none", None),
        ("/v1/refunds/re_none", None),
        ("/v1/events/evt_none", None),
        ("/v1/refunds", {"payment_intent": "pi_none"}),
    ],
)
def test_what_does_not_exist_is_missing(payments: Payments, path: str, form: dict[str, str] | None) -> None:
    answer, body = ask(payments, path, form)
    assert (answer.status, body["error"]["code"]) == (404, "resource_missing")


def test_only_who_has_the_key_is_answered(payments: Payments) -> None:
    for header in ("", "Bearer sk_test_other", "Basic eA==", "Bearer"):
        for path in ("/v1/checkout/sessions", "/_payments", "/_faults"):
            answer, body = ask(payments, path, Authorization=header)
            assert (answer.status, body["error"]["type"]) == (401, "invalid_request_error")
    answer, body = ask(payments, "/v1/checkout/sessions", Stripe_Version="2014-01-31")
    assert (answer.status, "Invalid Stripe API version" in body["error"]["message"]) == (400, True)


def test_a_page_that_is_none_of_the_api_s_is_an_error_in_its_format(payments: Payments) -> None:
    for path in ("/v1/customers", "/c/pay/cs_none", "/nothing"):
        answer, body = ask(payments, path)
        assert (answer.status, body["error"]["type"]) == (404, "invalid_request_error")


# Idempotency


def test_the_same_question_with_a_key_is_answered_as_the_first_time(payments: Payments) -> None:
    first, _ = ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="same")
    second, _ = ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="same")
    assert second.data == first.data
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.headers


def test_a_key_belongs_to_its_question_alone(payments: Payments) -> None:
    ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="alone")
    others = (("/v1/checkout/sessions", a_session(client_reference_id="x")), ("/v1/refunds", {"payment_intent": "pi"}))
    for path, form in others:
        answer, body = ask(payments, path, form, Idempotency_Key="alone")
        assert (answer.status, body["error"]["type"]) == (400, "idempotency_error")
    answer, body = ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="k" * 256)
    assert (answer.status, body["error"]["type"]) == (400, "idempotency_error")


def test_a_malformed_question_leaves_its_key_free(payments: Payments) -> None:
    bad, _ = ask(payments, "/v1/checkout/sessions", a_session(mode="-"), Idempotency_Key="free")
    good, _ = ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="free")
    assert (bad.status, good.status) == (400, 200)


def test_a_no_that_was_thought_about_is_kept_for_its_key(payments: Payments) -> None:
    page = payments.provider().open_page(order())
    payments.pay(page.url)
    path = f"/v1/checkout/sessions/{page.id}/expire"
    answers = [ask(payments, path, {}, Idempotency_Key="kept")[0] for _ in range(2)]
    assert [answer.status for answer in answers] == [400, 400]
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_a_key_in_use_is_refused_meanwhile(payments: Payments) -> None:
    payments.goes_wrong("delay", seconds=0.5)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(ask, payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="used")
        time.sleep(0.2)
        answer, body = ask(payments, "/v1/checkout/sessions", a_session(), Idempotency_Key="used")
        assert (answer.status, body["error"]["code"]) == (409, "idempotency_key_in_use")
        assert first.result()[0].status == 200


def test_keys_are_forgotten_after_a_day(own: Payments) -> None:
    first, body = ask(own, "/v1/checkout/sessions", a_session(), Idempotency_Key="day")
    own.hurry(24 * 3600 + 60)
    second, again = ask(own, "/v1/checkout/sessions", a_session(), Idempotency_Key="day")
    assert (first.status, second.status) == (200, 200)
    assert body["id"] != again["id"]


# The page


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


@pytest.fixture
def page_url(payments: Payments) -> str:
    """The page of an order."""
    payments.goes_well()
    return payments.provider().open_page(order()).url


def test_the_page_says_what_it_is_and_is_usable_without_script(payments: Payments, page_url: str) -> None:
    answer = payments.look(page_url)
    html = answer.data.decode()
    page = Page(html)
    assert "local stand-in" in html
    assert "€37.00" in html
    assert "Plain mug (small)" in html
    assert page.all("html") == [{"lang": "en"}]
    assert {label["for"] for label in page.all("label")} == {field["id"] for field in page.all("input")}
    assert page.all("script") == []
    assert all("style" not in attributes for _, attributes in page.tags)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert payments.look(payments.url + str(page.all("link")[0]["href"])).status == 200


def test_what_the_shop_says_is_shown_as_text(payments: Payments) -> None:
    form = a_session(**{"line_items[0][price_data][product_data][name]": "<script>alert(1)</script>"})
    _, body = ask(payments, "/v1/checkout/sessions", form)
    assert "<script>" not in payments.look(body["url"]).data.decode()


def test_who_has_paid_is_led_back_to_the_shop(payments: Payments, page_url: str) -> None:
    answer = payments.pay(page_url)
    page_id = page_url.rpartition("/")[2]
    assert (answer.status, answer.headers["Location"]) == (303, f"http://shop.test/orders/paid?page={page_id}")
    assert b"Nothing more to pay" in payments.look(page_url).data
    assert payments.pay(page_url).status == 200  # says so, and takes nothing
    record = next(record for record in payments.everything()["payments"] if record["page"]["id"] == page_id)
    assert [charge["status"] for charge in record["charges"]] == ["succeeded"]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (IS_DECLINED, "Your card was declined."),
        (LACKS_FUNDS, "Your card has insufficient funds."),
        ("4111 1111 1111 1111", "numbers for tests"),
        ("", "Please fill in"),
    ],
)
def test_who_could_not_pay_is_told_why_and_may_try_again(
    payments: Payments, page_url: str, number: str, message: str
) -> None:
    answer = payments.pay(page_url, number)
    html = answer.data.decode()
    assert (answer.status, message in html) == (402, True)
    assert Page(html).all("input")[0]["aria-describedby"] == "error"
    assert 'role="alert"' in html
    assert payments.pay(page_url).status == 303


def test_3d_secure_is_asked_for_and_completed(payments: Payments, page_url: str) -> None:
    asked = payments.pay(page_url, IS_CHALLENGED)
    challenge = payments.url + asked.headers["Location"]
    assert "Is it really you?" in payments.look(challenge).data.decode()
    answer = payments.fill_in(challenge, answer="complete")
    assert (answer.status, answer.headers["Location"].startswith("http://shop.test/orders/paid")) == (303, True)
    assert payments.provider().payment(page_url.rpartition("/")[2]).status is PaymentStatus.PAID


def test_3d_secure_that_failed_lets_the_shopper_try_again(payments: Payments, page_url: str) -> None:
    challenge = payments.url + payments.pay(page_url, IS_CHALLENGED).headers["Location"]
    answer = payments.fill_in(challenge, answer="fail")
    assert "unable to authenticate" in answer.data.decode()
    assert payments.fill_in(challenge, answer="complete").data.count(b"Nothing more to pay") == 0
    assert payments.provider().payment(page_url.rpartition("/")[2]).status is PaymentStatus.OPEN
    assert payments.pay(page_url).status == 303


def test_a_page_that_ended_meanwhile_takes_no_answer_of_the_bank(payments: Payments, page_url: str) -> None:
    challenge = payments.url + payments.pay(page_url, IS_CHALLENGED).headers["Location"]
    page_id = page_url.rpartition("/")[2]
    payments.provider().close_page(page_id)
    answer = payments.fill_in(challenge, answer="complete")
    assert (answer.status, "has expired" in answer.data.decode()) == (410, True)
    assert payments.provider().payment(page_id).status is PaymentStatus.EXPIRED


# Notices


class Inbox(ThreadingHTTPServer):
    """Where notices go. It says no as often as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Reader)
        self.got: list[tuple[bytes, str]] = []
        self.refuses = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhooks/payments"

    def kinds(self, count: int) -> list[str]:
        """The kinds of what came, once so much has come and no more comes."""
        until = time.monotonic() + 20
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(QUIET_SECONDS)
        return [json.loads(body)["type"] for body, _ in self.got]


class _Reader(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            is_refused = self.server.refuses > 0
            self.server.refuses -= is_refused
            if not is_refused:
                self.server.got.append((body, self.headers["Stripe-Signature"]))
        self.send_response(503 if is_refused else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Run an inbox for the time of the block."""
    with Inbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[Payments, Inbox]]:
    """A provider, and the inbox that it tells of what happens."""
    with inbox() as server, running_payments(tmp_path, server.url) as payments:
        yield payments, server


COMPLETED, EXPIRED, REFUNDED = "checkout.session.completed", "checkout.session.expired", "charge.refunded"


def test_the_shop_is_told_by_signed_notices_of_what_it_must_know(told: tuple[Payments, Inbox]) -> None:
    payments, server = told
    provider = payments.provider()
    request = order()
    page = provider.open_page(request)
    payments.pay(page.url)
    provider.refund(str(provider.payment(page.id).id), 100, "one")
    assert server.kinds(2) == [COMPLETED, REFUNDED]
    notices = [provider.read_notice(body, signature) for body, signature in server.got]
    assert [(notice.page_id, notice.order_id) for notice in notices] == [
        (page.id, request.order_id), (None, request.order_id),
    ]  # fmt: skip
    assert len({notice.id for notice in notices}) == 2


def test_notices_are_sent_until_the_shop_has_them(told: tuple[Payments, Inbox]) -> None:
    payments, server = told
    server.refuses = 2
    page = payments.provider().open_page(order())
    payments.provider().close_page(page.id)
    assert server.kinds(1) == [EXPIRED]
    [delivery] = payments.everything()["deliveries"]
    assert (delivery["attempts"], delivery["is_delivered"]) == (3, True)


def test_notices_come_twice_or_in_another_order_when_asked_to(told: tuple[Payments, Inbox]) -> None:
    payments, server = told
    provider = payments.provider()
    payments.delivers("off")
    first, second = provider.open_page(order()), provider.open_page(order())
    payments.pay(first.url)
    provider.close_page(second.id)
    assert server.kinds(0) == []
    payments.delivers("newest first")
    assert server.kinds(2) == [EXPIRED, COMPLETED]
    payments.delivers("twice")
    provider.refund(str(provider.payment(first.id).id), 100, "one")
    assert server.kinds(4)[2:] == [REFUNDED, REFUNDED]


def test_notices_that_were_not_delivered_before_a_kill_are_after_it(told: tuple[Payments, Inbox]) -> None:
    payments, server = told
    payments.delivers("off")
    page = payments.provider().open_page(order())
    payments.pay(page.url)
    payments.kill()
    payments.start()
    assert server.kinds(1) == [COMPLETED]


def test_a_bank_that_takes_its_time_is_told_of_twice(told: tuple[Payments, Inbox]) -> None:
    payments, server = told
    for number in (PAYS_LATER, FAILS_LATER):
        payments.pay(payments.provider().open_page(order()).url, number)
    assert server.kinds(2) == [COMPLETED, COMPLETED]
    payments.hurry(60)
    assert sorted(server.kinds(4)[2:]) == [
        "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
    ]  # fmt: skip


# Faults on demand


def test_faults_are_counted_named_and_forgotten(payments: Payments) -> None:
    payments.goes_well()
    payments.goes_wrong("refuse", times=2, path="/v1/refunds", status=500)
    assert ask(payments, "/v1/checkout/sessions")[0].status == 200
    assert ask(payments, "/v1/refunds")[0].status == 500
    [left] = payments.turn("GET", "/_faults")["faults"]
    assert (left["times"], left["path"]) == (1, "/v1/refunds")
    payments.goes_well()
    assert ask(payments, "/v1/refunds")[0].status == 200


def test_a_call_can_fail_without_an_answer_before_and_after_its_effect(own: Payments) -> None:
    for kind, pages in (("cut", 0), ("lose", 1)):
        own.goes_wrong(kind)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            ask(own, "/v1/checkout/sessions", a_session())
        assert len(own.everything()["payments"]) == pages


@pytest.mark.parametrize("wrong", [{"kind": "explode"}, {"kind": "cut", "times": 0}, {"kind": "cut", "for": "ever"}])
def test_a_fault_that_is_none_is_refused(payments: Payments, wrong: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    assert HTTP.request("POST", f"{payments.url}/_faults", headers=headers, json=wrong).status == 400


def test_the_library_s_own_check_of_signatures_agrees_with_ours(payments: Payments) -> None:
    provider = StripeProvider(API_KEY, WEBHOOK_SECRET, payments.url)
    body = json.dumps({"id": "evt_1", "object": "event", "type": "any", "data": {"object": {"object": "x"}}})
    header = stripe.WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET)
    assert provider.read_notice(body.encode(), header).id == "evt_1"
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert all(entry.created_at >= since.replace(microsecond=0) for entry in provider.ledger(since))
