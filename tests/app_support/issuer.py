"""A user pool like Cognito's, over real HTTP with real keys: discovery, keys, the code flow with PKCE.

It answers as strictly as Cognito does, and counts how often its keys were fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

REGION = "eu-central-1"
POOL = f"{REGION}_Shop"
CLIENT = "client-of-the-shop"
SECRET = "secret-of-the-client"  # noqa: S105 - it opens this issuer only
ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}"


class Key:
    """A pair of keys, with the id that tokens name it by."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> dict[str, Any]:
        """The public half, as a pool publishes it."""
        return {**RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True), "kid": self.kid, "use": "sig"}

    def pem(self) -> bytes:
        """The public half, as a text that anybody can have."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Issuer:
    """The pool. ``person`` has the claims of whoever signs in next."""

    def __init__(self) -> None:
        self._first = Key("first")
        self.url = ""
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be as at the start."""
        self.key = self._first
        self.published = [self.key]
        self.person: dict[str, Any] = {"sub": "person-1"}
        self.fetches = 0
        self.is_away = False
        self.codes: dict[str, dict[str, str]] = {}
        self.changes: dict[str, Any] = {}  # laid over the claims of every id token, to say something wrong

    def access_token(self, key: Key | None = None, **claims: object) -> str:
        """Return an access token of the person, with some claims changed; those that are None are left out."""
        own = {"token_use": "access", "client_id": CLIENT, "scope": "openid", "username": "someone"}
        return self.sign({**own, **claims}, key)

    def id_token(self, **claims: object) -> str:
        """Return an id token of the person, with some claims changed."""
        return self.sign({"token_use": "id", "aud": CLIENT, **claims})

    def sign(self, claims: Mapping[str, object], key: Key | None = None) -> str:
        """Return a token with the claims that every token has, and these."""
        key, now = key or self.key, int(time.time())
        told = {"iss": ISSUER, "iat": now, "exp": now + 300, "auth_time": now, **self.person, **claims}
        left = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(left, key.private, algorithm="RS256", headers={"kid": key.kid})

    def authorize(self, url: str) -> str:
        """Sign the person in on the pool's page, and return where their browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 43
        assert len(asked["nonce"]) >= 43
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def redeem(self, form: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Give an id token for a code, once, to who can show the verifier."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.id_token(**{"nonce": asked["nonce"], **self.changes}), "token_type": "Bearer"}

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """Answer a GET."""
        if self.is_away:
            return 503, {}
        if path == f"/{POOL}/.well-known/openid-configuration":
            return 200, {
                "issuer": ISSUER,
                "authorization_endpoint": f"{self.url}/oauth2/authorize",
                "token_endpoint": f"{self.url}/oauth2/token",
                "jwks_uri": f"{self.url}/{POOL}/.well-known/jwks.json",
            }
        if path == f"/{POOL}/.well-known/jwks.json":
            self.fetches += 1
            return 200, {"keys": [key.public() for key in self.published]}
        return 404, {}


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Run a pool for the time of the block."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*issuer.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            if self.path != "/oauth2/token" or self.headers["Authorization"] != expected:
                self._send(401, {"error": "invalid_client"})
            else:
                self._send(*issuer.redeem({name: values[0] for name, values in parse_qs(body).items()}))

        def _send(self, status: int, document: Mapping[str, object]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
