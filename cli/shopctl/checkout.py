"""Which revision of the code this is, asked of git."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, and whether anything below terraform/ differs from it. ``commit`` is "none" outside of git."""

    commit: str
    dirty: bool


def read_revision(root: Path) -> Revision:
    """Read the revision of the checkout at ``root``; a folder that is no checkout has none. Changes nothing."""
    git = shutil.which("git")
    commit = _ask(git, root, "rev-parse", "HEAD") if git else None
    if git is None or commit is None:
        return Revision("none", dirty=False)
    return Revision(commit, dirty=bool(_ask(git, root, "status", "--porcelain", "--", "terraform")))


def _ask(git: str, root: Path, *question: str) -> str | None:
    # The questions are the two above; the binary is the one on the user's PATH.
    answer = subprocess.run(  # noqa: S603 - a fixed list of arguments, no shell
        [git, "-C", str(root), *question], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() if answer.returncode == 0 else None
