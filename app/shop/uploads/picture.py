"""What a picture is, told by its own first bytes: never by its name or by what its sender calls it.

Sources: PNG specification, third edition, 5.2 and 11.2.1; ITU T.81 (JPEG), B.1 and B.2; RFC 9649 (WebP), 2.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the markers that carry a size
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # the markers without a length behind them


class Kind(StrEnum):
    """The pictures that the shop takes. SVG is none of them: it is a document that can hold scripts."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"


@dataclass(frozen=True, slots=True)
class Picture:
    """What the first bytes say. Sides in pixels."""

    kind: Kind
    width: int
    height: int


def look_at(body: bytes) -> Picture | None:
    """Return what the bytes claim to be, or None if they are no picture that the shop takes. Pure; decodes nothing."""
    try:
        if body.startswith(PNG):
            return _png(body)
        if body.startswith(JPEG):
            return _jpeg(body)
        if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
            return _webp(body)
    except (struct.error, IndexError):  # it ends before its size was told
        return None
    return None


def _png(body: bytes) -> Picture | None:
    length, name, width, height = struct.unpack_from(">I4sII", body, 8)
    return _picture(Kind.PNG, width, height) if (length, name) == (13, b"IHDR") else None


def _jpeg(body: bytes) -> Picture | None:
    at = 2
    while body[at] == 0xFF:
        marker = body[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in JPEG_BARE:
            at += 2
        elif marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", body, at + 5)
            return _picture(Kind.JPEG, width, height)
        else:
            at += 2 + max(2, struct.unpack_from(">H", body, at + 2)[0])
    return None


def _webp(body: bytes) -> Picture | None:
    match body[12:16]:
        case b"VP8 " if body[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", body, 26)
            return _picture(Kind.WEBP, width & 0x3FFF, height & 0x3FFF)
        case b"VP8L" if body[20] == 0x2F:
            (bits,) = struct.unpack_from("<I", body, 21)
            return _picture(Kind.WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8X":
            width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (24, 27))
            return _picture(Kind.WEBP, width, height) if len(body) >= 30 else None
    return None


def _picture(kind: Kind, width: int, height: int) -> Picture | None:
    return Picture(kind, width, height) if width and height else None
