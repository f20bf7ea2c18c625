"""Logs: one JSON object per line on standard output, each with the id of the request or message it belongs to.

Whoever runs the process collects them: journald and the CloudWatch agent on a machine, a terminal elsewhere.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
HIDDEN = "…"
SENSITIVE = re.compile(
    r"passw|secret|token|cookie|authori[sz]ation|signature|session|card|iban|email|phone|address", re.IGNORECASE
)
ADDRESS = re.compile(r"[^\s@<>()\[\]{}'\"=,;:]+@[^\s@<>()\[\]{}'\"=,;:]+")
QUIET = ("botocore", "urllib3", "stripe")  # what they say of each call is of use to nobody, and may hold addresses

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def configure(level: int = logging.INFO) -> None:
    """Send every log of this process, those of libraries too, to standard output as JSON."""
    handler = logging.StreamHandler(Lines())
    handler.setFormatter(formatter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_crash


def formatter() -> logging.Formatter:
    """Return what makes a line of JSON of a log record, without secrets and without addresses of people."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: _to_json(event)),
        ],
        foreign_pre_chain=[
            _timestamp,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _request_id,
        ],
    )


def now() -> str:
    """Return the time in UTC, to the millisecond."""
    seconds, rest = divmod(time.time(), 1)
    return f"{_second(int(seconds))}.{int(rest * 1000):03d}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


@contextmanager
def belonging_to(request_id: str) -> Iterator[None]:
    """Give the logs within the block the id of the request or message that they belong to."""
    token = REQUEST_ID.set(request_id)
    try:
        yield
    finally:
        REQUEST_ID.reset(token)


class Lines:
    """Standard output, a whole line at a time: one call to the system each, so that processes don't mix their lines."""

    def write(self, text: str) -> None:
        """Write the text. What is read by nobody any more is dropped."""
        rest = memoryview(text.encode(errors="replace"))
        try:
            while rest:
                rest = rest[os.write(1, rest) :]
        except OSError:
            return

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


def _timestamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {"time": now(), **event}


def _request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = REQUEST_ID.get()
    return event if request_id is None else {**event, "request_id": request_id}


def _without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        name: HIDDEN if SENSITIVE.search(name) else ADDRESS.sub(HIDDEN, value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _log_crash(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    logging.getLogger("shop").critical("the process ends by a bug", exc_info=(kind, error, trace))
