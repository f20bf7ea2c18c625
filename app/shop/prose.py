"""Texts of several lines, as people write them into forms."""

from __future__ import annotations

import unicodedata

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

SHOWN = frozenset("\n\t")


def _prose(text: object) -> object:
    if not isinstance(text, str):
        return text  # what it is instead, the field itself says
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(unicodedata.category(character) == "Cc" and character not in SHOWN for character in text):
        raise PydanticCustomError("prose", "Please leave out characters that can’t be shown.")
    return text


# Before the length is measured: forms send two characters for the end of a line, and browsers count one.
# Source: WHATWG HTML, "constructing the entry list" and "the textarea element's API value"
Prose = BeforeValidator(_prose)
