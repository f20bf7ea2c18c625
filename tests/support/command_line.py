"""The command line through its real entry point, in this process."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shopctl.main import run


@dataclass(frozen=True)
class Said:
    """How one command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def data(self) -> dict[str, Any]:
        """What a command that succeeded says to a machine."""
        assert self.code == 0, self.out + self.err
        data: dict[str, Any] = self.envelope["data"]
        return data

    @property
    def error(self) -> dict[str, Any]:
        """The one error of the envelope."""
        (error,) = self.envelope["errors"]
        found: dict[str, Any] = error
        return found


@dataclass(frozen=True)
class CommandLine:
    """The command line as somebody types it in a checkout; ``root`` is that, ``home`` its work folder."""

    root: Path
    home: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Said:
        self.capsys.readouterr()
        code = run(arguments)
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    def spec(self, env: str = "local") -> Path:
        """The env.yaml of an environment."""
        return self.root / "terraform" / "envs" / env / "env.yaml"

    def edit(self, pattern: str, text: str, env: str = "local") -> None:
        """Replace a pattern, which must be there, in an env.yaml."""
        edited, count = re.subn(pattern, text, self.spec(env).read_text(encoding="utf-8"))
        assert count, f"{pattern!r} is not in env.yaml"
        self.spec(env).write_text(edited, encoding="utf-8")
