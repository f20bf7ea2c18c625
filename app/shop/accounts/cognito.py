"""Signing in by Amazon Cognito: people by its own pages, programs by its access tokens.

People come by the authorization code with PKCE; state, nonce and verifier belong to the browser that began.
Source: RFC 6749, section 4.1; RFC 7636; OpenID Connect Core 1.0, section 3.1; docs.aws.amazon.com/cognito,
"Verifying JSON web tokens" and "Authorize endpoint"
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Annotated
from urllib.parse import urlencode

import jwt
from jwt.exceptions import PyJWKClientConnectionError, PyJWTError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from urllib3 import PoolManager, Retry, Timeout, make_headers
from urllib3.exceptions import HTTPError

from shop.accounts.people import Person, Role
from shop.accounts.seal import Seal
from shop.config import Config
from shop.problems import Forbidden, SignInNeeded, Unavailable

LEEWAY_SECONDS = 10  # clocks differ
KEYS_SECONDS = 3600  # a key that Cognito withdraws is believed so long; a new one is fetched when it is first seen
REFETCH_SECONDS = 30  # whoever sends unknown keys makes the shop ask no more often
REST_SECONDS = 5
WAIT_SECONDS = 3.0
JOURNEY_SECONDS = 900  # for the way to Cognito and back
CALLBACK = "/sign-in/callback"
SCOPES = "openid email profile"
AWAY = "The sign-in service does not answer. Try again in a moment."
FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
ROLES = {role.value: role for role in Role}  # a group gives the role of its name


@dataclass(frozen=True, slots=True)
class Departure:
    """A browser that goes to Cognito: where to, and what it has to bring back."""

    url: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back from Cognito, and the page that they wanted."""

    person: Person
    next: str


class Endpoints(BaseModel):
    """What the pool says of itself. Source: OpenID Connect Discovery 1.0, section 3."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Tokens(BaseModel):
    """What a code is exchanged for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id_token: str


class Claims(BaseModel):
    """What a token of either kind says of a person, after its signature was checked."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sub: Annotated[str, Field(min_length=1, max_length=64)]
    token_use: str
    client_id: str | None = None
    nonce: str | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    email_verified: bool = False
    name: str = ""
    groups: tuple[str, ...] = Field(default=(), alias="cognito:groups")

    def person(self) -> Person:
        """Return whom the token speaks of. An address counts only when Cognito has proven it. Pure."""
        roles = frozenset(ROLES[group] for group in self.groups if group in ROLES)
        return Person(self.sub, self.email if self.email_verified else None, self.name[:120], roles)


class Keys(jwt.PyJWKClient):
    """The pool's public keys. After a failure they are not asked for again at once: nobody should wait in a row."""

    def __init__(self, url: str) -> None:
        super().__init__(url, lifespan=KEYS_SECONDS, timeout=WAIT_SECONDS, cooldown_duration=REFETCH_SECONDS)
        self._rests_until = 0.0

    def fetch_data(self) -> object:
        """Fetch them. Raises: PyJWKClientConnectionError."""
        if time.monotonic() < self._rests_until:
            raise PyJWKClientConnectionError("the keys could not be fetched a moment ago")
        try:
            return super().fetch_data()
        except PyJWKClientConnectionError:
            self._rests_until = time.monotonic() + REST_SECONDS
            raise


class Cognito:
    """One user pool, with the shop as one of its clients. Safe to share between threads."""

    def __init__(self, pool: Pool, seal: Seal) -> None:
        self._pool = pool
        self._seal = seal
        self._http = PoolManager(timeout=Timeout(total=WAIT_SECONDS), retries=Retry(0))
        self._lock = Lock()
        self._endpoints: Endpoints | None = None
        self._rests_until = 0.0
        self._keys: Keys | None = None

    def depart(self, next_page: str) -> Departure:
        """Send a browser to Cognito. Raises: Unavailable."""
        ticket = self._seal.close(f"{secrets.token_urlsafe(32)} {int(time.time())} {next_page}")
        asked = {
            "response_type": "code",
            "client_id": self._pool.client_id,
            "redirect_uri": self._pool.callback,
            "scope": SCOPES,
            "state": self._derive(ticket, "state"),
            "nonce": self._derive(ticket, "nonce"),
            "code_challenge_method": "S256",
            "code_challenge": _challenge(self._derive(ticket, "verifier")),
        }
        return Departure(f"{self._discover().authorization_endpoint}?{urlencode(asked)}", ticket)

    def arrive(self, ticket: str, state: str, code: str) -> Arrival:
        """Return who came back from Cognito, by the browser that began and in time.

        Raises: Forbidden if it is another browser, too late, or not what Cognito said; Unavailable.
        """
        known = self._seal.open(ticket)
        if known is None or not secrets.compare_digest(self._derive(ticket, "state").encode(), state.encode()):
            raise Forbidden("This sign-in was begun in another browser. Please begin again.")
        _, began, next_page = known.split(" ", 2)
        if time.time() - int(began) > JOURNEY_SECONDS:
            raise Forbidden("This sign-in took too long. Please begin again.")
        token = self._exchange(code, self._derive(ticket, "verifier"))
        try:
            claims = self._claims(token, "id")
        except SignInNeeded as error:
            raise Forbidden("The sign-in service did not say who you are. Please begin again.") from error
        if claims.nonce != self._derive(ticket, "nonce"):
            raise Forbidden("This sign-in belongs to another one. Please begin again.")
        return Arrival(claims.person(), next_page)

    def bearer(self, token: str) -> Person:
        """Return whose access token it is. Raises: SignInNeeded if it is not valid; Unavailable."""
        return self._claims(token, "access").person()

    def _claims(self, token: str, use: str) -> Claims:
        """Return what a token says, which this pool signed for this client and this use, and which is in force."""
        try:
            key = self._key_finder().get_signing_key_from_jwt(token)
            read = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self._pool.issuer,
                audience=self._pool.client_id if use == "id" else None,
                leeway=LEEWAY_SECONDS,
                # Access tokens name the client elsewhere, see below.
                options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": use == "id"},
            )
            claims = Claims.model_validate(read)
        except PyJWKClientConnectionError as error:
            raise Unavailable(AWAY, retry_after_seconds=REST_SECONDS) from error
        except (PyJWTError, ValidationError) as error:
            raise SignInNeeded("The token is not valid.") from error
        if claims.token_use != use or (use == "access" and claims.client_id != self._pool.client_id):
            raise SignInNeeded("The token is not valid for this.")
        return claims

    def _exchange(self, code: str, verifier: str) -> str:
        """Return the id token for a code. Raises: Forbidden; Unavailable."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self._pool.client_id,
            "redirect_uri": self._pool.callback,
            "code": code,
            "code_verifier": verifier,
        }
        secret = self._pool.client_secret
        headers = {} if secret is None else make_headers(basic_auth=f"{self._pool.client_id}:{secret}")
        body = self._ask("POST", self._discover().token_endpoint, headers, form)
        try:
            return Tokens.model_validate_json(body).id_token
        except ValidationError:
            raise Forbidden("The sign-in service did not take the code. Please begin again.") from None

    def _discover(self) -> Endpoints:
        """Return what the pool says of itself; it is asked once. Raises: Unavailable."""
        with self._lock:
            if self._endpoints is None:
                if time.monotonic() < self._rests_until:
                    raise Unavailable(AWAY, retry_after_seconds=REST_SECONDS)
                self._rests_until = time.monotonic() + REST_SECONDS
                self._endpoints = self._described()
            return self._endpoints

    def _described(self) -> Endpoints:
        try:
            found = Endpoints.model_validate_json(self._ask("GET", self._pool.discovery, {}))
        except ValidationError as error:
            raise Unavailable(AWAY, retry_after_seconds=REST_SECONDS) from error
        if found.issuer != self._pool.issuer:
            raise Unavailable("The sign-in service is another one than was set up.")
        return found

    def _key_finder(self) -> Keys:
        if self._keys is None:
            self._keys = Keys(self._discover().jwks_uri)
        return self._keys

    def _ask(self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> bytes:
        body = None if form is None else urlencode(form)
        try:
            return self._http.request(method, url, body=body, headers={**FORM, **headers}, redirect=False).data
        except HTTPError as error:
            raise Unavailable(AWAY, retry_after_seconds=REST_SECONDS) from error

    def _derive(self, ticket: str, what: str) -> str:
        return self._seal.derive(f"{what} of {ticket}")


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool and its client, as the shop is told of them."""

    issuer: str
    discovery: str
    client_id: str
    client_secret: str | None
    callback: str


def open_cognito(config: Config) -> Cognito | None:
    """Return the sign-in by Cognito, or None where the shop has none. Connects to nothing yet."""
    pool_id, client_id = config.cognito_user_pool_id, config.cognito_client_id
    if pool_id is None or client_id is None:
        return None
    host = f"https://cognito-idp.{config.cognito_region or config.aws_region}.amazonaws.com"
    secret = config.cognito_client_secret
    pool = Pool(
        issuer=f"{host}/{pool_id}",
        discovery=f"{config.aws_endpoint_url or host}/{pool_id}/.well-known/openid-configuration",
        client_id=client_id,
        client_secret=None if secret is None else secret.get_secret_value(),
        callback=f"{config.public_url}{CALLBACK}",
    )
    return Cognito(pool, Seal(config.secret_key.get_secret_value().encode(), "cognito"))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
