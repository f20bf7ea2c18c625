"""A real local cloud in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from localcloud.client import LocalCloud
from localcloud.place import Place, Runtime


class Server:
    """The process of one local cloud, which a test may kill and start again on the same home directory."""

    def __init__(self, home: Path) -> None:
        self.place = Place(home)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, port: int = 0) -> LocalCloud:
        """Start it, strict about its own replies, and return when it accepts requests."""
        command = [sys.executable, "-m", "localcloud", "--strict", "--home", str(self.place.home), "--port", str(port)]
        self.place.make()
        with self.place.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while not (runtime := self.place.runtime()):
            assert self._process.poll() is None, self.place.log.read_text()
            time.sleep(0.02)
        return LocalCloud(runtime.endpoint)

    @property
    def runtime(self) -> Runtime:
        """Where it runs."""
        runtime = self.place.runtime()
        assert runtime is not None
        return runtime

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for its own end; returns the exit status."""
        assert self._process is not None
        return self._process.wait(30)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)
            self._process.wait(30)
