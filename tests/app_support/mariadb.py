"""A real MariaDB, which stands in for MySQL: Debian's binaries over a folder of their own, reached by a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
START_SECONDS = 60
STOP_SECONDS = 30
USER = "shop"
PASSWORD = "the socket asks for one here"  # noqa: S105 - opens a server of these tests only


def mariadb_is_installed() -> bool:
    """Return whether its programs are here."""
    return all(shutil.which(name, path=PATH) for name in ("mariadbd", "mariadb-install-db"))


class MariaDb:
    """One server over one folder. ``socket`` is the DB_HOST of those who connect."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "sock"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the folder a database where it is none yet, and start the server."""
        user = "--user=root" if os.geteuid() == 0 else f"--user={os.environ.get('USER', 'nobody')}"
        if not (self.folder / "data").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            install = ("mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data", user)
            self._run(*install, "--auth-root-authentication-method=normal", "--skip-test-db")
        log = (self.folder / "mariadb.log").open("ab")
        self._server = subprocess.Popen(
            (
                str(shutil.which("mariadbd", path=PATH)),
                *("--no-defaults", user, f"--datadir={self.folder}/data", f"--socket={self.socket}"),
                *("--skip-networking", f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=0"),
                *("--innodb-buffer-pool-size=64M", "--max-connections=200"),
                # As RDS makes databases for the shop: every language, and binary logs with triggers.
                *("--character-set-server=utf8mb4", "--log-bin", "--binlog-format=ROW"),
                *("--log-bin-trust-function-creators=1",),
            ),
            stdout=log,
            stderr=log,
        )
        self._wait()
        self.execute(f"GRANT ALL ON *.* TO '{USER}'@'localhost' IDENTIFIED BY '{PASSWORD}'")

    def stop(self) -> None:
        """End the server like a power cut: nothing of it is kept."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(STOP_SECONDS)
            self._server = None

    def create_database(self, name: str) -> None:
        """Make an empty database."""
        self.execute(f"CREATE DATABASE `{name}`")

    def execute(self, statements: str) -> None:
        """Run statements as the administrator."""
        self._run("mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e", statements)

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        ping = ("mariadb-admin", "--no-defaults", f"--socket={self.socket}", "-u", "root", "ping")
        while subprocess.run(ping, env={"PATH": PATH}, capture_output=True, check=False).returncode != 0:
            if time.monotonic() > until or (self._server is not None and self._server.poll() is not None):
                raise RuntimeError(f"MariaDB does not start, see {self.folder}/mariadb.log")
            time.sleep(0.05)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, env={"PATH": PATH}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")
