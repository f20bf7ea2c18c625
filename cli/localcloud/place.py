"""Where a local cloud keeps its files, and what it says there about itself."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

RUNTIME_FORMAT = 1
# Linux derives a process's start from the boot time, which moves when the clock is set.
_START_TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """A local cloud as it runs. ``started`` is the process's creation, in seconds since the epoch."""

    endpoint: str
    pid: int
    started: float
    account: str
    log: str
    format: int = RUNTIME_FORMAT

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.endpoint.rpartition(":")[2])

    def process(self) -> psutil.Process | None:
        """The process, or None when it has ended; a stranger that got its pid isn't it."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.started) < _START_TOLERANCE_SECONDS
            return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one local cloud, all in ``<home>/localcloud``."""

    home: Path

    @property
    def folder(self) -> Path:
        """Holds everything below; mode 0700."""
        return self.home / "localcloud"

    @property
    def runtime_file(self) -> Path:
        """Says where the cloud listens; left behind when it is killed."""
        return self.folder / "server.json"

    @property
    def state(self) -> Path:
        """The last checkpoint."""
        return self.folder / "state.sqlite"

    @property
    def port_file(self) -> Path:
        """The port of the last run: addresses that the cloud gave out name it, so the next run takes it again."""
        return self.folder / "port"

    @property
    def lock_file(self) -> Path:
        """Locked by the running process: two on one state would ruin it."""
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        """What the process wrote."""
        return self.folder / "log.txt"

    @property
    def scratch(self) -> Path:
        """Temporary files."""
        return self.folder / "tmp"

    def make(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write_runtime(self, runtime: Runtime) -> None:
        """Say, whole or not at all, where the cloud listens."""
        draft = self.runtime_file.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(runtime), indent=2) + "\n")
        draft.replace(self.runtime_file)
        self.port_file.write_text(f"{runtime.port}\n")

    def runtime(self) -> Runtime | None:
        """The cloud that runs here, or None. Raises ValueError when the file makes no sense."""
        try:
            runtime = Runtime(**json.loads(self.runtime_file.read_text()))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.runtime_file} can't be read: {error}") from error
        return runtime if runtime.process() else None

    def state_bytes(self) -> int:
        """How much the state takes on disk; 0 when there is none."""
        return sum(file.stat().st_size for file in self.folder.glob(f"{self.state.name}*"))

    def last_port(self) -> int | None:
        """The port of the last run, or None before the first."""
        try:
            return int(self.port_file.read_text())
        except (FileNotFoundError, ValueError):
            return None


def this_process(endpoint: str, account: str, log: Path) -> Runtime:
    """The runtime of the process that calls."""
    return Runtime(endpoint, os.getpid(), psutil.Process().create_time(), account, str(log))
