"""The local cloud's own paths, beside AWS's: faults are set here."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from pydantic import TypeAdapter, ValidationError

from localcloud.conformance import Problem
from localcloud.faults import Faults, Rule, Status
from localcloud.message import Response

ADMIN_PATH = "/_localcloud"
FAULTS_PATH = f"{ADMIN_PATH}/faults"
PROBLEMS_PATH = f"{ADMIN_PATH}/problems"
PROBLEMS = TypeAdapter(tuple[Problem, ...])
STATUSES = TypeAdapter(tuple[Status, ...])


class Admin:
    """Answers ``POST /_localcloud/faults`` (a rule), ``GET`` (all rules), ``DELETE`` (all, or ``.../faults/ID``), and
    ``GET /_localcloud/problems``: what a strict cloud found wrong with its own replies."""

    def __init__(self, faults: Faults, problems: Sequence[Problem]) -> None:
        self._faults = faults
        self._problems = problems

    def answer(self, method: str, path: str, body: bytes) -> Response:
        """Do what the request says; 400 with pydantic's words for a bad rule, 404 for a path that isn't there."""
        if (method, path) == ("GET", PROBLEMS_PATH):
            return _json(PROBLEMS.dump_json(tuple(self._problems)))
        match method, path.removeprefix(FAULTS_PATH).split("/"):
            case "POST", [""]:
                return self._add(body)
            case "GET", [""]:
                return _json(STATUSES.dump_json(self._faults.list()))
            case "DELETE", [""]:
                self._faults.remove()
                return _json(b"[]")
            case "DELETE", ["", identity] if identity.isdigit():
                self._faults.remove([int(identity)])
                return _json(b"[]")
            case _:
                return Response(HTTPStatus.NOT_FOUND, {}, b"")

    def _add(self, body: bytes) -> Response:
        try:
            return _json(self._faults.add(Rule.model_validate_json(body)).model_dump_json().encode())
        except ValidationError as error:
            return Response(HTTPStatus.BAD_REQUEST, {"Content-Type": "text/plain"}, str(error).encode())


def _json(body: bytes) -> Response:
    return Response(HTTPStatus.OK, {"Content-Type": "application/json"}, body)
