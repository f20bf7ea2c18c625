"""Starting and stopping the local cloud as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import psutil

from localcloud.place import Place, Runtime

DEFAULT_PORT = 4566
START_SECONDS = 60.0
STOP_SECONDS = 20.0
_LOG_BYTES = 4_000_000


class Exit(IntEnum):
    """The exit status of the local cloud's process."""

    DONE = 0
    PORT_TAKEN = 10
    PLACE_TAKEN = 11
    FOREIGN_STATE = 12


class StartFailed(Exception):
    """The process didn't come up; the text says why."""


class PortTaken(StartFailed):
    """Another program listens on the port."""

    def __init__(self, port: int, holder: str) -> None:
        super().__init__(f"port {port} on 127.0.0.1 is taken{holder}")
        self.port = port


class StateUnreadable(StartFailed):
    """The saved state was written by another version."""


@dataclass(frozen=True, slots=True)
class Started:
    """A running local cloud, and whether it ran before."""

    runtime: Runtime
    was_running: bool


def start(home: Path, port: int | None = None) -> Started:
    """Start the local cloud of this home directory unless it runs, and return when it accepts requests.

    Without a port it takes the one of its last run, at first 4566; 0 takes a free one.
    Raises: StartFailed, PortTaken, StateUnreadable; ValueError when the runtime file makes no sense.
    """
    place = Place(home.resolve())
    if runtime := place.runtime():
        return Started(runtime, was_running=True)
    place.make()
    if port is None:
        port = place.last_port() or DEFAULT_PORT
    process = _spawn(place, port)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        # Whoever started first wins: where another process holds the place, its cloud is waited for.
        if (status := process.poll()) not in (None, Exit.PLACE_TAKEN):
            raise _failure(place, port, status)
        if runtime := place.runtime():
            return Started(runtime, was_running=runtime.pid != process.pid)
        time.sleep(0.05)
    process.kill()
    raise StartFailed(f"the local cloud was not ready after {START_SECONDS:.0f} s:\n{_last_lines(place.log)}")


def stop(home: Path) -> bool:
    """Stop the local cloud and wait for its end; its state stays. False when it didn't run."""
    runtime = Place(home.resolve()).runtime()
    process = runtime.process() if runtime else None
    if process is None:
        return False
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()  # costs nothing: what was acknowledged is on disk
        process.wait(STOP_SECONDS)
    return True


def wipe(home: Path) -> None:
    """Delete all state of a local cloud that doesn't run."""
    shutil.rmtree(Place(home.resolve()).folder, ignore_errors=True)


def environment(runtime: Runtime, region: str, environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What to set, and what of ``environ`` to unset, so that AWS's tools find the local cloud and nothing else. Pure.

    Source: AWS SDKs and Tools Reference Guide, "Environment variables list"; the access key id is the account, as
    ministack reads it.
    """
    past_proxy = [name for name in environ.get("NO_PROXY", "").split(",") if name not in ("", "127.0.0.1")]
    variables = {
        "AWS_ENDPOINT_URL": runtime.endpoint,
        "AWS_ACCESS_KEY_ID": runtime.account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": ",".join(["127.0.0.1", *past_proxy]),
    }
    return variables, tuple(sorted(name for name in environ if name.startswith("AWS_") and name not in variables))


def _spawn(place: Place, port: int) -> subprocess.Popen[bytes]:
    """Start the process in a session of its own: a Ctrl-C meant for the starter doesn't reach it."""
    command = [sys.executable, "-m", "localcloud", "--home", str(place.home), "--port", str(port)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    too_long = place.log.exists() and place.log.stat().st_size > _LOG_BYTES
    with place.log.open("wb" if too_long else "ab") as log:
        return subprocess.Popen(  # noqa: S603 - this package's own module
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=kept, cwd=place.home, start_new_session=True
        )


def _failure(place: Place, port: int, status: int | None) -> StartFailed:
    match status:
        case Exit.PORT_TAKEN:
            return PortTaken(port, _holder(port))
        case Exit.FOREIGN_STATE:
            return StateUnreadable(_last_lines(place.log, 1))
        case _:
            return StartFailed(f"the local cloud ended with status {status}:\n{_last_lines(place.log)}")


def _holder(port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    try:
        listening = [one for one in psutil.net_connections("tcp4") if one.status == psutil.CONN_LISTEN and one.pid]
        names = {f"{psutil.Process(one.pid).name()} (pid {one.pid})" for one in listening if one.laddr[1:] == (port,)}
    except psutil.Error:
        names = set()
    return f" by {', '.join(sorted(names))}" if names else ""


def _last_lines(log: Path, count: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
