"""Running Terraform's processes: output to files, one SIGINT at most, never a kill.

A pipe would break when shopctl is killed, and Terraform would die at its next message with its state
unwritten; a file lets it go on and finish. So that the terminal's Ctrl-C does not reach it beside the one
that is forwarded ("two interrupts received, exiting immediately"), each runs in a session of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from shopctl.errors import Interrupted
from shopctl.files import PRIVATE_FILE, explain
from shopctl.process import Process, identify

_TAIL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Command:
    """One call of a program: what runs where, and the files that take its output."""

    name: str
    stack: str
    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    output: Path
    errors: Path


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: the exit code, negative for a signal, and whether we had asked it to stop."""

    code: int
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Running:
    """A command under way; ``doing`` are the addresses that it works on now."""

    process: Process
    command: str
    stack: str
    doing: tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Child:
    command: Command
    popen: subprocess.Popen[bytes]
    process: Process
    doing: dict[str, None] = field(default_factory=dict)
    interrupted: bool = False

    def forward_interrupt(self) -> None:
        if not self.interrupted:
            self.interrupted = True
            # It may have ended in this instant; then there is nobody left to tell.
            with contextlib.suppress(ProcessLookupError):
                self.popen.send_signal(signal.SIGINT)


class Crew:
    """The commands of one shopctl that run now. Safe to use from several threads and a signal handler."""

    def __init__(self) -> None:
        # A signal handler may run while its own thread holds the lock.
        self._lock = threading.RLock()
        self._children: list[_Child] = []
        self._stopping = False

    @property
    def running(self) -> tuple[Running, ...]:
        """What runs now and what each command works on."""
        with self._lock:
            return tuple(
                Running(child.process, child.command.name, child.command.stack, tuple(child.doing))
                for child in self._children
            )

    @property
    def is_stopping(self) -> bool:
        """Whether ``interrupt`` was called."""
        return self._stopping

    def interrupt(self) -> tuple[Running, ...]:
        """Ask every command to stop, once, and refuse new ones; later calls only say what is waited for."""
        self._stopping = True
        with self._lock:
            for child in self._children:
                child.forward_interrupt()
        return self.running

    def run(
        self,
        command: Command,
        busy: int,
        on_line: Callable[[str, dict[str, None]], None],
        on_start: Callable[[Process], None],
    ) -> Ended:
        """Run a command to its end, handing each line of its output to ``on_line`` on the calling thread.

        ``busy`` is a descriptor that the child inherits. ``on_line`` also gets the set of addresses under way,
        to keep current. Where a callback raises, the command is interrupted and waited for first.
        Raises: Interrupted where ``interrupt`` was called before; DiskFull.
        """
        child = self._start(command, busy)
        try:
            on_start(child.process)
            self._follow(child, on_line)
        except BaseException:
            # Terraform must neither go on unattended nor die before it has written its state.
            child.forward_interrupt()
            _wait_to_the_end(child.popen)
            raise
        finally:
            with self._lock:
                self._children.remove(child)
        return Ended(code=child.popen.returncode, interrupted=child.interrupted)

    def _start(self, command: Command, busy: int) -> _Child:
        if self._stopping:
            raise Interrupted(
                f"terraform {command.name} of {command.stack} was not started: the run is stopping",
                "go on: shopctl resume",
            )
        with _create(command.output) as output, _create(command.errors) as errors, self._lock:
            popen = subprocess.Popen(  # noqa: S603 - a list that we built; there is no shell
                command.argv,
                cwd=command.cwd,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                umask=0o077,
                pass_fds=(busy,),
            )
            child = _Child(command, popen, identify(popen.pid))
            self._children.append(child)
        # The signal may have come between the first look and the registration.
        if self._stopping:
            child.forward_interrupt()
        return child

    def _follow(self, child: _Child, on_line: Callable[[str, dict[str, None]], None]) -> None:
        with child.command.output.open("rb") as file:
            rest = b""
            ended = False
            while not ended:
                # Ask first, read then: what was written before the end is never missed.
                ended = child.popen.poll() is not None
                *lines, rest = (rest + file.read()).split(b"\n")
                for line in lines:
                    on_line(line.decode(errors="replace"), child.doing)
                if not ended:
                    time.sleep(_TAIL_SECONDS)
        if rest:
            on_line(rest.decode(errors="replace"), child.doing)


def _create(path: Path) -> BinaryIO:
    """Open a private file to write; an earlier one may still be written to, so it is replaced, not cut."""
    try:
        path.unlink(missing_ok=True)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, PRIVATE_FILE), "wb")
    except OSError as error:
        explain(error, path)


def _wait_to_the_end(popen: subprocess.Popen[bytes]) -> None:
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            popen.wait()
            return
