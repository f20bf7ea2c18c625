"""What the shop is compared with: one route of Flask that returns fixed bytes, in the same server."""

from __future__ import annotations

from flask import Flask, Response

app = Flask(__name__)


@app.get("/")
def fixed() -> Response:
    """Return the same few bytes."""
    return Response(b"bare", content_type="text/plain")
