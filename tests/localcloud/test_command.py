"""`shopctl local`, as a user runs it: real processes, a real shell, stock AWS tools."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from localcloud import control
from localcloud.client import LocalCloud
from localcloud.place import Place, this_process

SHOPCTL = [sys.executable, "-c", "from shopctl.main import main; main()"]


@dataclass(frozen=True)
class Shop:
    """The command line with a home directory of its own."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "SHOPCTL_HOME": str(self.home), **self.environ}
        command = [*SHOPCTL, "local", *arguments]
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    def data(self, *arguments: str) -> dict[str, Any]:
        """What a command that must succeed says to a machine."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        data: dict[str, Any] = json.loads(done.stdout)["data"]
        return data


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "work")
    yield shop
    with suppress(ValueError):
        control.stop(shop.home)


def test_up_is_done_once_and_down_keeps_the_state_and_the_port(shop: Shop) -> None:
    first = shop.data("up", "--port", "0")
    assert shop.data("up") == {**first, "was_running": True}
    assert shop.data("status")["endpoint"] == first["endpoint"]
    LocalCloud(first["endpoint"]).client("sqs", "eu-central-1").create_queue(QueueName="kept")
    assert shop.data("down") == {"was_running": True, "wiped": False}
    assert not psutil.pid_exists(first["pid"])
    assert not shop.data("status")["is_running"]
    assert shop.data("down") == {"was_running": False, "wiped": False}
    again = shop.data("up")
    assert again["endpoint"] == first["endpoint"]
    queues = LocalCloud(again["endpoint"]).client("sqs", "eu-central-1").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2] for url in queues] == ["kept"]


def test_the_cloud_outlives_the_command_and_its_terminal(shop: Shop) -> None:
    pid = shop.data("up", "--port", "0")["pid"]
    assert os.getsid(pid) == pid
    assert {file for file in psutil.Process(pid).open_files() if "/dev/" in file.path} == set()


def test_two_ups_at_once_share_one_cloud(shop: Shop) -> None:
    found: list[dict[str, Any]] = []
    ups = [threading.Thread(target=lambda: found.append(shop.data("up", "--port", "0"))) for _ in range(3)]
    for up in ups:
        up.start()
    for up in ups:
        up.join()
    assert len({one["pid"] for one in found}) == 1
    assert sorted(one["was_running"] for one in found) == [False, True, True]


def test_a_taken_port_is_named_with_its_holder_and_the_cure(shop: Shop) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = shop.run("up", "--port", str(port))
    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken by" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr
    assert "shopctl local up --port 0" in done.stderr


def test_a_killed_cloud_comes_back_with_its_state(shop: Shop) -> None:
    first = shop.data("up", "--port", "0")
    LocalCloud(first["endpoint"]).client("sns", "eu-central-1").create_topic(Name="kept")
    psutil.Process(first["pid"]).kill()
    psutil.wait_procs([psutil.Process(first["pid"])] if psutil.pid_exists(first["pid"]) else [])
    assert not shop.data("status")["is_running"]
    again = shop.data("up")
    assert again["endpoint"] == first["endpoint"]
    topics = LocalCloud(again["endpoint"]).client("sns", "eu-central-1").list_topics()["Topics"]
    assert [topic["TopicArn"] for topic in topics] == ["arn:aws:sns:eu-central-1:000000000000:kept"]


def test_a_stranger_with_the_pid_of_a_dead_cloud_is_not_taken_for_it_nor_stopped(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.make()
    ours = this_process("http://127.0.0.1:1", "000000000000", place.log)
    place.write_runtime(ours)
    assert place.runtime() == ours
    place.write_runtime(replace(ours, started=ours.started - 60))
    assert place.runtime() is None
    assert not control.stop(tmp_path)


def test_a_runtime_file_that_makes_no_sense_is_named_with_the_cure(shop: Shop) -> None:
    place = Place(shop.home)
    place.make()
    place.runtime_file.write_text("{")
    for command in ("status", "up", "down", "env"):
        done = shop.run(command)
        assert done.returncode == 2
        assert str(place.runtime_file) in done.stderr


def test_state_of_another_version_stops_the_start_with_the_cure(shop: Shop) -> None:
    place = Place(shop.home)
    place.make()
    subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sqlite3; sqlite3.connect({str(place.state)!r}).execute('PRAGMA user_version=9')",
        ],
        check=True,
    )
    done = shop.run("up", "--port", "0")
    assert done.returncode == 2
    assert "shopctl local down --wipe" in done.stderr


def test_wiping_asks_and_nobody_there_is_a_no(shop: Shop) -> None:
    endpoint = shop.data("up", "--port", "0")["endpoint"]
    done = shop.run("down", "--wipe")
    assert done.returncode == 5
    assert shop.data("status")["endpoint"] == endpoint
    assert shop.data("down", "--wipe", "--yes") == {"was_running": True, "wiped": True}
    assert not Place(shop.home).folder.exists()


def test_env_before_up_says_what_to_type(shop: Shop) -> None:
    done = shop.run("env")
    assert done.returncode == 2
    assert "shopctl local up" in done.stderr


USE = """
import boto3
print(boto3.client("sts").get_caller_identity()["Account"])
boto3.client("sqs").create_queue(QueueName="mine")
boto3.client("s3").create_bucket(Bucket="shop-mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
boto3.client("s3").put_object(Bucket="shop-mine", Key="a/b", Body=b"x")
print(boto3.client("ec2").describe_availability_zones()["AvailabilityZones"][0]["RegionName"])
"""


def test_a_shell_that_took_the_exports_reaches_the_local_cloud_and_nothing_else(shop: Shop, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[shop]\naws_access_key_id = AKIAREAL\naws_secret_access_key = x\n")
    hostile = {
        "AWS_PROFILE": "shop", "AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_SQS": "http://192.0.2.1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "HTTP_PROXY": "http://192.0.2.1:3128", "NO_PROXY": "example.org",
    }  # fmt: skip
    hostile_shop = replace(shop, environ=hostile)
    hostile_shop.data("up", "--port", "0")
    exports = hostile_shop.run("env", "--region", "eu-west-1").stdout
    script = f'eval "$EXPORTS" && {sys.executable} -c "$USE" && env'
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, **hostile, "EXPORTS": exports, "USE": USE},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[:2] == ["000000000000", "eu-west-1"], done.stderr
    assert "NO_PROXY=127.0.0.1,example.org" in done.stdout
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & {line.partition("=")[0] for line in done.stdout.splitlines()}
