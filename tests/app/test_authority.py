"""A region writes only while a majority of the control stores agreed, less than TTL ago, that the authority is its."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app_support.aws import REGION
from app_support.control_store import ENVIRONMENT, HERE, THERE, Control, Way, control_store
from shop.authority.lease import SURVEY_ROUNDS, LeasedAuthority, elapsed_seconds
from shop.authority.record import RecordUnreadable, read
from shop.authority.stores import ControlStore, ControlStores
from shop.problems import WritesRefused

CONTRACTS = Path(__file__).parents[1] / "contracts" / "authority"
SCENES = json.loads((CONTRACTS / "scenes.json").read_text(encoding="utf-8"))
TTL = 30.0


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with control_store() as control:
        yield control


@pytest.fixture(autouse=True)
def open_doors(control: Control) -> Iterator[None]:
    yield
    control.turn(Way.OPEN, 0, 1, 2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def authority_of(control: Control, clock: Clock, environment: str, region: str = HERE) -> LeasedAuthority:
    return LeasedAuthority(control.stores, environment, region, TTL, clock)


def epoch_of(authority: LeasedAuthority) -> int | None:
    """The epoch under which the process may write now."""
    try:
        return authority.require().epoch
    except WritesRefused:
        return None


# The written format ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "holder"), [("granted", "eu-west-1"), ("revoked", None)])
def test_what_shopctl_writes_is_what_the_schema_says_and_what_the_shop_reads(name: str, holder: str | None) -> None:
    body = (CONTRACTS / f"{name}.json").read_bytes()
    schema = json.loads((CONTRACTS / "record.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(body))
    record = read(json.loads(body)["epoch"], body)
    assert (record.holder, record.ttl_seconds) == (holder, 30)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"epoch": 8},
        {"epoch": "7"},
        {"holder": ""},
        {"holder": 1},
        {"ttl_seconds": 0},
        {"ttl_seconds": 1e9},
    ],
    ids=str,
)
def test_a_record_of_another_form_gives_nobody_the_authority(change: dict[str, Any]) -> None:
    record = json.loads((CONTRACTS / "granted.json").read_bytes())
    with pytest.raises(RecordUnreadable):
        read(7, json.dumps({**record, **change}).encode())


def test_a_record_without_a_member_gives_nobody_the_authority() -> None:
    record = json.loads((CONTRACTS / "granted.json").read_bytes())
    schema = json.loads((CONTRACTS / "record.schema.json").read_text(encoding="utf-8"))
    assert set(schema["required"]) == set(record)
    for name in record:
        with pytest.raises(RecordUnreadable):
            read(7, json.dumps({key: value for key, value in record.items() if key != name}).encode())


@pytest.mark.parametrize("number", range(len(SCENES["scenes"])), ids=lambda number: SCENES["scenes"][number]["says"])
def test_scene(control: Control, clock: Clock, number: int) -> None:
    environment, rounds = f"scene-{number}", SCENES["scenes"][number]["rounds"]
    stores = ControlStores(control.each[: len(rounds[0]["stores"])])
    authority = LeasedAuthority(stores, environment, SCENES["regions"]["here"], TTL, clock)
    for scene in rounds:
        for index, held in enumerate(scene["stores"]):
            control.turn(Way.SHUT if held is None else Way.OPEN, index)
            for epoch, name in (held or {}).items():
                record = dict(SCENES["bodies"][name])
                control.write(int(epoch), record.pop("holder"), into=(index,), environment=environment, **record)
        authority.round()
        assert epoch_of(authority) == scene["granted"]
        clock.now += 1


# Time ------------------------------------------------------------------------------------------------------------


class Slow:
    """A store that something happens to before it answers."""

    def __init__(self, store: ControlStore, before: Callable[[], object]) -> None:
        self.name = store.name
        self._store = store
        self._before = before

    def create(self, key: str, body: bytes) -> bool:
        return self._store.create(key, body)

    def get(self, key: str) -> bytes | None:
        self._before()
        return self._store.get(key)

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        self._before()
        return self._store.keys(prefix, after)


def test_a_grant_counts_from_the_start_of_its_round_whatever_the_stores_take(control: Control, clock: Clock) -> None:
    control.write(1, HERE, environment="slow")

    def take_time() -> None:
        clock.now += 2

    stores = ControlStores(tuple(Slow(store, take_time) for store in control.each))
    authority = LeasedAuthority(stores, "slow", HERE, TTL, clock)
    authority.round()
    assert clock.now == 1012, "three stores, each with a listing and a record"
    clock.now = 1000 + TTL - 0.01
    assert epoch_of(authority) == 1
    clock.now = 1000 + TTL
    assert epoch_of(authority) is None


def test_a_record_may_shorten_the_time_and_never_lengthen_it(control: Control, clock: Clock) -> None:
    for environment, ttl_seconds, lasts in (("short", 5, 5), ("long", 200, TTL)):
        clock.now = 1000.0
        control.write(1, HERE, environment=environment, ttl_seconds=ttl_seconds)
        authority = authority_of(control, clock, environment)
        authority.round()
        clock.now = 1000 + lasts - 0.01
        assert epoch_of(authority) == 1
        clock.now = 1000 + lasts
        assert epoch_of(authority) is None


@pytest.mark.parametrize("way", [Way.SHUT, Way.SILENT])
def test_without_two_stores_the_grant_runs_out_and_returns_with_them(control: Control, clock: Clock, way: Way) -> None:
    environment = f"partition-{way.value}"
    control.write(1, HERE, environment=environment)
    authority = authority_of(control, clock, environment)
    authority.round()
    control.turn(way, 1, 2)
    clock.now += TTL - 1
    authority.round()
    assert epoch_of(authority) == 1, "an unanswered round takes nothing away before its time"
    clock.now += 1
    assert epoch_of(authority) is None
    control.turn(Way.OPEN, 2)
    authority.round()
    assert epoch_of(authority) == 1


def test_one_silent_store_delays_a_round_by_its_timeout_only(control: Control, clock: Clock) -> None:
    control.write(1, HERE, environment="silent")
    control.turn(Way.SILENT, 0)
    authority = authority_of(control, clock, "silent")
    began = time.monotonic()
    authority.round()
    assert epoch_of(authority) == 1
    assert time.monotonic() - began < 4


def test_a_number_that_is_seen_too_late_for_its_round_still_refuses(
    control: Control, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.authority.lease.ASK_SECONDS", 0.5)
    control.write(1, HERE, environment="late", into=(0, 1))
    control.write(2, THERE, environment="late", into=(2,))
    late = Event()
    stores = ControlStores((*control.each[:2], Slow(control.each[2], late.wait)))
    authority = LeasedAuthority(stores, "late", HERE, TTL, clock)
    authority.round()
    assert epoch_of(authority) == 1
    late.set()
    until = time.monotonic() + 10
    while epoch_of(authority) is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert epoch_of(authority) is None


def test_a_number_that_nobody_should_have_written_is_found_by_the_next_listing(control: Control, clock: Clock) -> None:
    control.write(1, HERE, environment="gap")
    authority = authority_of(control, clock, "gap")
    authority.round()
    control.write(7, THERE, environment="gap", into=(1,))
    for _ in range(SURVEY_ROUNDS):
        authority.round()
    assert epoch_of(authority) is None


def test_the_question_before_each_write_is_cheap_and_touches_no_network(control: Control, clock: Clock) -> None:
    control.write(1, HERE, environment="cheap")
    authority = LeasedAuthority(control.stores, "cheap", HERE, TTL)
    authority.round()
    control.turn(Way.SHUT, 0, 1, 2)
    began = time.perf_counter()
    for _ in range(10_000):
        authority.require()
    assert (time.perf_counter() - began) / 10_000 < 20e-6


def test_time_passes_while_the_machine_sleeps() -> None:
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert 0 <= elapsed_seconds() - now < 1


# The life of a process -------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_the_first_write_and_nothing_after_the_end(control: Control) -> None:
    control.write(1, HERE, environment="life")
    authority = LeasedAuthority(control.stores, "life", HERE, TTL)
    assert authority.state().stores_answering == 0
    assert authority.require().epoch == 1, "the first write waits for the first round"
    assert authority.state().stores_answering == 3
    authority.close()
    with pytest.raises(WritesRefused):
        authority.require()


def test_the_thread_renews_the_grant_for_longer_than_it_lasts(control: Control) -> None:
    control.write(1, HERE, environment="renewed", ttl_seconds=5)
    authority = LeasedAuthority(control.stores, "renewed", HERE, TTL)
    until = time.monotonic() + 6
    while time.monotonic() < until:
        assert authority.require().epoch == 1
        time.sleep(0.02)
    authority.close()


def test_a_forked_child_begins_anew(control: Control) -> None:
    control.write(1, HERE, environment="fork")
    authority = LeasedAuthority(control.stores, "fork", HERE, TTL)
    authority.require()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        alone = authority.held() is None
        os.write(writing, f"{alone} {authority.require().epoch}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"True 1"
    authority.close()


@contextmanager
def process(control: Control, ttl_seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that says, for each line that it is sent, whether it may write."""
    program = (
        "import sys\n"
        "from shop.authority.lease import open_authority\n"
        "from shop.config import Config\n"
        "from shop.problems import WritesRefused\n"
        "import os\n"
        "authority = open_authority(Config.from_environment(os.environ))\n"
        "for line in sys.stdin:\n"
        "    try:\n"
        "        print('epoch', authority.require().epoch, flush=True)\n"
        "    except WritesRefused:\n"
        "        print('refused', flush=True)\n"
    )
    environ = {
        **os.environ,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": control.doors[0].url,
        "SHOP_ENV": ENVIRONMENT,
        "SECRET_KEY": "a secret of these tests, which opens nothing",
        "PUBLIC_URL": "http://shop.test",
        "MAIL_FROM": "shop@shop.test",
        "DB_HOST": "/nowhere",
        "DB_USER": "shop",
        "DB_PASSWORD": "none",
        "CONTROL_BUCKETS": control.words,
        "AUTHORITY_TTL_SECONDS": str(ttl_seconds),
    }
    asked = subprocess.Popen(
        (sys.executable, "-c", program), env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield asked
    finally:
        asked.kill()
        asked.wait()


def says(asked: subprocess.Popen[str]) -> str:
    assert asked.stdin is not None
    assert asked.stdout is not None
    asked.stdin.write("?\n")
    asked.stdin.flush()
    return asked.stdout.readline().strip()


def wait_until_it_says(asked: subprocess.Popen[str], wanted: str) -> None:
    until = time.monotonic() + 60
    while (answer := says(asked)) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert answer == wanted


def test_a_process_that_was_stopped_for_longer_than_ttl_is_refused_when_it_wakes(control: Control) -> None:
    control.write(1, HERE)
    with process(control, ttl_seconds=1.5) as asked:
        wait_until_it_says(asked, "epoch 1")
        asked.send_signal(signal.SIGSTOP)
        control.turn(Way.SILENT, 0)  # whoever wakes up must know by its clock alone
        time.sleep(1.7)
        asked.send_signal(signal.SIGCONT)
        assert says(asked) == "refused"
        control.turn(Way.OPEN, 0)
        wait_until_it_says(asked, "epoch 1")
