"""`make shop` opens a whole shop, says how to use it, closes it, and comes back after it was killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
from urllib3 import BaseHTTPResponse, PoolManager

from standalone.home import MARK
from standalone.postgres import Postgres

PRODUCTS = 3
OPEN_SECONDS = 400
CLOSE_SECONDS = 120
ENDED_BY_SIGKILL = -9


@dataclass(frozen=True, slots=True)
class Opened:
    """A shop as whoever typed `make shop` has it before them."""

    process: subprocess.Popen[str]
    url: str
    said: str

    def get(self, path: str) -> BaseHTTPResponse:
        return PoolManager(retries=False, timeout=30).request("GET", self.url + path, redirect=False)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder for one shop. Whatever still works in it at the end is ended."""
    with tempfile.TemporaryDirectory(prefix="ms-") as folder:  # short: sockets have short paths
        Path(folder).chmod(0o755)
        path = Path(folder) / "shop"
        yield path
        for process in at_work(path):
            with suppress(psutil.Error):
                process.kill()
        Postgres(path / "postgres").stop("immediate")


@pytest.fixture(scope="module")
def opened(home: Path) -> Iterator[Opened]:
    """The shop, open for the first time."""
    shop = open_shop(home)
    yield shop
    shop.process.kill()
    shop.process.wait()


def test_it_says_how_to_use_it(opened: Opened, home: Path) -> None:
    password = (home / "owner-password").read_text(encoding="utf-8")
    for words in (opened.url, "owner@shop.example", password, "WELCOME10", "4242 4242 4242 4242", "Ctrl-C"):
        assert words in opened.said
    assert (home / "owner-password").stat().st_mode & 0o077 == 0


def test_it_shows_its_products_with_their_pictures(opened: Opened) -> None:
    cards = opened.get("/api/products").json()["cards"]
    assert len(cards) == PRODUCTS
    for card in cards:
        assert opened.get(f"/products/{card['slug']}").status == HTTPStatus.OK
        for key in (card["image_key"], card["image_key"].replace(".webp", "-400.webp")):
            picture = opened.get(f"/media/{key}")
            assert (picture.status, picture.headers["Content-Type"]) == (HTTPStatus.OK, "image/webp")


def test_its_owner_can_sign_in(opened: Opened, home: Path) -> None:
    password = (home / "owner-password").read_text(encoding="utf-8")
    answer = PoolManager(retries=False, timeout=30).request(
        "POST",
        f"{opened.url}/sign-in",
        fields={"email": "owner@shop.example", "password": password},
        encode_multipart=False,
        headers={"Origin": opened.url},
        redirect=False,
    )
    assert answer.status == HTTPStatus.SEE_OTHER
    assert "Set-Cookie" in answer.headers


def test_a_second_one_in_its_folder_is_refused_and_disturbs_nothing(opened: Opened, home: Path) -> None:
    code, said = run(home, "--port", "0")
    assert code == 2
    assert f"process {opened.process.pid}" in said
    assert "--home" in said
    assert opened.get("/api/categories").status == HTTPStatus.OK


def test_a_port_in_use_is_named_with_its_cure(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run(home.with_name("other"), "--port", str(port))
    assert code == 2
    assert f"port {port}" in said
    assert "make shop SHOP=" in said


def test_after_a_kill_it_opens_again_with_all_it_had_and_then_closes_without_a_trace(
    opened: Opened, home: Path
) -> None:
    left_before = at_work(home)
    assert "valkey-server" in {process.name() for process in left_before}
    opened.process.send_signal(signal.SIGKILL)
    assert opened.process.wait() == ENDED_BY_SIGKILL
    assert left_before  # its servers still work
    again = open_shop(home)
    assert "drawing" not in again.said
    assert "had left running" in again.said
    assert len(again.get("/api/products").json()["cards"]) == PRODUCTS
    assert not {process.pid for process in left_before} & {process.pid for process in at_work(home)}

    again.process.send_signal(signal.SIGINT)
    again.process.send_signal(signal.SIGINT)  # impatience does no harm
    assert again.process.wait(CLOSE_SECONDS) == 0
    assert has_ended(home)
    assert not Postgres(home / "postgres").is_running()


def test_ctrl_c_while_it_opens_leaves_nothing_running(home: Path) -> None:
    other = home.with_name("hurried")
    process = start(other)
    wait_for_words(process, other, "drawing the products")
    process.send_signal(signal.SIGINT)
    assert process.wait(CLOSE_SECONDS) == 0
    assert has_ended(other)
    assert not Postgres(other / "postgres").is_running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as somebody else")
def test_a_folder_that_nobody_may_pass_is_named_with_its_cure(home: Path) -> None:
    private = home.with_name("private")
    private.mkdir(mode=0o700)
    code, said = run(private / "shop", "--port", "0")
    assert code == 2
    assert f"may not pass {private}." in said
    assert "--home /var/tmp/shop" in said


def start(home: Path) -> subprocess.Popen[str]:
    home.parent.mkdir(parents=True, exist_ok=True)
    with words_of(home).open("w", encoding="utf-8") as output:
        return subprocess.Popen(
            command(home, "--port", "0", "--payments-port", "0"), stdout=output, stderr=output, text=True
        )


def open_shop(home: Path) -> Opened:
    process = start(home)
    said = wait_for_words(process, home, "Ctrl-C closes it")
    found = re.search(r"the shop is open: (http://\S+)", said)
    assert found is not None
    return Opened(process, found[1], said)


def run(home: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(command(home, *arguments), capture_output=True, text=True, timeout=OPEN_SECONDS, check=False)
    return done.returncode, done.stdout + done.stderr


def command(home: Path, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "standalone", "--home", str(home), "--products", str(PRODUCTS), *arguments)


def words_of(home: Path) -> Path:
    """The file that a shop's words go to."""
    return home.with_name(f"{home.name}.log")


def wait_for_words(process: subprocess.Popen[str], home: Path, words: str) -> str:
    until = time.monotonic() + OPEN_SECONDS
    while words not in (said := words_of(home).read_text(encoding="utf-8")):
        assert process.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said


def has_ended(home: Path) -> bool:
    """Whether no process of the shop works any more, or will in a moment: helpers of Python end after their parent."""
    until = time.monotonic() + 10
    while at_work(home) and time.monotonic() < until:
        time.sleep(0.05)
    return not at_work(home)


def at_work(home: Path) -> list[psutil.Process]:
    """The processes of the shop over this folder, but for PostgreSQL's."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            is_marked = process.environ().get(MARK) == str(home) or str(home) in process.cmdline()
            if (is_marked or Path(process.cwd()).is_relative_to(home)) and process.name() != "postgres":
                found.append(process)
    return found
