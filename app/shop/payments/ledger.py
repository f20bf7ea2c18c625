"""An order's entry in the ledger: what a system outside the region keeps of it. The format is docs/ledger.md.

An entry is a handful of short texts by name, so that it fits into the metadata of a payment.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

VERSION = "1"
# What a payment's metadata may hold. Source: docs.stripe.com/metadata, "Data".
MAX_NAMES = 50
MAX_TEXT_CHARACTERS = 500
LINE = re.compile(r"(?P<sku>[\w.~%-]+)\*(?P<quantity>[1-9][0-9]*)@(?P<unit>[0-9]+)", re.ASCII)


class EntryTooLong(ValueError):
    """The order has more, or longer, lines than an entry can hold."""


class EntryUnreadable(ValueError):
    """Something calls itself an entry and is not one: somebody changed it by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """So many of one thing, each at a price in minor units."""

    sku: str
    quantity: int
    unit_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An order as the ledger knows it."""

    order_id: str
    amount_minor: int
    currency: str
    lines: tuple[EntryLine, ...]


def written(entry: Entry) -> dict[str, str]:
    """Return the entry in its written form. Pure. Raises: EntryTooLong."""
    head = {
        "ledger": VERSION,
        "order": entry.order_id,
        "amount": str(entry.amount_minor),
        "currency": entry.currency,
        "lines": str(len(entry.lines)),
    }
    texts = {f"lines_{number}": text for number, text in enumerate(_packed(entry.lines), 1)}
    if len(head) + len(texts) > MAX_NAMES:
        raise EntryTooLong(f"the {len(entry.lines)} lines of order {entry.order_id} don't fit into an entry")
    return head | texts


def read(texts: Mapping[str, str]) -> Entry | None:
    """Return the entry that is written there, or None if there is none. Names that it does not know are passed over.

    Pure. Raises: EntryUnreadable.
    """
    if "ledger" not in texts:
        return None
    try:
        return Entry(
            order_id=texts["order"],
            amount_minor=int(texts["amount"]),
            currency=texts["currency"],
            lines=_unpacked(texts),
        )
    except (KeyError, ValueError) as error:
        raise EntryUnreadable(f"the ledger's entry of order {texts.get('order')} is spoiled: {error}") from error


def _packed(lines: tuple[EntryLine, ...]) -> Iterator[str]:
    text = ""
    for line in lines:
        word = f"{quote(line.sku, safe='')}*{line.quantity}@{line.unit_minor}"
        if len(word) > MAX_TEXT_CHARACTERS:
            raise EntryTooLong(f"the name of {line.sku} is too long for an entry")
        if text and len(text) + 1 + len(word) > MAX_TEXT_CHARACTERS:
            yield text
            text = word
        else:
            text = f"{text} {word}".lstrip()
    if text:
        yield text


def _unpacked(texts: Mapping[str, str]) -> tuple[EntryLine, ...]:
    numbered = itertools.takewhile(texts.__contains__, (f"lines_{number}" for number in itertools.count(1)))
    lines = tuple(_line(word) for name in numbered for word in texts[name].split())
    if len(lines) != int(texts["lines"]):
        raise ValueError(f"it has {len(lines)} of its {texts['lines']} lines")
    return lines


def _line(word: str) -> EntryLine:
    if (line := LINE.fullmatch(word)) is None:
        raise ValueError(f"{word} is not a line")
    return EntryLine(sku=unquote(line["sku"]), quantity=int(line["quantity"]), unit_minor=int(line["unit"]))
