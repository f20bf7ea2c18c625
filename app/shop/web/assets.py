"""The shop's own files (style sheets, scripts, icons) under names with their digest, so that browsers keep them.

They are read and compressed once, when the process starts; a CDN in front serves the same paths from the storage.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).parent.parent / "static"
DIGEST_LENGTH = 12
COMPRESSIBLE = frozenset(
    {"text/css", "text/javascript", "image/svg+xml", "application/json", "application/manifest+json"}
)
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. ``gzipped`` is None where compressing gains nothing."""

    name: str
    content_type: str
    body: bytes
    gzipped: bytes | None


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Read all assets: by the path that pages write (``css/shop.css``), with the name that browsers see."""
    return {str(path.relative_to(folder)): _asset(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()}


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


def _asset(path: Path, folder: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_LENGTH]
    relative = path.relative_to(folder)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    gzipped = gzip.compress(body, 9, mtime=0) if kind in COMPRESSIBLE else None
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return Asset(str(relative.with_name(f"{path.stem}.{digest}{path.suffix}")), kind + charset, body, gzipped)
