"""Load balancers learn that a process answers, people on duty what lies behind it, and strangers nothing of that."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app_support.aws import REGION, Cloud
from app_support.identity import signed_in
from shop.accounts.people import Role
from shop.application import create_app
from shop.config import Config
from shop.shop import open_shop
from shop.web.health import Checkup, Draining, State

AS_PROGRAM = {"Accept": "application/json"}
BEHIND_THE_BALANCER = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        yield int(silent.getsockname()[1])


def client_of(config: Config) -> FlaskClient:
    return create_app(open_shop(config)).test_client()


def test_a_process_is_healthy_whatever_lies_behind_it(config: Config) -> None:
    client = client_of(
        config.model_copy(update={"db_host": "127.0.0.1", "db_port": 9, "redis_url": "redis://127.0.0.1:9"})
    )
    assert client.get("/api/products").status_code == 503
    page = client.get("/products")
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert (client.get("/health").status_code, client.get("/health").text) == (200, "ok")


def test_a_process_that_is_about_to_end_says_so_and_closes_its_connections(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "draining"
    client = client_of(config.model_copy(update={"drain_file": file}))
    assert client.get("/health").status_code == 200
    assert "Connection" not in client.get("/api/categories").headers
    file.touch()
    time.sleep(0.25)
    assert client.get("/health").status_code == 503
    answer = client.get("/api/categories")
    assert (answer.status_code, answer.headers["Connection"]) == (200, "close")


def test_a_process_outside_of_the_server_never_drains() -> None:
    assert not Draining(None)()


def test_every_part_is_asked_and_told_with_its_time(aws: Cloud, config: Config) -> None:
    aws.client("s3").create_bucket(Bucket="health", CreateBucketConfiguration={"LocationConstraint": REGION})
    url = aws.client("sqs").create_queue(QueueName="health")["QueueUrl"]
    changes = {"media_folder": None, "s3_bucket": "health", "sqs_queue_url": url, "aws_region": REGION}
    found = client_of(
        config.model_copy(update={**changes, "aws_endpoint_url": aws.url, "db_reader_hosts": (config.db_host,)})
    ).get("/health/deep")
    parts = found.get_json()["parts"]
    assert (found.status_code, found.get_json()["status"]) == (200, "ok")
    assert set(parts) == {"database", "replica-1", "cache", "queue", "storage"}
    assert all(part["state"] in {"ok", "slow"} and part["milliseconds"] >= 0 for part in parts.values())


def test_what_does_not_answer_is_down_after_two_seconds_all_in_all(config: Config, black_hole: int) -> None:
    nowhere = f"http://127.0.0.1:{black_hole}"
    client = client_of(
        config.model_copy(
            update={
                "db_host": "127.0.0.1",
                "db_port": black_hole,
                "redis_url": f"redis://127.0.0.1:{black_hole}",
                "media_folder": None,
                "s3_bucket": "health",
                "sqs_queue_url": f"{nowhere}/1/jobs",
                "aws_endpoint_url": nowhere,
                "aws_region": REGION,
            }
        )
    )
    began = time.monotonic()
    found = client.get("/health/deep")
    assert time.monotonic() - began < 3
    parts = found.get_json()["parts"]
    assert found.status_code == 503
    assert {name: part["state"] for name, part in parts.items()} == dict.fromkeys(parts, "down")
    assert str(black_hole) not in found.text


def test_a_part_that_hangs_is_asked_by_one_thread_however_often_people_look() -> None:
    asked: list[int] = []
    may_answer = threading.Event()

    def hang() -> None:
        asked.append(1)
        may_answer.wait(20)

    checkup = Checkup({"slow": hang}, wait_seconds=0.05)
    assert [checkup.findings()["slow"].state for _ in range(3)] == [State.DOWN] * 3
    assert len(asked) == 1
    may_answer.set()
    time.sleep(0.1)
    assert checkup.findings()["slow"].state is not State.DOWN


@pytest.mark.parametrize("address", ["9.9.9.9", "2001:4860::1", "", "unix:"])
def test_strangers_do_not_learn_what_lies_behind(client: FlaskClient, address: str) -> None:
    answer = client.get("/health/deep", environ_base={"REMOTE_ADDR": address}, headers=AS_PROGRAM)
    assert (answer.status_code, "parts" in answer.text) == (401, False)


@pytest.mark.parametrize("headers", [BEHIND_THE_BALANCER, {"Forwarded": "for=203.0.113.7"}, {"X-Forwarded-For": ""}])
def test_the_load_balancers_own_address_opens_nothing(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/health/deep", headers={**AS_PROGRAM, **headers}).status_code == 401


def test_owners_learn_it_from_anywhere_and_other_staff_does_not(app: APIFlask) -> None:
    owner, clerk = signed_in(app, "owner@shop.test", Role.OWNER), signed_in(app, "clerk@shop.test", Role.ORDERS)
    assert owner.get("/health/deep", headers=BEHIND_THE_BALANCER).status_code == 200
    assert clerk.get("/health/deep", headers=BEHIND_THE_BALANCER).status_code == 403


def test_a_process_says_what_it_is_and_no_secrets(config: Config) -> None:
    release = {"release": "1.4.2", "commit": "8b2a71a", "instance_id": "i-0123", "region_role": "standby"}
    told = client_of(config.model_copy(update=release)).get("/info", headers=BEHIND_THE_BALANCER)
    about = told.get_json()
    assert about.pop("started").endswith("+00:00")
    assert about.pop("uptime_seconds") >= 0
    assert about == {
        "version": "1.4.2", "commit": "8b2a71a", "environment": "local", "region": "local", "role": "standby",
        "instance": "i-0123",
    }  # fmt: skip
    assert config.secret_key.get_secret_value() not in told.text
