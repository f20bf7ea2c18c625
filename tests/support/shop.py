"""A shop on a local cloud of its own: what an operator types, what stands, and ways to cut things off.

Everything runs as a user would have it: shopctl in processes of its own, below a work folder of its own, and stock
boto3 with nothing but the local cloud's environment. What a shop starts it ends by the ids that it noted.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from localcloud import control
from localcloud.client import LocalCloud
from localcloud.place import Place
from shopctl.stacks import StackId
from support.environments import PROJECT, graph_of

ENV: Final = "local"
STACKS: Final = tuple(str(stack.id) for stack in graph_of(ENV))
BASE_DR, BASE, SITE, SITE_DR, EDGE = STACKS
_SHOPCTL: Final = Path(sys.executable).with_name("shopctl")
_POLL_SECONDS: Final = 0.02
_LONGEST_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended: its exit code, its envelope, and what it said to people."""

    exit_code: int
    envelope: Mapping[str, Any]
    said: str

    @property
    def data(self) -> Any:
        """What the command found or did."""
        return self.envelope["data"]

    @property
    def error(self) -> Mapping[str, Any]:
        """The error: code, reason, fix, retryable."""
        errors: list[Mapping[str, Any]] = self.envelope["errors"]
        assert errors, f"no error, but exit {self.exit_code}:\n{self.said}"
        return errors[0]

    def succeeded(self) -> Answer:
        """This answer, if the command is done; else the test fails with all that was said."""
        assert self.exit_code == 0, f"exit {self.exit_code}: {self.envelope.get('errors')}\n{self.said}"
        return self


class Command:
    """One shopctl under way."""

    def __init__(self, shop: Shop, words: tuple[str, ...], number: int) -> None:
        self.words = words
        self._shop = shop
        self._output = shop.logs / f"{number:02d}-{words[0]}.out"
        self._errors = self._output.with_suffix(".err")
        self.begun = time.time()
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [_SHOPCTL, *words, "--json"],
                cwd=shop.checkout,
                env=shop.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def said(self) -> str:
        """What it said to people so far."""
        return self._errors.read_text(errors="replace")

    def wait(self, seconds: float = _LONGEST_SECONDS) -> Answer:
        """Wait for its end."""
        code = self._process.wait(seconds)
        text = self._output.read_text()
        return Answer(code, json.loads(text) if text else {"errors": [], "data": {}}, self.said)

    def wait_until(self, reached: Callable[[], bool], what: str = "the moment") -> None:
        """Wait until something holds while the command runs; fails where the command ends before."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not reached():
            assert self.is_running, f"{self} ended before {what}:\n{self.said}\n{self._output.read_text()}"
            assert time.monotonic() < deadline, f"{what} never came:\n{self.said}"
            time.sleep(_POLL_SECONDS)

    def wait_until_said(self, text: str) -> None:
        """Wait until it says something."""
        self.wait_until(lambda: text in self.said, f"it said {text!r}")

    def kill(self) -> None:
        """End it as a power cut would; what it started goes on."""
        self.send(signal.SIGKILL)
        self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def __str__(self) -> str:
        return f"shopctl {' '.join(self.words)} (pid {self.pid})"


class Shop:
    """The environment ``local`` below one work folder, as a checkout has it."""

    def __init__(self, home: Path, checkout: Path = PROJECT) -> None:
        self.home = home
        self.checkout = checkout
        self.logs = home / "spoken"
        self.logs.mkdir(parents=True)
        self._commands: list[Command] = []
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._making = threading.Lock()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "SHOPCTL_"))}
        self.environment = kept | {"SHOPCTL_HOME": str(home)} | _checkov()

    # What an operator types.

    def run(self, *words: str) -> Answer:
        """Type a command and wait for its end."""
        return self.start(*words).wait()

    def start(self, *words: str) -> Command:
        """Type a command and go on."""
        command = Command(self, words, len(self._commands))
        self._commands.append(command)
        return command

    def up(self) -> LocalCloud:
        """Start the local cloud, at first on a free port, later on the same one."""
        first = Place(self.home).last_port() is None
        self.run("local", "up", *(("--port", "0") if first else ())).succeeded()
        return self.cloud

    def open(self) -> Shop:
        """Start the local cloud and bootstrap the environment."""
        self.up()
        self.run("bootstrap").succeeded()
        return self

    def deploy(self, *stacks: str) -> Answer:
        """Deploy everything, or some stacks."""
        return self.run("deploy", "--yes", *_chosen(stacks)).succeeded()

    def close(self) -> None:
        """End everything that was started here: commands, their Terraforms, the local cloud."""
        self.cut_power()
        control.stop(self.home)

    def cut_power(self) -> None:
        """End everything that was started here but the local cloud, as a power cut would."""
        for command in self._commands:
            if command.is_running:
                command.kill()
        for process in self.children():
            _end(process)

    # What stands.

    @property
    def cloud(self) -> LocalCloud:
        """The local cloud: faults, and stock boto3 clients."""
        runtime = Place(self.home).runtime()
        assert runtime is not None, "the local cloud does not run"
        return LocalCloud(runtime.endpoint, runtime.account)

    def client(self, service: str, region: str) -> Any:
        """A stock boto3 client."""
        with self._making:  # boto3 makes one client at a time
            key = (self.cloud.endpoint, service, region)
            if key not in self._clients:
                self._clients[key] = self.cloud.client(service, region)
            return self._clients[key]

    def region(self, stack: str) -> str:
        """The region of a stack."""
        return graph_of(ENV).get(StackId.parse(stack)).region

    def kill_cloud(self) -> None:
        """End the local cloud as a power cut would."""
        runtime = Place(self.home).runtime()
        process = runtime.process() if runtime else None
        assert process is not None, "the local cloud does not run"
        process.kill()
        process.wait()

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """Every object of a bucket, by key; one that is deleted meanwhile, as a lock is, is left out."""
        s3 = self.client("s3", "eu-central-1")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = {}
        for key in [item["Key"] for page in pages for item in page.get("Contents", ())]:
            with contextlib.suppress(s3.exceptions.NoSuchKey):
                found[key] = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return found

    def state(self, stack: str) -> dict[str, Any]:
        """A stack's state as Terraform wrote it; empty where there is none."""
        address = graph_of(ENV).get(StackId.parse(stack)).state
        found = self.objects(address.bucket, address.key)
        return dict(json.loads(found[address.key])) if address.key in found else {}

    def is_locked(self, stack: str) -> bool:
        """Whether somebody holds the lock of a stack's state."""
        address = graph_of(ENV).get(StackId.parse(stack)).state
        return f"{address.key}.tflock" in self.objects(address.bucket, address.key)

    # What Terraform does.

    def work(self, stack: str) -> Path:
        """The folder that Terraform works in for a stack."""
        return self.home / ENV / stack

    def children(self) -> Iterator[psutil.Process]:
        """Every Terraform and every provider that works below this work folder."""
        for process in psutil.process_iter(["name"]):
            if process.info["name"].startswith("terraform") and _is_below(process, self.home):
                yield process

    def terraform(self, stack: str, command: str = "apply") -> psutil.Process | None:
        """The process of a Terraform command of a stack, if it runs."""
        for process in self.children():
            try:
                words = process.cmdline()
                if words[1:2] == [command] and process.cwd().startswith(f"{self.work(stack)}/"):
                    return process
            except (psutil.NoSuchProcess, IndexError):
                continue
        return None

    def messages(self, stack: str, command: str = "apply", since: float = 0.0) -> list[dict[str, Any]]:
        """What a stack's newest Terraform of a kind said, if it began after a moment in seconds since the epoch."""
        log = self.work(stack) / "logs" / f"{command}.jsonl"
        try:
            if log.stat().st_ctime < since:
                return []
            lines = log.read_text().splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def done(self, stack: str, since: float = 0.0) -> int:
        """How many resources the newest apply of a stack has finished, if it began after a moment."""
        return sum(message.get("type") == "apply_complete" for message in self.messages(stack, since=since))


def _chosen(stacks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for stack in stacks for word in ("--stack", stack))


def _checkov() -> dict[str, str]:
    """Let every work folder use the one checkov that the project's set-up installed."""
    home = Path(os.environ.get("SHOPCTL_HOME", PROJECT / ".shopctl"))
    installed = home / "gate-venv" / "bin" / "checkov"
    return {"SHOPCTL_CHECKOV": str(installed)} if installed.is_file() else {}


def _is_below(process: psutil.Process, home: Path) -> bool:
    try:
        return process.cwd().startswith(f"{home}/")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _end(process: psutil.Process) -> None:
    try:
        process.kill()
        process.wait(10)
    except psutil.NoSuchProcess:
        return


def tell(text: str) -> None:
    """Say what a test met; pytest shows it beside a failure, and with -s at once."""
    print(text, flush=True)  # noqa: T201 - what a test met is for whoever reads its output
