"""A small disk of its own below a folder, which a test may fill."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Disk:
    """A file system in memory, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def mount(self, megabytes: int) -> None:
        """Mount it, where this machine lets a test do so; else the folder stays on the disk that it is on."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = f"size={megabytes}m,mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], capture_output=True, check=False)

    @property
    def is_mounted(self) -> bool:
        """Whether it can be filled without harm to anybody else."""
        return self.folder.is_mount()

    def fill(self) -> None:
        """Leave no room."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12):
                try:
                    while ballast.write(os.urandom(size)) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()

    def unmount(self) -> None:
        """Take it away with all that is on it."""
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", self.folder], check=True)
