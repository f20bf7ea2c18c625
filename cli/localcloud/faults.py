"""Faults that AWS has and a quiet local cloud would not: chosen by a test or a drill, and deterministic.

A rule says which requests it means, how many of them it lets pass first, how many it hits, and what happens to
them. Of several rules the first that still has hits left takes a request.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from itertools import count
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from localcloud.message import Request, Response
from localcloud.refusal import refuse


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Throttle(_Part):
    """Refused before any effect with the service's own throttling error."""

    kind: Literal["throttle"] = "throttle"


class Error(_Part):
    """Refused before any effect with this error, for instance ExpiredToken."""

    kind: Literal["error"] = "error"
    code: str
    message: str = "A fault was asked for."
    status: int = Field(default=400, ge=400, le=599)


class Unavailable(_Part):
    """A dead control plane: 503 before any effect."""

    kind: Literal["unavailable"] = "unavailable"


class LostReply(_Part):
    """The effect happens and is kept, then the connection is cut without a reply."""

    kind: Literal["lost_reply"] = "lost_reply"


class Delay(_Part):
    """The request is served after a wait."""

    kind: Literal["delay"] = "delay"
    milliseconds: int = Field(ge=0, le=120_000)


class BlackHole(_Part):
    """Nothing answers: the connection hangs, then is reset, without any effect."""

    kind: Literal["black_hole"] = "black_hole"
    hold_milliseconds: int = Field(default=0, ge=0, le=120_000)


class Kill(_Part):
    """The whole cloud is killed: before the effect, or after it is kept and before the reply."""

    kind: Literal["kill"] = "kill"
    moment: Literal["before", "after"] = "after"


Effect = Annotated[Throttle | Error | Unavailable | LostReply | Delay | BlackHole | Kill, Field(discriminator="kind")]


class Rule(_Part):
    """Which requests a fault means; a field left out means any.

    ``service`` is the name in the local cloud (``ec2``, ``s3``, ``logs``, ``tagging``), ``region`` the one that the
    request is signed for: global services (IAM, Route 53, CloudFront) live in us-east-1.
    """

    service: str | None = None
    operation: str | None = None
    region: str | None = None
    skip: int = Field(default=0, ge=0, description="how many matching requests pass first")
    count: int | None = Field(default=None, ge=1, description="how many are hit then; all when left out")
    effect: Effect

    def means(self, request: Request) -> bool:
        """Whether the request is one of those that the rule is about."""
        wanted = (self.service, self.operation, self.region)
        actual = (request.service, request.operation, request.region)
        return all(want in (None, have) for want, have in zip(wanted, actual, strict=True))


class Status(_Part):
    """A rule as it stands: how many requests matched it, and how many it hit."""

    id: int
    rule: Rule
    matched: int
    hits: int


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._rules: dict[int, Status] = {}

    def add(self, rule: Rule) -> Status:
        """Put a rule into force, after those that are there."""
        status = Status(id=next(self._numbers), rule=rule, matched=0, hits=0)
        self._rules[status.id] = status
        return status

    def list(self) -> tuple[Status, ...]:
        """All rules, also those with no hits left."""
        return tuple(self._rules.values())

    def remove(self, identities: Iterable[int] | None = None) -> None:
        """Lift these rules; all of them when none is named."""
        for identity in tuple(self._rules) if identities is None else identities:
            self._rules.pop(identity, None)

    def strike(self, request: Request) -> Effect | None:
        """What shall happen to this request; counts it."""
        for status in self.list():
            rule = status.rule
            if not rule.means(request):
                continue
            hit = status.matched >= rule.skip and (rule.count is None or status.hits < rule.count)
            self._rules[status.id] = status.model_copy(
                update={"matched": status.matched + 1, "hits": status.hits + hit}
            )
            if hit:
                return rule.effect
        return None


# The rules that the request being served came under, for what one service does inside on behalf of another.
in_force: ContextVar[Faults] = ContextVar("in_force")


def failure_inside(request: Request) -> tuple[str, str] | None:
    """Code and message of the error that strikes a step which no client asked for; None when it goes well.

    A group that starts an instance meets faults of ``RunInstances``, as it would in AWS. Faults of the connection
    (a lost reply, a delay) have no meaning here and let the step go well.
    """
    match in_force.get().strike(request):
        case Error(code=code, message=message):
            return code, message
        case Throttle():
            return "RequestLimitExceeded", "Request limit exceeded."
        case Unavailable():
            return "Unavailable", "The service is unavailable. Please try again shortly."
        case _:
            return None


# Where a service doesn't use its protocol's usual throttling error. Sources: docs.aws.amazon.com/AWSEC2/latest/
# APIReference/throttling.html, .../AmazonS3/latest/API/ErrorResponses.html, .../Route53/latest/APIReference/
# CommonErrors.html, .../AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_THROTTLING = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "sqs": ("RequestThrottled", 403),
    "sns": ("Throttled", 429),
}


def refuse_throttled(request: Request) -> Response:
    """The throttling error of the request's service."""
    code, status = _THROTTLING.get(request.service, ("", 400))
    usual = "ThrottlingException" if "x-amz-target" in request.headers else "Throttling"
    return refuse(request, code or usual, "Rate exceeded", status)


def refuse_unavailable(request: Request) -> Response:
    """The error of a control plane that is down."""
    code = "ServiceUnavailableException" if "x-amz-target" in request.headers else "ServiceUnavailable"
    return refuse(request, code, "Service is unable to handle request.", status=503)
