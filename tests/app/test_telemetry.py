"""Every request leaves one line, is counted, and is traced now and then; none of that tells of a person."""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from app_support.identity import signed_in
from shop.application import create_app
from shop.config import Config
from shop.shop import Shop, open_shop
from shop.telemetry import logs
from shop.telemetry.metrics import SAMPLES, Event, Level, Metrics
from shop.telemetry.traces import MOST_PER_SECOND, Trace, Tracer, open_tracer, watch
from shop.web.observed import Observed

ROOT = "1-67891233-abcdef012345678912345678"
PARENT = "53995c3f42cd8ad8"


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was written to standard output since it was last looked at."""
    return lambda: [json.loads(line) for line in capfd.readouterr().out.splitlines()]


Lines = Callable[[], list[dict[str, Any]]]


def test_each_request_leaves_one_line(client: FlaskClient, lines: Lines) -> None:
    answer = client.get("/api/products?page=1&size=2")
    client.get("/products/plain-mug")
    listing, product = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", listing.pop("time"))
    assert listing.pop("ms") >= 0
    assert listing == {
        "level": "info", "event": "request", "request_id": answer.headers["X-Request-Id"], "method": "GET",
        "route": "/api/products", "query": "page=1&size=2", "status": 200, "bytes": len(answer.data),
    }  # fmt: skip
    assert (product["route"], product["path"]) == ("/products/<slug>", "/products/plain-mug")


def test_a_healthy_answer_to_the_load_balancer_leaves_none(client: FlaskClient, lines: Lines) -> None:
    client.get("/health")
    assert lines() == []


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"X-Amzn-Trace-Id": f"Root={ROOT}"}, ROOT),
        ({"X-Amzn-Trace-Id": f"Self=1-67891234-0; Root={ROOT};Parent={PARENT};Sampled=1"}, ROOT),
        ({"X-Amzn-Trace-Id": f"Root={ROOT}", "X-Request-Id": "from-a-client"}, ROOT),
        ({"X-Request-Id": "from-a-client"}, "from-a-client"),
    ],
)
def test_a_request_keeps_the_id_that_it_came_with(
    client: FlaskClient, lines: Lines, headers: dict[str, str], request_id: str
) -> None:
    answer = client.get("/api/categories", headers=headers)
    assert answer.headers["X-Request-Id"] == request_id == lines()[0]["request_id"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Request-Id": "short"},
        {"X-Request-Id": 'x","level":"fatal'},
        {"X-Request-Id": "<script>alert(1)</script>"},
        {"X-Request-Id": "x" * 65},
        {"X-Amzn-Trace-Id": "Root=1-x-y"},
        {"X-Amzn-Trace-Id": f"Root={ROOT}0"},
        {"X-Amzn-Trace-Id": f"{' ' * 600}Root={ROOT}"},
    ],
)
def test_a_malformed_id_is_replaced(client: FlaskClient, lines: Lines, headers: dict[str, str]) -> None:
    answer = client.get("/api/categories", headers=headers)
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", answer.headers["X-Request-Id"])
    assert len(lines()) == 1


def test_an_error_names_its_request_to_people_and_programs(client: FlaskClient) -> None:
    page, document = client.get("/products/none"), client.get("/api/products/none")
    assert page.headers["X-Request-Id"] in page.text
    assert document.get_json()["request_id"] == document.headers["X-Request-Id"]


def test_a_line_tells_nothing_of_a_person(client: FlaskClient, lines: Lines) -> None:
    client.get("/?q=ada%40example.com&token=hush-hush&category=mugs&ada@example.com=1")
    client.get("/of/ada@example.com?reset=hush-hush")
    client.get("/media/uploads/1/x.webp?expires=1&signature=hush-hush", headers={"Cookie": "session=hush-hush"})
    said = lines()
    assert said[0]["query"] == "q=…&token=…&category=mugs"
    assert said[1]["path"] == "…"
    assert not any(word in json.dumps(said) for word in ("ada", "hush"))


def test_a_visitor_is_told_from_others_and_not_by_name(app: Any, lines: Lines) -> None:
    ada, bob = signed_in(app, "ada@example.com"), signed_in(app, "bob@example.com")
    lines()
    for browser in (ada, bob, ada):
        browser.get("/api/account")
    first, second, third = (line["visitor"] for line in lines())
    assert first == third != second
    assert re.fullmatch(r"[0-9a-f]{12}", first)


def test_a_bug_outside_of_the_application_is_answered_and_logged(lines: Lines) -> None:
    def broken(_environ: object, _start: object) -> list[bytes]:
        raise RuntimeError("out of order")

    said: list[str] = []

    def start(status: str, _headers: object, _error: object = None) -> Any:
        said.append(status)

    wrapped = Observed(broken, headers={}, tracer=None, is_draining=lambda: False)
    body = wrapped({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, start)
    assert said == ["500 INTERNAL SERVER ERROR"]
    assert b"out of order" not in b"".join(body)
    assert lines()[-1]["status"] == 500


@contextmanager
def logging_as_a_process_does() -> Iterator[None]:
    """Logs of the block go to standard output as in a running shop."""
    kept, level = logging.root.handlers[:], logging.root.level
    logs.configure()
    try:
        yield
    finally:
        logging.root.handlers[:] = kept
        logging.root.setLevel(level)


def test_logs_are_json_with_the_id_of_what_they_belong_to(lines: Lines) -> None:
    with logging_as_a_process_does(), logs.belonging_to("message-1"):
        logging.getLogger("shop.worker").info("order %s is paid", "01J", extra={"attempt": 2})
    (line,) = lines()
    assert line.pop("time")
    assert line == {
        "level": "info", "event": "order 01J is paid", "logger": "shop.worker", "attempt": 2, "request_id": "message-1",
    }  # fmt: skip


def test_logs_hold_no_secrets_and_no_addresses(lines: Lines) -> None:
    with logging_as_a_process_does():
        extra = {"password": "hush-hush", "api_token": "hush-hush", "why": "ada@example.com"}
        logging.getLogger("shop").warning("no mail to %s", "ada@example.com", extra=extra)
        error = ValueError("Key (email)=(ada@example.com) already exists")
        logging.getLogger("shop").error("a request failed", exc_info=error)
    said = lines()
    assert "ValueError: Key (email)=(…) already exists" in said[1]["exception"]
    assert not any(word in json.dumps(said) for word in ("ada", "hush"))


def metric_lines(metrics: Metrics) -> list[dict[str, Any]]:
    return [json.loads(line) for line in metrics.take("shop-prod", "web", 1_700_000_000.5)]


def test_requests_are_counted_by_route_and_class_in_the_embedded_metric_format() -> None:
    metrics = Metrics()
    for status in (200, 200, 304, 404, 503):
        metrics.request("/api/products", status, 1.5)
    (line,) = metric_lines(metrics)
    directive = line.pop("_aws")
    assert directive["Timestamp"] == 1_700_000_000_500
    (described,) = directive["CloudWatchMetrics"]
    assert described["Namespace"] == "shop-prod"
    assert described["Dimensions"] == [["Service"], ["Service", "Route"]]
    assert {it["Name"]: it["Unit"] for it in described["Metrics"]} == {
        "Requests2xx": "Count", "Requests3xx": "Count", "Requests4xx": "Count", "Requests5xx": "Count",
        "Latency": "Milliseconds",
    }  # fmt: skip
    assert line == {
        "Service": "web", "Route": "/api/products", "Requests2xx": 2, "Requests3xx": 1, "Requests4xx": 1,
        "Requests5xx": 1, "Latency": [1.5] * 5,
    }  # fmt: skip


def test_what_is_written_stays_small_however_many_requests_there_were() -> None:
    random.seed(4)
    metrics = Metrics()
    for number in range(20_000):
        metrics.request("/", 200, number)
    (line,) = metric_lines(metrics)
    assert line["Requests2xx"] == 20_000
    assert len(line["Latency"]) == SAMPLES  # CloudWatch takes no more
    assert 7_000 < sum(line["Latency"]) / SAMPLES < 13_000  # a fair sample of 0 to 19,999


def test_what_was_written_is_not_written_again() -> None:
    metrics = Metrics()
    metrics.count(Event.ORDERS_PLACED)
    metrics.count(Event.ORDERS_PLACED, 2)
    metrics.level(Level.QUEUE_LAG, 3.5)
    counted, measured = metric_lines(metrics)
    assert (counted["OrdersPlaced"], measured["QueueLagSeconds"]) == (3, [3.5])
    assert metric_lines(metrics) == []


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (f"Root={ROOT}", Trace(0x67891233ABCDEF012345678912345678)),
        (
            f"Root={ROOT};Parent={PARENT};Sampled=0",
            Trace(0x67891233ABCDEF012345678912345678, 0x53995C3F42CD8AD8, False),
        ),
        (f"Root={ROOT};Parent=0000000000000000;Sampled=?", Trace(0x67891233ABCDEF012345678912345678)),
    ],
)
def test_the_header_of_x_ray_is_read(header: str, trace: Trace) -> None:
    assert Trace.of(header) == trace


def test_a_trace_that_nobody_began_has_the_form_that_x_ray_takes() -> None:
    for header in (None, "", "Root=nonsense"):
        assert abs((Trace.of(header).id >> 96) - time.time()) < 5


def test_a_share_is_sampled_and_every_process_agrees_which() -> None:
    first, second = (Tracer(TracerProvider(), 0.25, most_per_second=10_000) for _ in range(2))
    seen = [Trace.of(None) for _ in range(4_000)]
    chosen = [trace for trace in seen if first.wants(trace)]
    assert chosen == [trace for trace in seen if second.wants(trace)]
    assert 800 < len(chosen) < 1_200


def test_who_asks_decides_but_not_without_end() -> None:
    tracer = Tracer(TracerProvider(), 0)
    asked = Trace(1, 2, is_sampled=True)
    assert not Tracer(TracerProvider(), 1).wants(Trace(1, 2, is_sampled=False))
    assert MOST_PER_SECOND <= sum(tracer.wants(asked) for _ in range(1_000)) <= 2 * MOST_PER_SECOND


@dataclass(frozen=True, slots=True)
class Traced:
    """A shop that traces every request that asks for it, and no other."""

    client: FlaskClient
    tracer: Tracer
    kept: InMemorySpanExporter

    def spans(self) -> list[ReadableSpan]:
        """The spans since they were last looked at, in the order in which they ended."""
        self.tracer.flush()
        done = list(self.kept.get_finished_spans())
        self.kept.clear()
        return done


@pytest.fixture(scope="module")
def traced(config: Config, shop: Shop) -> Iterator[Traced]:
    own = open_shop(config)
    app, kept = create_app(own), InMemorySpanExporter()
    tracer = open_tracer(config.model_copy(update={"trace_ratio": 0.0}), "web", kept)
    assert tracer is not None
    watch(own.database.writer)
    observed = Observed(app.wsgi_app, headers={}, tracer=tracer, is_draining=lambda: False)
    app.wsgi_app = observed  # type: ignore[method-assign]  # as Flask's documentation says
    yield Traced(app.test_client(), tracer, kept)
    own.database.close()


def test_a_sampled_request_has_a_span_and_each_of_its_statements_one_below(traced: Traced) -> None:
    header = f"Root={ROOT};Parent={PARENT};Sampled=1"
    traced.client.get("/api/products/plain-mug", headers={"X-Amzn-Trace-Id": header})
    *statements, whole = traced.spans()
    assert (whole.name, whole.kind) == ("GET /api/products/<slug>", SpanKind.SERVER)
    assert whole.parent is not None
    assert (whole.parent.span_id, whole.context.trace_id) == (int(PARENT, 16), Trace.of(header).id)
    assert whole.attributes is not None
    assert whole.attributes["http.response.status_code"] == 200
    assert {span.name for span in statements} == {"SELECT"}
    for span in statements:
        assert span.parent is not None
        assert span.parent.span_id == whole.context.span_id
        assert span.attributes is not None
        assert "plain-mug" not in str(span.attributes["db.query.text"])


def test_a_trace_that_the_load_balancer_began_keeps_its_name(traced: Traced) -> None:
    traced.client.get("/api/products/none", headers={"X-Amzn-Trace-Id": f"Root={ROOT};Sampled=1"})
    whole = traced.spans()[-1]
    assert (whole.parent, whole.context.trace_id) == (None, Trace.of(f"Root={ROOT}").id)


def test_other_requests_have_no_spans_at_all(traced: Traced) -> None:
    for header in ({}, {"X-Amzn-Trace-Id": f"Root={ROOT};Parent={PARENT};Sampled=0"}):
        traced.client.get("/api/products/plain-mug", headers=header)
    assert traced.spans() == []


def test_a_shop_without_a_collector_traces_nothing(config: Config) -> None:
    assert open_tracer(config, "web") is None
