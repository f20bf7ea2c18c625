"""Starting and stopping the provider's process beside a shop."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

START_SECONDS = 30
STOP_SECONDS = 10


class PaymentProcess:
    """A provider over a folder that it remembers everything in. ``webhook`` is where it tells of what happens."""

    def __init__(
        self, folder: Path, port: int, *, api_key: str, webhook_secret: str, webhook: str | None = None
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        place = ("--port", str(port), "--state", str(folder), *(("--webhook", webhook) if webhook else ()))
        self._command = (sys.executable, "-m", "standalone.payments", *place)
        self._secrets = {"PAYMENT_API_KEY": api_key, "PAYMENT_WEBHOOK_SECRET": webhook_secret}
        self._process: subprocess.Popen[bytes] | None = None

    def settings(self) -> Mapping[str, str]:
        """Return what a shop is told that takes its money here."""
        return {**self._secrets, "PAYMENT_API_BASE": self.url, "PAYMENT_PAGE_ORIGIN": self.url}

    def start(self) -> None:
        """Start the process, and return when it answers. Raises: RuntimeError if it does not."""
        self._process = subprocess.Popen(
            self._command, env={**os.environ, **self._secrets}, stdout=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(HTTPError):
                if PoolManager(retries=False, timeout=5).request("GET", f"{self.url}/health").status == HTTPStatus.OK:
                    return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"no payment provider answers at {self.url}")

    def stop(self) -> None:
        """Ask the process to end, and wait. Does nothing if it never started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
