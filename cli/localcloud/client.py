"""A running local cloud, seen from outside: its faults over HTTP, and boto3 clients that lead to it."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

from localcloud.admin import FAULTS_PATH, PROBLEMS, PROBLEMS_PATH, STATUSES
from localcloud.conformance import Problem
from localcloud.faults import Effect, Rule, Status


class LocalCloud:
    """One local cloud by its endpoint."""

    def __init__(self, endpoint: str, account: str = "000000000000") -> None:
        self.endpoint = endpoint
        self.account = account

    def client(self, service: str, region: str, *, attempts: int = 1, **config: Any) -> Any:
        """A stock boto3 client that tries ``attempts`` times; ``config`` goes to botocore's Config."""
        return boto3.client(
            service,  # type: ignore[call-overload] # the service is named at run time
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.account,
            aws_secret_access_key="local",  # noqa: S106 - the local cloud checks none
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, **config),
        )

    def inflict(self, effect: Effect, **where: Any) -> Status:
        """Put a fault into force; ``where`` are Rule's fields: service, operation, region, skip, count."""
        rule = Rule(effect=effect, **where)
        return Status.model_validate(self._call("POST", FAULTS_PATH, rule.model_dump_json()))

    def faults(self) -> tuple[Status, ...]:
        """All rules with how often each was hit."""
        return STATUSES.validate_python(self._call("GET", FAULTS_PATH))

    def lift(self, status: Status | None = None) -> None:
        """Lift one fault, or all."""
        self._call("DELETE", f"{FAULTS_PATH}/{status.id}" if status else FAULTS_PATH)

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the replies so far; a cloud that wasn't started with --strict knows none."""
        return PROBLEMS.validate_python(self._call("GET", PROBLEMS_PATH))

    def _call(self, method: str, path: str, body: str | None = None) -> Any:
        """Raises: ValueError with the cloud's words when it refuses."""
        request = Request(f"{self.endpoint}{path}", method=method, data=body.encode() if body else None)  # noqa: S310 - http to loopback
        try:
            with urlopen(request, timeout=10) as reply:  # noqa: S310 - as above
                return json.load(reply)
        except HTTPError as error:
            raise ValueError(error.read().decode()) from error
