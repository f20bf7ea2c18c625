"""A terminal with shopctl in it, for what only happens in front of a person."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# A session has no terminal of its own at first; with one, Ctrl-C becomes a signal.
_SHOPCTL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from shopctl.main import main; main()"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PATIENCE_SECONDS = 60.0
REACTION_SECONDS = 0.3  # between a question and the first key; the program begins to listen just after it has asked


@dataclass(slots=True)
class Terminal:
    """What runs in it, and what it has shown so far, escape sequences included."""

    process: subprocess.Popen[bytes]
    controller: int
    raw: str = field(default="")

    @property
    def text(self) -> str:
        """What it has shown, without colours and movements of the cursor."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        """Wait until the text was shown."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} did not come: {self.text}"
            assert self._read(), f"{text!r} never came: {self.text}"

    def type(self, keys: str) -> None:
        """Press these keys, not before a person could."""
        time.sleep(REACTION_SECONDS)
        os.write(self.controller, keys.encode())

    def wait(self) -> int:
        """Wait for the end; returns the exit status."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def _read(self) -> bool:
        """Read what is there to be read; False once the program has closed the terminal."""
        assert select.select([self.controller], [], [], PATIENCE_SECONDS)[0], f"nothing more came: {self.text}"
        try:
            self.raw += os.read(self.controller, 65536).decode(errors="replace")
        except OSError:  # Linux says so of a terminal that nobody has open any more
            return False
        return True


@contextmanager
def shopctl_in_a_terminal(
    *arguments: str, cwd: Path, environ: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Terminal]:
    """Run shopctl with all its streams on a terminal of this size, in a session of its own."""
    controller, own = pty.openpty()
    fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    command = [sys.executable, "-c", _SHOPCTL, *arguments]
    kept = {name: value for name, value in environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    process = subprocess.Popen(
        command, cwd=cwd, env={**kept, "TERM": "xterm-256color"}, stdin=own, stdout=own, stderr=own,
        start_new_session=True,
    )  # fmt: skip
    os.close(own)
    try:
        yield Terminal(process, controller)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
