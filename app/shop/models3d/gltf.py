"""Taking a glTF file apart, before anything else touches it. Nothing is decoded and nothing is fetched.

The whole of the format is judged by Khronos's validator, in a process of its own; here is read what decides whether the
file may go there, and how heavy the model is.
Source: glTF 2.0 specification, registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from dataclasses import dataclass
from typing import NoReturn

from pydantic import ValidationError

from shop.models3d.document import Document, Image
from shop.models3d.finding import Finding

MAX_UPLOAD_BYTES = 20_000_000
MAX_JSON_BYTES = 2_000_000  # without what it holds as data URIs
MAX_TOLD = 20  # findings of one kind; the rest looks the same
HEAD_BYTES = 262_144  # of a picture: its size is told within, also behind a camera's notes
EXPORT_AGAIN = "Export the model again as glTF 2.0, in one .glb file."

GLB = b"glTF"
HEADER_BYTES = 12
JSON_CHUNK, BINARY_CHUNK = b"JSON", b"BIN\0"
DATA_URI = re.compile(rb'"data:[^"]*"')


class Unreadable(Exception):
    """The file is no glTF that could be taken apart; it says why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(findings[0].message)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Model:
    """A file that was taken apart: its JSON as it stands, the part of it that is read, and what its buffers hold."""

    raw: dict[str, object]
    document: Document
    buffers: tuple[bytes | None, ...]

    def head_of(self, image: Image) -> bytes:
        """Return the beginning of a texture's picture; nothing if it lies outside the file. Pure."""
        if image.uri is not None:
            return (data_of(image.uri) or b"")[:HEAD_BYTES]
        views = self.document.buffer_views
        if image.buffer_view is None or image.buffer_view >= len(views):
            return b""
        view = views[image.buffer_view]
        held = self.buffers[view.buffer] if view.buffer < len(self.buffers) else None
        if held is None or view.byte_offset + view.byte_length > len(held):
            return b""
        return held[view.byte_offset : view.byte_offset + min(view.byte_length, HEAD_BYTES)]


def take_apart(body: bytes) -> Model:
    """Return the model in a .glb or .gltf file. Pure.

    Raises: Unreadable if it is neither, or if something in it is of a wrong form or beyond every bound.
    """
    if len(body) > MAX_UPLOAD_BYTES:
        _refuse("file_too_large", f"The file has {mb(len(body))}; the limit is {mb(MAX_UPLOAD_BYTES)}.",
                "Make its textures smaller, or save them as JPEG, and export it again.")  # fmt: skip
    text, binary = _chunks(body) if body.startswith(GLB) else (body, b"")
    raw = _parse(text)
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        raise Unreadable(
            *(
                Finding("malformed", f"{detail['msg']}.", where=_pointer(detail["loc"]), cure=EXPORT_AGAIN)
                for detail in error.errors(include_url=False, include_input=False)[:MAX_TOLD]
            )
        ) from None
    held = (data_of(buffer.uri) if buffer.uri is not None else None for buffer in document.buffers)
    return Model(raw, document, tuple(binary if at == 0 and own is None else own for at, own in enumerate(held)))


def is_data(uri: str) -> bool:
    """Return whether the address is no address but the file itself. Pure."""
    return uri.startswith("data:") and ";base64," in uri[:100]


def data_of(uri: str) -> bytes | None:
    """Return what a data URI holds, or None if it is another address, or damaged. Pure."""
    if not is_data(uri):
        return None
    try:
        return base64.b64decode(uri.partition(",")[2], validate=True)
    except binascii.Error:
        return None


def mb(size: int) -> str:
    """Return the size as people read it. Pure."""
    return f"{size / 1_000_000:,.1f} MB"


def _chunks(body: bytes) -> tuple[bytes, bytes]:
    """Return the JSON and the binary chunk. Source: glTF 2.0, 4.4, binary glTF layout."""
    if len(body) < HEADER_BYTES:
        _refuse("truncated", "The file ends within its header.", "Upload it again; it arrived incomplete.")
    version, length = struct.unpack_from("<II", body, 4)
    if version != 2:
        _refuse("wrong_version", f"The file is glTF {version}; the shop takes glTF 2.", EXPORT_AGAIN)
    if length > len(body):
        _refuse("truncated", f"The file should have {length:,} bytes and has {len(body):,}.",
                "Upload it again; it arrived incomplete.")  # fmt: skip
    if length < len(body):
        _refuse("trailing_bytes", f"{len(body) - length:,} bytes that belong to no model follow its end.", EXPORT_AGAIN)
    chunks: list[tuple[bytes, bytes]] = []
    at = HEADER_BYTES
    while at < length and len(chunks) < 2:  # the validator reads what may follow
        if at + 8 > length:
            _refuse("truncated", "The file ends within the header of a chunk.", EXPORT_AGAIN)
        size, kind = struct.unpack_from("<I4s", body, at)
        if at + 8 + size > length:
            _refuse("truncated", f"A chunk of {size:,} bytes reaches past the end of the file.", EXPORT_AGAIN)
        chunks.append((kind, body[at + 8 : at + 8 + size]))
        at += 8 + size
    if not chunks or chunks[0][0] != JSON_CHUNK:
        _refuse("no_json", "The file does not begin with its description (JSON).", EXPORT_AGAIN)
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == BINARY_CHUNK else b""
    return chunks[0][1], binary


def _parse(text: bytes) -> dict[str, object]:
    size = len(text) - sum(len(found[0]) for found in DATA_URI.finditer(text))
    if size > MAX_JSON_BYTES:
        _refuse("json_too_large", f"Its description (JSON) has {mb(size)}; the limit is {mb(MAX_JSON_BYTES)}.",
                "Join its parts, and leave out what is not seen.")  # fmt: skip
    try:
        raw = json.loads(text.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        _refuse("not_gltf", f"The file is no glTF: {error}.", EXPORT_AGAIN)
    if not isinstance(raw, dict):
        _refuse("not_gltf", "The file is no glTF: its JSON is not an object.", EXPORT_AGAIN)
    return raw


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join(f"/{step}" for step in place)


def _refuse(code: str, message: str, cure: str) -> NoReturn:
    raise Unreadable(Finding(code, message, cure=cure))
