"""The shop takes money at Stripe: each promise of a payment provider, held against a process that answers as Stripe."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from app_support.payments import (
    API_KEY,
    FAILS_LATER,
    IS_CHALLENGED,
    IS_DECLINED,
    LACKS_FUNDS,
    PAYS_LATER,
    WEBHOOK_SECRET,
    Payments,
    order,
    running_payments,
)
from shop.config import Config, ConfigInvalid
from shop.payments import ledger
from shop.payments.absent import NoPayments
from shop.payments.provider import (
    Line,
    NoticeForged,
    Payment,
    PaymentPage,
    PaymentRefused,
    PaymentStatus,
    PaymentUnavailable,
    PaymentUnknown,
    RefundRefused,
)
from shop.payments.stripe_provider import RETRIES, StripeProvider, open_payments
from shop.web.headers import standing_headers
from standalone.__main__ import free_port
from standalone.payments.notices import signature
from support.environments import PROJECT

AN_HOUR_AGO = timedelta(hours=1)
ALL_ATTEMPTS = RETRIES + 1


@pytest.fixture
def provider(payments: Payments) -> Iterator[StripeProvider]:
    """Stripe as a shop knows it, where nothing goes wrong unless the test says so."""
    payments.goes_well()
    yield payments.provider()
    payments.goes_well()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Payments]:
    """A provider for one test, which may kill it and turn its clock."""
    with running_payments(tmp_path) as payments:
        yield payments


def paid(payments: Payments, provider: StripeProvider) -> Payment:
    """An order that is paid."""
    page = provider.open_page(order())
    payments.pay(page.url)
    return provider.payment(page.id)


def pages_of(payments: Payments, order_id: str) -> list[str]:
    """The pages that the provider has for an order."""
    pages = (payment["page"] for payment in payments.everything()["payments"])
    return [page["id"] for page in pages if page["client_reference_id"] == order_id]


# Pages


def test_the_same_order_gets_the_same_page_however_often_and_whoever_asks(
    payments: Payments, provider: StripeProvider
) -> None:
    request = order()
    page = provider.open_page(request)
    assert {provider.open_page(request), payments.provider().open_page(request)} == {page}
    assert pages_of(payments, request.order_id) == [page.id]


@pytest.mark.parametrize("fault", ["lose", "cut", "refuse"])
def test_a_call_that_fails_once_is_made_again_with_its_key(
    payments: Payments, provider: StripeProvider, fault: str
) -> None:
    request = order()
    payments.goes_wrong(fault)
    page = provider.open_page(request)
    assert pages_of(payments, request.order_id) == [page.id]


def test_a_reply_that_is_lost_each_time_leaves_a_page_that_the_next_call_finds(
    payments: Payments, provider: StripeProvider
) -> None:
    request = order()
    payments.goes_wrong("lose", times=ALL_ATTEMPTS)
    with pytest.raises(PaymentUnavailable):
        provider.open_page(request)
    made = pages_of(payments, request.order_id)
    assert [provider.open_page(request).id] == made == pages_of(payments, request.order_id)


def test_two_calls_at_once_for_one_order_get_one_page(payments: Payments, provider: StripeProvider) -> None:
    request = order()
    payments.goes_wrong("delay", seconds=0.7)
    with ThreadPoolExecutor(2) as both:
        pages = set(both.map(provider.open_page, [request, request]))
    assert [page.id for page in pages] == pages_of(payments, request.order_id)


def test_an_order_whose_page_the_provider_made_and_then_broke_down_is_in_the_ledger(
    payments: Payments, provider: StripeProvider
) -> None:
    request = order()
    payments.goes_wrong("break")
    for _ in range(2):  # the provider says the same again for the same key
        with pytest.raises(PaymentUnavailable):
            provider.open_page(request)
    listed = [entry.order_id for entry in provider.ledger(datetime.now(UTC) - AN_HOUR_AGO)]
    assert listed.count(request.order_id) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_minor": 49, "lines": (Line(sku="a", name="A", quantity=1, unit_minor=49),)}, "at least"),
        ({"expires_at": datetime.now(UTC) + timedelta(minutes=20)}, "30 minutes"),
        ({"expires_at": datetime.now(UTC) + timedelta(hours=25)}, "24 hours"),
        ({"email": "nobody"}, "email"),
        ({"success_url": "javascript:alert(1)"}, "URL"),
        ({"currency": "ISK"}, "ISK"),
        ({"currency": "XAF"}, "XAF"),
        ({"amount_minor": 101, "lines": tuple([Line(sku="a", name="A", quantity=1, unit_minor=1)] * 101)}, "101"),
        (
            {
                "amount_minor": 100,
                "lines": tuple([Line(sku="\N{PEACH}" * 40, name="A", quantity=1, unit_minor=1)] * 100),
            },
            "entry",
        ),
    ],
    ids=[
        "too cheap",
        "ends too soon",
        "ends too late",
        "no address",
        "no web address",
        "króna",
        "franc",
        "lines",
        "long SKUs",
    ],
)
def test_an_order_that_can_never_be_paid_is_refused_for_good(
    provider: StripeProvider, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(PaymentRefused, match=reason):
        provider.open_page(order(**changes))


def test_lines_that_do_not_add_up_are_a_mistake_of_ours(provider: StripeProvider) -> None:
    with pytest.raises(ValueError, match="add up"):
        provider.open_page(order(amount_minor=3699))


def test_another_request_for_an_order_that_has_a_page_gets_none(provider: StripeProvider) -> None:
    request = order()
    provider.open_page(request)
    with pytest.raises(PaymentUnavailable) as caught:
        provider.open_page(order(order_id=request.order_id, email="somebody@example.org"))
    assert not isinstance(caught.value, PaymentRefused)  # for the page of the first can be paid


# What the provider knows


def test_a_payment_is_open_until_it_is_paid(payments: Payments, provider: StripeProvider) -> None:
    request = order()
    page = provider.open_page(request)
    before = provider.payment(page.id)
    assert (before.order_id, before.amount_minor, before.currency, before.status, before.id) == (
        request.order_id, 3700, "EUR", PaymentStatus.OPEN, None,
    )  # fmt: skip
    assert before.lines == (("plain-mug-s", 2), ("SHIPPING", 1))
    assert abs(before.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    payments.pay(page.url)
    after = provider.payment(page.id)
    assert (after.status, after.refunded_minor) == (PaymentStatus.PAID, 0)
    assert after.id is not None


@pytest.mark.parametrize("number", [IS_DECLINED, LACKS_FUNDS, IS_CHALLENGED])
def test_a_payment_that_did_not_come_through_is_open_still(
    payments: Payments, provider: StripeProvider, number: str
) -> None:
    page = provider.open_page(order())
    payments.pay(page.url, number)
    payment = provider.payment(page.id)
    assert (payment.status, payment.id) == (PaymentStatus.OPEN, None)


@pytest.mark.parametrize(("number", "end"), [(PAYS_LATER, PaymentStatus.PAID), (FAILS_LATER, PaymentStatus.EXPIRED)])
def test_a_payment_that_the_bank_works_on_is_open_until_the_bank_decides(
    own: Payments, number: str, end: PaymentStatus
) -> None:
    provider = own.provider()
    page = provider.open_page(order())
    own.pay(page.url, number)
    assert provider.payment(page.id).status is PaymentStatus.OPEN
    assert provider.close_page(page.id).status is PaymentStatus.OPEN
    own.hurry(3600)
    assert provider.payment(page.id).status is end


def test_a_page_that_nobody_paid_in_time_has_expired(own: Payments) -> None:
    provider = own.provider()
    page = provider.open_page(order())
    own.hurry(80 * 60)
    assert provider.payment(page.id).status is PaymentStatus.EXPIRED
    assert own.pay(page.url).status == 410


@pytest.mark.parametrize("page_id", ["cs_test_none", "", ".", "../refunds", "pi_1", "cs_?limit=1", "cs_\N{PEACH}"])
def test_a_page_that_is_none_is_unknown(provider: StripeProvider, page_id: str) -> None:
    with pytest.raises(PaymentUnknown):
        provider.payment(page_id)
    with pytest.raises(PaymentUnknown):
        provider.close_page(page_id)


# Closing


def test_a_closed_page_takes_no_money(payments: Payments, provider: StripeProvider) -> None:
    page = provider.open_page(order())
    assert provider.close_page(page.id).status is PaymentStatus.EXPIRED
    assert provider.close_page(page.id).status is PaymentStatus.EXPIRED
    assert payments.pay(page.url).status == 410
    assert provider.payment(page.id).status is PaymentStatus.EXPIRED


def test_closing_a_page_that_is_paid_says_so(payments: Payments, provider: StripeProvider) -> None:
    payment = paid(payments, provider)
    assert provider.close_page(payment.page_id) == payment


def test_a_page_that_is_paid_and_closed_at_once_is_one_of_the_two(payments: Payments, provider: StripeProvider) -> None:
    ends = set()
    for _ in range(6):
        page = provider.open_page(order())
        with ThreadPoolExecutor(2) as both:
            paying, closing = both.submit(payments.pay, page.url), both.submit(provider.close_page, page.id)
        end = provider.payment(page.id).status
        assert closing.result().status is end
        assert paying.result().status == {PaymentStatus.PAID: 303, PaymentStatus.EXPIRED: 410}[end]
        ends.add(end)
    assert PaymentStatus.OPEN not in ends


# Refunds


def test_a_refund_is_made_once_per_key(payments: Payments, provider: StripeProvider) -> None:
    payment = paid(payments, provider)
    assert payment.id is not None
    for key in ("first", "first", "second"):
        provider.refund(payment.id, 700, f"{payment.id}-{key}")
    assert provider.payment(payment.page_id).refunded_minor == 1400


def test_a_refund_whose_reply_was_lost_is_not_made_again(payments: Payments, provider: StripeProvider) -> None:
    payment = paid(payments, provider)
    assert payment.id is not None
    payments.goes_wrong("lose", times=ALL_ATTEMPTS, method="POST")
    with pytest.raises(PaymentUnavailable):
        provider.refund(payment.id, 700, f"{payment.id}-1")
    provider.refund(payment.id, 700, f"{payment.id}-1")
    assert provider.payment(payment.page_id).refunded_minor == 700


def test_a_refund_that_two_make_at_once_is_made_once(payments: Payments, provider: StripeProvider) -> None:
    payment = paid(payments, provider)
    payments.goes_wrong("delay", seconds=0.5, method="POST")
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: provider.refund(str(payment.id), 700, f"{payment.id}-1"), range(2)))
    assert provider.payment(payment.page_id).refunded_minor == 700


def test_a_refund_is_not_made_again_after_the_provider_forgot_its_key(own: Payments) -> None:
    provider = own.provider()
    payment = paid(own, provider)
    assert payment.id is not None
    provider.refund(payment.id, 700, "one")
    own.hurry(3 * 86400)
    provider.refund(payment.id, 700, "one")
    assert provider.payment(payment.page_id).refunded_minor == 700


def test_no_more_is_given_back_than_was_paid(payments: Payments, provider: StripeProvider) -> None:
    payment = paid(payments, provider)
    assert payment.id is not None
    with pytest.raises(RefundRefused, match="greater than"):
        provider.refund(payment.id, 3701, f"{payment.id}-1")
    provider.refund(payment.id, 3700, f"{payment.id}-2")
    with pytest.raises(RefundRefused, match="already been refunded"):
        provider.refund(payment.id, 1, f"{payment.id}-3")


def test_refunds_at_once_together_give_back_what_was_paid_at_most(payments: Payments, provider: StripeProvider) -> None:
    payment = paid(payments, provider)

    def give_back(number: int) -> bool:
        try:
            provider.refund(str(payment.id), 900, f"{payment.id}-{number}")
        except RefundRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as some:
        given = list(some.map(give_back, range(8)))
    assert given.count(True) == 4
    assert provider.payment(payment.page_id).refunded_minor == 3600


def test_money_that_never_came_is_not_given_back(payments: Payments, provider: StripeProvider) -> None:
    page = provider.open_page(order())
    payments.pay(page.url, IS_DECLINED)
    intent = payments.everything()["payments"][-1]["payment"]["id"]
    with pytest.raises(RefundRefused):
        provider.refund(intent, 1, "none")
    for unknown in ("pi_none", "", "cs_1"):
        with pytest.raises(PaymentUnknown):
            provider.refund(unknown, 1, "none")


# Away


@pytest.mark.parametrize("status", [429, 500])
def test_a_provider_that_answers_with_an_error_is_unavailable(
    payments: Payments, provider: StripeProvider, status: int
) -> None:
    payments.goes_wrong("refuse", times=ALL_ATTEMPTS, status=status)
    with pytest.raises(PaymentUnavailable):
        provider.payment("cs_test_any")


@pytest.mark.parametrize(
    "call",
    [
        lambda provider: provider.open_page(order()),
        lambda provider: next(provider.ledger(datetime.now(UTC))),
    ],
    ids=["page", "ledger"],
)
def test_a_provider_that_is_away_is_unavailable(call: Callable[[StripeProvider], object]) -> None:
    with pytest.raises(PaymentUnavailable):
        call(StripeProvider(API_KEY, WEBHOOK_SECRET, f"http://127.0.0.1:{free_port()}"))


def test_a_wrong_key_makes_the_provider_unavailable_and_is_not_told(payments: Payments) -> None:
    with pytest.raises(PaymentUnavailable) as caught:
        StripeProvider("sk_test_of_somebody_else", WEBHOOK_SECRET, payments.url).open_page(order())
    assert "somebody_else" not in str(caught.value)


def test_the_library_writes_nothing_into_the_home_folder(
    payments: Payments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    payments.provider().open_page(order())
    assert list(tmp_path.iterdir()) == []


# Crashes


def test_a_provider_that_was_killed_comes_back_as_it_was(own: Payments) -> None:
    provider = own.provider()
    waiting, done = order(), order()
    page, done_page = provider.open_page(waiting), provider.open_page(done)
    own.pay(done_page.url)
    before = provider.payment(done_page.id)
    provider.refund(str(before.id), 100, "one")
    own.kill()
    own.start()
    assert provider.open_page(waiting) == page
    assert own.pay(page.url).status == 303
    provider.refund(str(before.id), 100, "one")
    assert provider.payment(done_page.id).refunded_minor == 100


def test_whatever_was_answered_before_a_kill_holds_after_it(own: Payments) -> None:
    requests = [order() for _ in range(60)]
    answered: dict[str, PaymentPage] = {}
    provider = own.provider()

    def ask() -> None:
        for request in requests:
            try:
                answered[request.order_id] = provider.open_page(request)
            except PaymentUnavailable:
                return

    asking = threading.Thread(target=ask)
    asking.start()
    while len(answered) < 5:
        time.sleep(0.01)
    own.kill()
    asking.join()
    own.start()
    again = {request.order_id: provider.open_page(request) for request in requests[: len(answered) + 1]}
    assert again.items() >= answered.items()
    assert len(own.everything()["payments"]) == len(again)


# Notices

BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "metadata": {"order": "O1"}}},
        "new": {"field": [1]},
    }
).encode()


def signed(body: bytes = BODY, *, ago_seconds: int = 0, secret: str = WEBHOOK_SECRET) -> str:
    """The header that goes with a notice."""
    return signature(body, secret, int(time.time()) - ago_seconds)


def test_a_signed_notice_is_read(provider: StripeProvider) -> None:
    for ago_seconds in (0, 290):
        notice = provider.read_notice(BODY, signed(ago_seconds=ago_seconds))
        assert (notice.id, notice.kind, notice.page_id, notice.order_id) == (
            "evt_1", "checkout.session.completed", "cs_test_1", "O1",
        )  # fmt: skip


@pytest.mark.parametrize(
    "about",
    [
        {"id": "ch_1", "object": "charge", "metadata": {"order": "O1"}},
        {"id": "re_1", "object": "refund", "metadata": None},
        {"id": "x_1", "object": "something.new"},
    ],
)
def test_a_notice_of_something_else_names_no_page(provider: StripeProvider, about: dict[str, object]) -> None:
    body = json.dumps({"id": "evt_2", "object": "event", "type": "any", "data": {"object": about}}).encode()
    notice = provider.read_notice(body, signed(body))
    assert (notice.kind, notice.page_id) == ("any", None)
    assert notice.order_id == (about.get("metadata") and "O1" if about["object"] == "charge" else None)


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (BODY, ""),
        (BODY, "t=,v1="),
        (BODY, "v1=00"),
        (BODY, "t=1,v1=é"),
        (BODY, f"t={'9' * 5000},v1=00"),
        (BODY, f"t={int(time.time())},v0={'0' * 64}"),
        (BODY, signed(secret=WEBHOOK_SECRET[:-1])),
        (BODY.replace(b"cs_test_1", b"cs_test_2"), signed()),
        (BODY, signed(ago_seconds=310)),
        (b"\xff\xfe", signed()),
        (b"", signed(b"")),
        (b"[]", signed(b"[]")),
        (b'"event"', signed(b'"event"')),
        (b"{}", signed(b"{}")),
        (b'{"object": "v2.core.event"}', signed(b'{"object": "v2.core.event"}')),
    ],
    ids=count(1),  # the signatures hold the time, and no two collections would agree on a name
)
def test_a_message_that_is_not_the_provider_s_or_too_old_or_no_notice_is_not_read(
    provider: StripeProvider, body: bytes, header: str
) -> None:
    with pytest.raises(NoticeForged):
        provider.read_notice(body, header)


# The ledger


def test_the_ledger_has_every_order_since_the_moment_and_none_before(own: Payments) -> None:
    provider = own.provider()
    provider.open_page(order())
    own.hurry(600)
    since = datetime.now(UTC) + timedelta(seconds=500)
    orders = [order() for _ in range(105)]  # more than a page of the list
    with ThreadPoolExecutor(4) as some:
        pages = list(some.map(provider.open_page, orders))
    own.pay(pages[0].url)
    provider.refund(str(provider.payment(pages[0].id).id), 200, "some")
    listed = {entry.order_id: entry for entry in provider.ledger(since)}
    assert listed.keys() == {request.order_id for request in orders}
    assert listed[orders[0].order_id] == provider.payment(pages[0].id)
    assert {entry.lines for entry in listed.values()} == {(("plain-mug-s", 2), ("SHIPPING", 1))}


def test_pages_of_somebody_else_in_the_account_are_no_orders(payments: Payments, provider: StripeProvider) -> None:
    session = foreign_page(payments, {})
    assert session.id not in {entry.page_id for entry in provider.ledger(datetime.now(UTC) - AN_HOUR_AGO)}
    with pytest.raises(PaymentUnknown):
        provider.payment(session.id)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"ledger": "1"},
        {"ledger": "1", "order": "O1", "amount": "x", "currency": "EUR", "lines": "0"},
        {"ledger": "1", "order": "O1", "amount": "100", "currency": "EUR", "lines": "2", "lines_1": "a*1@100"},
        {"ledger": "1", "order": "O1", "amount": "100", "currency": "EUR", "lines": "1", "lines_1": "a*1"},
    ],
)
def test_an_entry_that_somebody_spoilt_is_an_order_still(
    payments: Payments, provider: StripeProvider, spoilt: dict[str, str]
) -> None:
    session = foreign_page(payments, spoilt)
    entry = provider.payment(session.id)
    assert (entry.order_id, entry.amount_minor, entry.currency, entry.lines) == ("theirs", 900, "EUR", ())


def foreign_page(payments: Payments, metadata: dict[str, str]) -> stripe.checkout.Session:
    """A page that something else than this shop opened."""
    client = stripe.StripeClient(API_KEY, base_addresses={"api": payments.url})
    price: stripe.params.checkout.SessionCreateParamsLineItemPriceData = {
        "currency": "eur", "unit_amount": 900, "product_data": {"name": "Something else"},
    }  # fmt: skip
    return client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": "https://other.test/",
            "client_reference_id": "theirs",
            "metadata": metadata,
        }
    )


LINES = st.builds(
    ledger.EntryLine,
    sku=st.text(min_size=1, max_size=40).filter(lambda sku: sku.encode("utf-8", "replace").decode() == sku),
    quantity=st.integers(1, 999_999),
    unit_minor=st.integers(0, 99_999_999),
)


@settings(max_examples=60)
@given(lines=st.lists(LINES, max_size=40).map(tuple), amount=st.integers(0, 10**9))
def test_an_entry_reads_as_it_was_written_and_fits_into_metadata(
    lines: tuple[ledger.EntryLine, ...], amount: int
) -> None:
    entry = ledger.Entry(order_id="01JDA8Z3N5V7Q2WXK4T6R9BCEF", amount_minor=amount, currency="EUR", lines=lines)
    texts = ledger.written(entry)
    assert ledger.read({**texts, "added_later": "?"}) == entry
    assert len(texts) <= 50
    assert max(map(len, texts)) <= 40
    assert max(map(len, texts.values())) <= 500


def test_the_documented_entry_is_the_one_that_is_written() -> None:
    page = (PROJECT / "docs" / "ledger.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert example is not None
    texts = json.loads(example[1])
    entry = ledger.read(texts)
    assert entry is not None
    assert [line.sku for line in entry.lines] == ["plain-mug-s", "set of 3", "SHIPPING"]
    assert sum(line.quantity * line.unit_minor for line in entry.lines) == entry.amount_minor
    assert ledger.written(entry) == texts


# Settings

TOLD = {
    "AWS_REGION": "local",
    "SECRET_KEY": "a secret of these tests, which opens nothing",
    "PUBLIC_URL": "http://shop.test",
    "DB_HOST": "nowhere",
    "DB_USER": "nobody",
    "DB_PASSWORD": "none",
    "MAIL_FROM": "shop@shop.test",
}


def test_a_shop_without_a_payment_provider_sells_nothing_and_says_so() -> None:
    provider = open_payments(Config.from_environment(TOLD))
    assert isinstance(provider, NoPayments)
    for call in (
        lambda: provider.open_page(order()),
        lambda: provider.payment("cs_1"),
        lambda: provider.close_page("cs_1"),
        lambda: provider.refund("pi_1", 1, "key"),
        lambda: provider.ledger(datetime.now(UTC)),
    ):
        with pytest.raises(PaymentUnavailable, match="PAYMENT_API_KEY"):
            call()
    with pytest.raises(NoticeForged):
        provider.read_notice(BODY, signed())


def test_a_shop_with_a_payment_provider_uses_it(payments: Payments) -> None:
    provider = open_payments(Config.from_environment({**TOLD, **payments.settings()}))
    assert provider.open_page(order()).url.startswith(payments.url)


@pytest.mark.parametrize("name", ["PAYMENT_API_KEY", "PAYMENT_WEBHOOK_SECRET"])
def test_half_of_a_payment_provider_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(ConfigInvalid, match="come together"):
        Config.from_environment({**TOLD, name: "half"})


def test_a_form_of_the_shop_may_lead_to_the_page_where_shoppers_pay() -> None:
    policy = standing_headers(Config.from_environment(TOLD))["Content-Security-Policy"]
    assert "form-action 'self' https://checkout.stripe.com" in policy
