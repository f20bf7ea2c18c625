"""An order that nobody pays for is in two of three stores outside its region before it counts, once and unchanged."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from app_support.control_store import ENVIRONMENT, Control, Way, control_store
from shop.authority.stores import ControlStores
from shop.orders.control_ledger import ControlLedger, key_of, written
from shop.orders.ledger import LedgerEntry
from shop.problems import Unavailable

CONTRACTS = Path(__file__).parents[1] / "contracts" / "ledger"
ENTRY = LedgerEntry(
    order_id="01KAKJ5V8ZQ7W3N4T6Y9B2C5DX",
    amount_minor=0,
    currency="EUR",
    lines=(("plain-mug-s", 2, 1200), ("gift-wrap", 1, 0)),
    placed_at=datetime(2026, 11, 21, 12, 0, 0, 250_000, UTC),
)


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with control_store() as control:
        warm_up(control)
        yield control


def warm_up(control: Control) -> None:
    """Ask all stores once: their clients are made then, which takes a busy machine longer than a shopper would wait."""
    for _ in range(20):
        with suppress(Unavailable):
            return ControlLedger(control.stores, ENVIRONMENT).record(entry("WARM"))
    raise AssertionError("the control store does not answer")


@pytest.fixture
def ledger(control: Control) -> Iterator[ControlLedger]:
    yield ControlLedger(control.stores, ENVIRONMENT)
    control.turn(Way.OPEN, 0, 1, 2)


def entry(name: str) -> LedgerEntry:
    """An entry of its own for each test."""
    return replace(ENTRY, order_id=name.upper().ljust(26, "0"))


def copies(control: Control, entry: LedgerEntry) -> list[bool]:
    """Which stores hold the entry."""
    return [copy == written(entry) for copy in control.copies(key_of(ENVIRONMENT, entry.order_id))]


def test_what_the_shop_writes_is_what_the_page_and_the_schema_say() -> None:
    body = written(ENTRY)
    schema = json.loads((CONTRACTS / "entry.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(body))
    assert body == (CONTRACTS / "entry.json").read_bytes()
    assert key_of("prod", ENTRY.order_id) == "ledger/prod/01KAKJ5V8ZQ7W3N4T6Y9B2C5DX.json"


def test_an_entry_is_written_once_and_a_retry_recognises_its_own(ledger: ControlLedger, control: Control) -> None:
    for _ in range(3):
        ledger.record(entry("ONCE"))
    time.sleep(0.2)  # the third store is not waited for
    assert copies(control, entry("ONCE")) == [True, True, True]


@pytest.mark.parametrize("way", [Way.SHUT, Way.SILENT])
def test_two_of_three_stores_are_enough_and_the_third_is_not_waited_for(
    ledger: ControlLedger, control: Control, way: Way
) -> None:
    control.turn(way, 1)
    began = time.monotonic()
    ledger.record(entry(f"TW{way.value}"))
    assert time.monotonic() - began < 1.2, "or shoppers would wait for a region that is away"
    assert copies(control, entry(f"TW{way.value}")) == [True, False, True]


def test_one_of_three_is_not_enough_until_another_one_is_back(ledger: ControlLedger, control: Control) -> None:
    control.turn(Way.SHUT, 0, 1)
    with pytest.raises(Unavailable):
        ledger.record(entry("ALONE"))
    control.turn(Way.OPEN, 0)
    ledger.record(entry("ALONE"))
    assert copies(control, entry("ALONE")) == [True, False, True]


def test_another_entry_under_the_same_id_is_never_replaced(
    ledger: ControlLedger, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.record(entry("OTHER"))
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable):
        ledger.record(replace(entry("OTHER"), amount_minor=1))
    assert "another entry" in caplog.text
    assert all(copies(control, entry("OTHER"))[:2])


def test_where_there_is_one_store_it_decides(control: Control) -> None:
    alone = ControlLedger(ControlStores(control.each[:1]), ENVIRONMENT)
    alone.record(entry("SINGLE"))
    assert copies(control, entry("SINGLE")) == [True, False, False]
