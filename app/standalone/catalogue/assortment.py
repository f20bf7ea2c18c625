"""What there is to buy: every form in each of its finishes, with a name, a description, prices and pictures to take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from standalone.catalogue.forms import Form, Look, Shelf, View
from standalone.catalogue.range import (
    bowls,
    boxes,
    candles,
    clocks,
    lamps,
    mugs,
    planters,
    plates,
    shelves,
    stools,
    tables,
    vases,
)

SHELVES = (
    mugs.SHELF, bowls.SHELF, plates.SHELF, vases.SHELF, lamps.SHELF, candles.SHELF, planters.SHELF, boxes.SHELF,
    clocks.SHELF, stools.SHELF, tables.SHELF, shelves.SHELF,
)  # fmt: skip
# Names of the lines that the range is sold under. A line has pieces on several shelves, and one of a kind on each.
LINES = (
    "Alder", "Amble", "Arden", "Aster", "Bergen", "Birk", "Borre", "Brisa", "Calla", "Corrie", "Dalby", "Dune", "Elm",
    "Ember", "Fenn", "Fjord", "Flint", "Garda", "Halden", "Harbour", "Hazel", "Heath", "Holm", "Isla", "Juno", "Kelso",
    "Lark", "Linden", "Loam", "Lund", "Maren", "Mira", "Moor", "Nara", "Noor", "Olmo", "Orla", "Osier", "Quill", "Reed",
    "Rye", "Saga", "Sedge", "Selje", "Senna", "Skerry", "Sorrel", "Tarn", "Thistle", "Tove", "Umbra", "Vale", "Vesper",
    "Vika", "Wren", "Yarrow", "Ysel", "Zephyr", "Åsen", "Øya",
)  # fmt: skip
# What a material costs beside the plain one that a form's price is for.
WORTH = {
    "brass": 1.4, "enamel": 0.9, "glass": 1.12, "marble": 1.6, "porcelain": 1.15, "terrazzo": 1.3, "travertine": 1.5,
    "walnut": 1.35, "wool": 1.1,
}  # fmt: skip
WITH_MODEL = 3  # forms of each shelf that can be turned round, each in its first finish


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant: what tells it from its siblings, its price in minor units, and how many there are."""

    sku: str
    name: str
    price_minor: int
    stock: int


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to take, and what it shows in words."""

    view: View
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One product, complete but for its files. Its pictures are numbered from 1 in the order of ``shots``."""

    slug: str
    name: str
    shelf: Shelf
    form: Form
    look: Look
    description: str
    attributes: Mapping[str, str]
    choices: tuple[Choice, ...]
    shots: tuple[Shot, ...]
    has_model: bool


def assortment(count: int | None = None) -> tuple[Article, ...]:
    """Return all articles, or the first so many, from one shelf after the other in turn. Pure: always the same."""
    return tuple(_all())[:count]


def _all() -> Iterator[Article]:
    """Give the articles in the order of delivery. The newest are seen first: those in their form's first finish."""
    for finish in (3, 2, 1, 0):
        for step in range(5):
            for place in range(len(SHELVES)):
                yield _article(place, (place + step) % 5, finish)


def _article(place: int, form_number: int, finish_number: int) -> Article:
    shelf = SHELVES[place]
    form = shelf.forms[form_number]
    number = form_number * 4 + finish_number
    # 7 and 60 have no common divisor: no line comes twice on a shelf.
    name = f"{LINES[(place * 17 + number * 7) % len(LINES)]} {form.noun}"
    slug = _slug(name)
    look = Look(form.finishes[finish_number], slug)
    is_first = finish_number == 0
    return Article(
        slug=slug,
        name=name,
        shelf=shelf,
        form=form,
        look=look,
        description=_description(shelf, form, look, form_number, finish_number),
        attributes={"colour": look.surface.colour, "material": look.surface.material, "size": form.size,
                    "style": form.style},
        choices=_choices(form, look, f"{shelf.slug[:4].upper()}-{form_number + 1}{finish_number + 1}"),
        shots=_shots(form, look, name, finish_number),
        has_model=is_first and form_number < WITH_MODEL,
    )  # fmt: skip


def _description(shelf: Shelf, form: Form, look: Look, form_number: int, finish_number: int) -> str:
    """Compose two to four sentences: what it is, how it looks, what it is good for, how it is cared for."""
    surface = look.surface
    turn = form_number + finish_number
    sentences = [
        _filled(form.opens[finish_number % 2], {"material": surface.material, "finish": surface.name}),
        surface.words[turn % len(surface.words)],
        shelf.uses[(form_number * 5 + finish_number * 2 + form_number // 3) % len(shelf.uses)],
    ]
    care = shelf.care.get(surface.material, ())
    if care and turn % 4:
        sentences.append(care[turn % len(care)])
    return " ".join(sentences)


def _filled(template: str, words: Mapping[str, str]) -> str:
    """Return the sentence with its words, and with "an" where "a" would stumble."""

    def article(match: re.Match[str]) -> str:
        word = words[match[2]]
        return f"{match[1]}{'n' if word[0] in 'aeiou' else ''} {word}"

    return re.sub(r"\b([Aa]) \{(\w+)\}", article, template).format_map(words)


def _choices(form: Form, look: Look, code: str) -> tuple[Choice, ...]:
    base = form.price * WORTH.get(look.surface.material, 1.0)
    is_sold_out = look.vary("demand", 0, 1) < 0.04
    return tuple(
        Choice(f"{code}-{i}", name, _price(base * factor), 0 if is_sold_out else _stock(look, i))
        for i, (name, factor) in enumerate(form.variants, start=1)
    )


def _price(amount: float) -> int:
    """Return a price as shops write it, in minor units: 17.90, and from a hundred on 129 or 135."""
    return round(amount) * 100 - 10 if amount < 100 else round(amount / 5) * 500 - (100 if amount < 250 else 0)


def _stock(look: Look, variant: int) -> int:
    drawn = look.vary(f"stock{variant}", 0, 1)
    return 0 if drawn < 0.06 else round(2 + 58 * drawn**1.5)


def _shots(form: Form, look: Look, name: str, finish_number: int) -> tuple[Shot, ...]:
    finish = look.surface.name
    front = Shot(View(-26, form.above), f"{name} in {finish}, seen from the front left")
    side = Shot(View(30, form.above + 9), f"{name} in {finish}, seen from the right and a little above")
    close = Shot(form.detail, f"{name} in {finish}, seen from close by")
    return (front, side, close) if finish_number == 0 else (front, side if finish_number == 2 else close)


def _slug(name: str) -> str:
    plain = name.lower().translate(str.maketrans("åø", "ao"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
