"""Terraform at work on a copy of the project's configuration."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Bench:
    """A copy of ``terraform/`` and the environment in which Terraform runs on it."""

    root: Path
    environment: Mapping[str, str]

    def with_environment(self, more: Mapping[str, str]) -> Bench:
        """The same copy in another environment."""
        return Bench(self.root, {**self.environment, **more})

    def run(self, folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run terraform in a folder of the copy; it leaves the processor to the whole-life tests beside it, which are
        the longest chain of all tests."""
        return subprocess.run(
            ["nice", "-n", "10", "terraform", *arguments],
            cwd=self.root / folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def init(self, folder: str) -> None:
        """Install modules and provider; a committed lock file must fit as it is."""
        locked = (self.root / folder / ".terraform.lock.hcl").exists()
        result = self.run(folder, "init", "-backend=false", *(["-lockfile=readonly"] if locked else []))
        assert result.returncode == 0, result.stdout + result.stderr

    def test(self, folder: str, *options: str) -> list[dict[str, Any]]:
        """Run Terraform's own tests and return what it reported, message by message."""
        result = self.run(folder, "test", "-json", *options)
        messages = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        assert result.returncode == 0, "\n".join(_faults(messages)) or result.stdout + result.stderr
        return messages


def _faults(messages: list[dict[str, Any]]) -> Iterator[str]:
    """The failed runs and the diagnostics among Terraform's messages, as lines."""
    for message in messages:
        if message["@level"] == "error":
            diagnostic = message.get("diagnostic", {})
            yield f"{message.get('@testrun', '')}: {message['@message']} {diagnostic.get('detail', '')}"
