"""What is for sale, in the words that both stores of a comparison have. Plain: two environments read this module."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """Something that is for sale. Its price is in minor units."""

    slug: str
    name: str
    description: str
    shelf: str
    price_minor: int
    stock: int


def write(goods: tuple[Good, ...], file: Path) -> None:
    """Write the goods to a file."""
    file.write_text(json.dumps([asdict(good) for good in goods]), encoding="utf-8")


def read(file: Path) -> tuple[Good, ...]:
    """Return the goods that were written."""
    return tuple(Good(**values) for values in json.loads(file.read_text(encoding="utf-8")))
