"""The shop's own files (style sheets, scripts, icons) under names with their digest, so that browsers keep them.

They are read and compressed once, when the process starts; a CDN in front serves the same paths from the storage.
A style sheet or a script may name another file by its path from its own place (``url(../fonts/a.woff2)``,
``import … from "./a.js"``); it is served with the other's digest in it, and so has a new digest when the other changes.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parent.parent / "static"
MODULES = FOLDER.parent.parent / "node_modules"
# Of npm's packages browsers get these, byte for byte; where `npm ci` has not run there is no 3D viewer.
VENDOR = {
    "vendor/model-viewer.js": "@google/model-viewer/dist/model-viewer.min.js",
    "vendor/meshopt-decoder.js": "meshoptimizer/meshopt_decoder.cjs",
}
DIGEST_LENGTH = 12
COMPRESSIBLE = frozenset(
    {"text/css", "text/javascript", "image/svg+xml", "application/json", "application/manifest+json"}
)
FOREVER = "public, max-age=31536000, immutable"
NAMES_OTHERS = frozenset({"text/css", "text/javascript"})
REFERENCE = re.compile(rb"""(?<=url\()\.{1,2}/[^)"']+(?=\))|(?<=from ")\.{1,2}/[^"]+(?=")""")
# Not every machine's own list has them.
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("image/webp", ".webp")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. ``gzipped`` is None where compressing gains nothing."""

    name: str
    content_type: str
    body: bytes
    gzipped: bytes | None


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Read all assets: by the path that pages write (``css/shop.css``), with the name that browsers see.

    Raises: KeyError if a file names another one that is not there.
    """
    bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    made: dict[str, Asset] = {}
    for path in sorted(bodies):
        _make(path, bodies, made)
    return {**made, **_vendor()}


def register(app: Flask) -> None:
    """Serve the assets, and let templates name them by ``asset('css/shop.css')``."""
    by_path = load()
    by_name = {asset.name: asset for asset in by_path.values()}

    @app.get("/static/<path:name>")
    def asset(name: str) -> Response:
        found = by_name.get(name)
        if found is None:
            abort(404)
        is_gzipped = found.gzipped is not None and request.accept_encodings.quality("gzip") > 0
        response = Response(found.gzipped if is_gzipped else found.body, content_type=found.content_type)
        if found.gzipped is not None:
            response.headers["Vary"] = "Accept-Encoding"
        if is_gzipped:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Cache-Control"] = FOREVER
        return response

    app.jinja_env.globals["asset"] = lambda path: f"/static/{by_path[path].name}"
    app.jinja_env.globals["has_asset"] = by_path.__contains__


def _make(path: str, bodies: Mapping[str, bytes], made: dict[str, Asset]) -> Asset:
    """Return the asset at the path, made after the ones that it names. Pure but for what it adds to ``made``."""
    if path in made:
        return made[path]

    def named(match: re.Match[bytes]) -> bytes:
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[0].decode()))
        return f"/static/{_make(other, bodies, made).name}".encode()

    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    body = REFERENCE.sub(named, bodies[path]) if kind in NAMES_OTHERS else bodies[path]
    made[path] = _asset(path, kind, body)
    return made[path]


@cache
def _vendor() -> dict[str, Asset]:
    """Read the files of npm's packages. They never change while a process runs, and the viewer is large."""
    sources = {path: MODULES / source for path, source in VENDOR.items()}
    return {path: _asset(path, "text/javascript", file.read_bytes()) for path, file in sources.items() if file.exists()}


def _asset(path: str, kind: str, body: bytes) -> Asset:
    stem, suffix = posixpath.splitext(path)
    return Asset(
        name=f"{stem}.{hashlib.sha256(body).hexdigest()[:DIGEST_LENGTH]}{suffix}",
        content_type=kind + ("; charset=utf-8" if kind.startswith("text/") else ""),
        body=body,
        gzipped=gzip.compress(body, 9, mtime=0) if kind in COMPRESSIBLE else None,
    )
