"""Whether this process is well, and what it is: for load balancers, for people on duty, for ``shopctl``.

``/health`` is what the load balancer asks every ten seconds. It says that the process answers, and nothing of what lies
behind it: a database that is away is away for every instance, and an answer other than 200 would have the load balancer
take all of them out of the group, and the group replace them one by one, while the catalogue could still be read from
the cache. It is 503 only while the process is about to end, so that nothing new is sent to it.

``/health/deep`` asks every part, for people and for alarms, and is never to be given to a load balancer. It answers
those who ask the process directly, from the machine or its network: with Session Manager ``curl
localhost:8000/health/deep``. Whoever comes through the load balancer needs the owner's role.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from pathlib import Path

from apiflask import APIFlask
from flask import Response, jsonify, request
from sqlalchemy import Engine

from shop.accounts.visitor import Role, require
from shop.authority.grant import Unfenced
from shop.authority.lease import LeasedAuthority
from shop.payments.absent import NoPayments
from shop.payments.provider import PaymentProvider, PaymentUnknown
from shop.problems import Unavailable
from shop.shop import Shop

SLOW_MS = 500
WAIT_SECONDS = 2.0  # for all parts together
LOOK_SECONDS = 0.2  # so often the file is looked for that says that the process is about to end
Question = Callable[[], object]


class State(StrEnum):
    """How a part answered."""

    OK = "ok"
    SLOW = "slow"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part answered, after how long, and what kind of error it was if it did not."""

    state: State
    milliseconds: int
    error: str | None = None


class Checkup:
    """Asks all parts at once. A part that has not answered since it was last asked is not asked again: it is down."""

    def __init__(self, parts: Mapping[str, Question], wait_seconds: float = WAIT_SECONDS) -> None:
        self._parts = parts
        self._wait_seconds = wait_seconds
        self._running: dict[str, Future[Finding]] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max(1, len(parts)), thread_name_prefix="checkup")

    def findings(self) -> dict[str, Finding]:
        """Return how each part is, once all have answered or the wait is over."""
        with self._lock:
            for name, question in self._parts.items():
                if name not in self._running or self._running[name].done():
                    self._running[name] = self._threads.submit(_ask, question)
            running = dict(self._running)
        wait(running.values(), self._wait_seconds)
        silent = Finding(State.DOWN, int(self._wait_seconds * 1000), "no answer in time")
        return {name: future.result() if future.done() else silent for name, future in running.items()}


class Draining:
    """Whether this process is about to end: there is a file that says so, see ``shop.serve``."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._is_draining = False
        self._look_at = 0.0

    def __call__(self) -> bool:
        """Return whether it is. Looks at the file five times a second at most."""
        if self._file is None or self._is_draining:
            return self._is_draining
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._is_draining = self._file.exists()
        return self._is_draining


def register(app: APIFlask, shop: Shop, is_draining: Callable[[], bool]) -> None:
    """Answer the three questions."""
    checkup = Checkup(parts_of(shop))
    started = datetime.now(UTC)
    began = time.monotonic()

    @app.get("/health")
    @app.doc(hide=True)
    def health() -> tuple[str, int]:
        return ("draining", 503) if is_draining() else ("ok", 200)

    @app.get("/health/deep")
    @app.doc(hide=True)
    def deep() -> Response:
        if not is_direct(request.environ):
            require(Role.OWNER)
        findings = checkup.findings()
        is_well = all(finding.state is not State.DOWN for finding in findings.values())
        response = jsonify(status="ok" if is_well else "down", parts={k: asdict(v) for k, v in findings.items()})
        response.status_code = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        return response

    @app.get("/info")
    @app.doc(hide=True)
    def info() -> Response:
        config = shop.config
        return jsonify(
            version=config.release,
            commit=config.commit,
            environment=config.shop_env,
            region=config.aws_region,
            role=config.region_role,
            instance=config.instance_id,
            started=started.isoformat(timespec="seconds"),
            uptime_seconds=int(time.monotonic() - began),
        )


def parts_of(shop: Shop) -> Mapping[str, Question]:
    """Return a question for each part that the configuration names, such as is cheap and changes nothing."""
    database = partial(_select, shop.database.writer) if shop.tables is None else shop.tables.ping
    parts: dict[str, Question] = {"database": database, "storage": shop.storage.ping}
    for number, reader in enumerate(shop.database.readers, 1):
        parts[f"replica-{number}"] = partial(_select, reader)
    if shop.config.redis_url is not None:
        parts["cache"] = partial(_ping, shop)
    if shop.queue is not None:
        parts["queue"] = shop.queue.waiting
    if not isinstance(shop.authority, Unfenced):
        parts["authority"] = partial(_authority, shop)
    if not isinstance(shop.payments, NoPayments):
        parts["payments"] = partial(_payments, shop.payments)
    return parts


def is_direct(environ: Mapping[str, str]) -> bool:
    """Return whether somebody near asks the process itself. Pure.

    The load balancer's own address is private too, but it always says for whom it asks.
    Source: Application Load Balancer User Guide, "HTTP headers and Application Load Balancers", X-Forwarded-For.
    """
    if "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ:
        return False
    try:
        return ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_private
    except ValueError:
        return False


def _ask(question: Question) -> Finding:
    began = time.perf_counter()
    error = None
    try:
        question()
    except Exception as problem:  # noqa: BLE001 - whatever it is, the part is down, and only its kind is told
        error = type(problem.__cause__ or problem).__name__
    milliseconds = int((time.perf_counter() - began) * 1000)
    return Finding(State.DOWN if error else State.SLOW if milliseconds > SLOW_MS else State.OK, milliseconds, error)


def _select(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")


def _ping(shop: Shop) -> None:
    if not shop.cache.ping():
        raise Unavailable("the cache does not answer")


def _authority(shop: Shop) -> None:
    """The authority is well where the stores agree who may write, also if that is another region."""
    if not isinstance(shop.authority, LeasedAuthority):
        shop.authority.require()
        return
    shop.authority.begin()
    state = shop.authority.state()
    is_ours_and_lost = state.holder == shop.config.aws_region and state.seconds_left <= 0
    if state.epoch is None or state.stores_answering == 0 or is_ours_and_lost:
        raise Unavailable("the control store does not agree")


def _payments(provider: PaymentProvider) -> None:
    try:
        provider.payment("cs_test_ping")
    except PaymentUnknown:
        return
