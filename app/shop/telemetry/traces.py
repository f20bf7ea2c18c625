"""Traces for AWS X-Ray, of a small share of the requests: a span for the request, one for each statement in it.

Only what is sampled meets OpenTelemetry; the other requests pay one look at a header. The collector beside the process
(ADOT or the CloudWatch agent) takes the spans by OTLP and gives them to X-Ray.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from http import HTTPStatus
from multiprocessing.util import Finalize
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Tracer as OpenTelemetryTracer
from sqlalchemy import Engine, event

from shop.config import Config

MOST_PER_SECOND = 50  # nobody can make a process trace everything by asking for it in a header
MAX_STATEMENT = 2_000
# Source: AWS X-Ray Developer Guide, "Tracing header" and "Trace ID format".
ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?=\s*(?:;|$))")
PARENT = re.compile(r"(?:^|;)\s*Parent=([0-9a-f]{16})(?=\s*(?:;|$))")
SAMPLED = re.compile(r"(?:^|;)\s*Sampled=([01])(?=\s*(?:;|$))")
MAX_HEADER = 512


def new_root() -> str:
    """Return the name of a trace that nobody has begun before."""
    return f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"


def root_of(header: str) -> str | None:
    """Return the name of the trace in X-Amzn-Trace-Id, or None if it names none. Pure."""
    found = ROOT.search(header) if len(header) <= MAX_HEADER else None
    return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a request is a part of: the trace, the span that asks, and whether it is sampled, if that was decided."""

    id: int
    parent: int | None = None
    is_sampled: bool | None = None

    @classmethod
    def of(cls, header: str | None) -> Trace:
        """Read X-Amzn-Trace-Id, or begin a trace where it names none."""
        root = None if header is None else root_of(header)
        if root is None or header is None:
            return cls(_number(new_root()))
        parent, sampled = PARENT.search(header), SAMPLED.search(header)
        return cls(
            _number(root),
            None if parent is None else int(parent[1], 16) or None,
            None if sampled is None else sampled[1] == "1",
        )


@dataclass(frozen=True, slots=True)
class Active:
    """The span that is worked in now, and who makes spans below it."""

    span: Span
    maker: OpenTelemetryTracer

    def below(self, name: str, attributes: Mapping[str, str]) -> Span:
        """Begin a span of something that another part is asked."""
        return self.maker.start_span(name, set_span_in_context(self.span), SpanKind.CLIENT, attributes)


_ACTIVE: ContextVar[Active | None] = ContextVar("active", default=None)
_TRACE_ID: ContextVar[int | None] = ContextVar("trace_id", default=None)


@dataclass(frozen=True, slots=True)
class Begun:
    """A request's span that has not ended."""

    span: Span
    method: str
    token: Token[Active | None]

    def end(self, route: str, status: int) -> None:
        """End it with what came of the request."""
        _ACTIVE.reset(self.token)
        self.span.update_name(f"{self.method} {route}")
        self.span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.span.set_status(Status(StatusCode.ERROR))
        self.span.end()


class Tracer:
    """Makes the spans of this process. ``ratio`` is the share that is sampled where nobody has decided yet."""

    def __init__(self, provider: TracerProvider, ratio: float, most_per_second: int = MOST_PER_SECOND) -> None:
        self._provider = provider
        self._maker = provider.get_tracer("shop")
        self._limit = int(ratio * 2**64)
        self._most_per_second = most_per_second
        self._second = 0
        self._taken = 0

    def wants(self, trace: Trace) -> bool:
        """Return whether the trace is sampled: as its header says, else by its id, so that all processes agree."""
        is_wanted = trace.is_sampled
        if is_wanted is None:
            is_wanted = trace.id & (2**64 - 1) < self._limit
        return is_wanted and self._has_room()

    def begin(self, trace: Trace, method: str, path: str) -> Begun | None:
        """Begin the span of a request, if it is sampled."""
        if not self.wants(trace):
            return None
        known = _TRACE_ID.set(trace.id)
        try:
            words = {"http.request.method": method, "url.path": path}
            span = self._maker.start_span(method, _asking(trace), SpanKind.SERVER, words)
        finally:
            _TRACE_ID.reset(known)
        return Begun(span, method, _ACTIVE.set(Active(span, self._maker)))

    def flush(self) -> None:
        """Send what has ended so far. Waits for the collector."""
        self._provider.force_flush()

    def _has_room(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._taken = second, 0
        self._taken += 1
        return self._taken <= self._most_per_second


class _Ids(AwsXRayIdGenerator):
    """Ids of X-Ray's form; a trace that came with the request keeps its own."""

    def generate_trace_id(self) -> int:
        known = _TRACE_ID.get()
        return known if known is not None else super().generate_trace_id()


def open_tracer(config: Config, service: str, exporter: SpanExporter | None = None) -> Tracer | None:
    """Return the tracer of this process; None where no collector is named. Sends nothing yet."""
    endpoint = config.otel_exporter_otlp_endpoint
    if exporter is None and endpoint is None:
        return None
    resource = Resource.create({
        "service.name": f"{config.shop_env}-{service}",
        "service.version": config.release,
        "service.instance.id": config.instance_id,
        "cloud.provider": "aws",
        "cloud.region": config.aws_region,
        "deployment.environment.name": config.shop_env,
    })  # fmt: skip
    provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    Finalize(None, provider.shutdown, exitpriority=1)  # atexit, but also in the processes that granian makes
    return Tracer(provider, config.trace_ratio)


@contextmanager
def step(name: str, words: Mapping[str, str] | None = None) -> Iterator[None]:
    """Give what another part is asked within the block a span of its own, if the request is sampled."""
    active = _ACTIVE.get()
    if active is None:
        yield
        return
    span = active.below(name, words or {})
    try:
        yield
    except Exception as error:
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        span.end()


def header() -> str | None:
    """Return what to say in X-Amzn-Trace-Id to those whom this request asks; None if it is not sampled."""
    active = _ACTIVE.get()
    if active is None:
        return None
    context = active.span.get_span_context()
    digits = f"{context.trace_id:032x}"
    return f"Root=1-{digits[:8]}-{digits[8:]};Parent={context.span_id:016x};Sampled=1"


def watch(engine: Engine) -> None:
    """Give each statement of a sampled request a span. Its text has no values: those are sent beside it."""
    system = engine.dialect.name

    def before(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _is_many: bool) -> None:
        active = _ACTIVE.get()
        if active is not None and context is not None:
            words = {"db.system.name": system, "db.query.text": statement[:MAX_STATEMENT]}
            context.shop_span = active.below(statement.lstrip().split(None, 1)[0].upper(), words)

    def after(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _is_many: bool) -> None:
        _end(context)

    def failed(problem: Any) -> None:
        _end(problem.execution_context, type(problem.original_exception).__name__)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)


def _number(root: str) -> int:
    return int(root[2:10] + root[11:], 16)


def _asking(trace: Trace) -> Context:
    """The span that asks, as the parent; without one the request begins the trace."""
    if trace.parent is None:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED)
    return set_span_in_context(NonRecordingSpan(SpanContext(trace.id, trace.parent, is_remote=True, trace_flags=flags)))


def _end(context: Any, error: str | None = None) -> None:
    span: Span | None = getattr(context, "shop_span", None)
    if span is None:
        return
    context.shop_span = None
    if error is not None:
        span.set_status(Status(StatusCode.ERROR, error))
    span.end()
