"""What tests of the command line start from: the real entry point, a real local cloud, a checkout of their own."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from localcloud.client import LocalCloud
from shopctl.checkov import find_checkov, start_scan
from shopctl.main import run
from support.cloud_process import Server
from support.command_line import CommandLine
from support.environments import PROJECT

WIDTH = "80"
_ACCOUNTS = count(300_000_000_001)
SET_UP = Path(os.environ.get("SHOPCTL_HOME") or PROJECT / ".shopctl")  # where `make setup` has installed checkov
CHECKOV = str(SET_UP / "gate-venv" / "bin" / "checkov")


@pytest.fixture(autouse=True)
def plain_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, no colour, a fixed width, and nothing of this machine's own AWS or shopctl settings."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SHOPCTL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for name, value in {"COLUMNS": WIDTH, "NO_COLOR": "1", "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SHOPCTL_CHECKOV", CHECKOV)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project's Terraform code and environments, to be edited."""
    ignored = shutil.ignore_patterns(".terraform", "tests", "*.tfstate*")
    shutil.copytree(PROJECT / "terraform", tmp_path / "checkout" / "terraform", ignore=ignored)
    return tmp_path / "checkout"


@pytest.fixture
def shop(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """The command line without a local cloud."""
    return _open(CommandLine(checkout, tmp_path / "home", capsys), monkeypatch)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One local cloud for the tests of the command line; each environment with an account of its own is apart."""
    server = Server(tmp_path_factory.mktemp("cli") / "home")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def bootstrapped(shared_server: Server) -> Server:
    """The same cloud with the committed environment `local` bootstrapped in it, and nothing deployed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPCTL_HOME", str(shared_server.place.home))
        patch.chdir(PROJECT)
        assert run(["bootstrap", "--json"]) == 0
    return shared_server


@pytest.fixture(scope="session")
def scanned(shared_server: Server) -> None:
    """checkov's result for the code as it is, kept in the shared work folder: an earlier one, or one made now."""
    home = shared_server.place.home
    if (SET_UP / "checkov").is_dir():
        shutil.copytree(SET_UP / "checkov", home / "checkov", ignore=shutil.ignore_patterns(".*"))
    environ = {**os.environ, "SHOPCTL_CHECKOV": CHECKOV}
    start_scan(PROJECT / "terraform", home, find_checkov(home, environ), environ).result()


@pytest.fixture
def cloud(shared_server: Server) -> Iterator[LocalCloud]:
    """The shared cloud from outside; faults are lifted after the test."""
    cloud = LocalCloud(shared_server.runtime.endpoint)
    yield cloud
    cloud.lift()


@pytest.fixture
def cloud_shop(
    checkout: Path,
    bootstrapped: Server,
    cloud: LocalCloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    """The command line beside the shared cloud, in which `local` is bootstrapped."""
    return _open(CommandLine(checkout, bootstrapped.place.home, capsys), monkeypatch)


@pytest.fixture
def own_account(cloud_shop: CommandLine) -> str:
    """An account of the test's own in the shared cloud, bootstrapped: what happens there no other test sees."""
    account = f"{next(_ACCOUNTS):012d}"
    cloud_shop.edit('account: "000000000000"', f'account: "{account}"')
    assert cloud_shop("bootstrap").code == 0
    return account


def _open(shop: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.chdir(shop.root)
    monkeypatch.setenv("SHOPCTL_HOME", str(shop.home))
    return shop
