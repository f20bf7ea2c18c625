"""One AWS request and its reply, as the local cloud passes them between its layers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, fromstring


@dataclass(frozen=True)
class Request:
    """A signed AWS API call.

    ``service`` is the local cloud's name for it (``ec2``, ``logs``, ``monitoring``, ``tagging``), ``operation``
    AWS's name (``CreateVpc``), or empty when the request matches none. ``path`` is percent-decoded, ``raw_path``
    isn't; the names of ``headers`` are in lower case.
    """

    method: str
    path: str
    raw_path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes = b""
    service: str = ""
    operation: str = ""
    region: str = ""
    account: str = ""

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query string's parameters, of each name the first."""
        return _first_values(self.query_string)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The parameters of a Query or EC2 protocol request, from the query string and the form in its body."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return self.query
        return {**_first_values(self.body.decode("utf-8", "replace")), **self.query}

    @cached_property
    def json(self) -> Mapping[str, Any]:
        """The body of a JSON protocol request; empty when there is none."""
        document = json.loads(self.body or b"{}")
        return document if isinstance(document, dict) else {}

    @cached_property
    def xml(self) -> Element | None:
        """The root of a REST-XML request's body; None when the body is empty."""
        return fromstring(self.body) if self.body else None  # noqa: S314 - the sender is this machine's own user

    def members(self, prefix: str) -> tuple[str, ...]:
        """The values of a numbered form list: ``members("SubnetId")`` reads SubnetId.1, SubnetId.2, ..."""
        names = (name for name in self.form if name.startswith(f"{prefix}.") and name[len(prefix) + 1 :].isdigit())
        return tuple(self.form[name] for name in sorted(names, key=lambda name: int(name.rsplit(".", 1)[1])))


@dataclass(frozen=True, slots=True)
class Response:
    """The reply to a request. ``headers`` may be given in any case."""

    status: int
    headers: Mapping[str, str | list[str]]
    body: Any  # bytes, or ministack's streaming body, which only passes through

    def with_body(self, body: bytes) -> Response:
        """The same reply with another body; its length is counted anew."""
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        return Response(self.status, headers, body)


Forward = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, Forward], Awaitable[Response]]


def _first_values(encoded: str) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded, keep_blank_values=True).items()}
