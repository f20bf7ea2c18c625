"""The door to the file system: where things live, and writes that are whole or absent.

Everything below the work folder may name an account's resources or hold a saved plan, so folders are
made with mode 0700 and files with 0600.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from shopctl.errors import ExitCode, PrerequisiteError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class DiskFull(PrerequisiteError):
    """The file system of the work folder has no room left; nothing was half written."""

    code = "disk_full"
    exit_code = ExitCode.FAILED
    retryable = True


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the project and its work folder are."""

    root: Path
    home: Path

    @property
    def terraform(self) -> Path:
        """The folder of modules, stacks and environments."""
        return self.root / "terraform"

    @property
    def envs(self) -> Path:
        """The folder that holds one folder per environment."""
        return self.terraform / "envs"

    def spec(self, env: str) -> Path:
        """The env.yaml of an environment; it need not exist."""
        return self.envs / env / "env.yaml"

    def waivers(self, env: str) -> Path:
        """The waivers.yaml of an environment; it need not exist."""
        return self.envs / env / "waivers.yaml"

    def work(self, env: str) -> Path:
        """The private folder of an environment below the work folder; it need not exist."""
        return self.home / env


def find_paths(cwd: Path, environ: Mapping[str, str]) -> Paths:
    """Find the project around ``cwd``, else the checkout that this package was installed from.

    The work folder is ``$SHOPCTL_HOME``, else ``.shopctl`` in the project root. Makes nothing.
    Raises: PrerequisiteError where neither place holds ``terraform/envs``.
    """
    checkout = Path(__file__).resolve().parents[2]
    here = cwd.resolve()
    root = next((place for place in (here, *here.parents, checkout) if (place / "terraform" / "envs").is_dir()), None)
    if root is None:
        raise PrerequisiteError(
            f"no shop project here: neither {here} nor a folder above it holds terraform/envs",
            "change to the checkout of the shop's platform and run the command again",
        )
    chosen = environ.get("SHOPCTL_HOME")
    home = (here / Path(chosen).expanduser()).resolve() if chosen else root / ".shopctl"
    return Paths(root=root, home=home)


def make_private_folder(path: Path) -> Path:
    """Make a folder and its missing parents with mode 0700 and return it.

    Raises: DiskFull; PrerequisiteError where the folder cannot be made.
    """
    try:
        for missing in reversed([place for place in (path, *path.parents) if not place.exists()]):
            missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(PRIVATE_FOLDER)
    except OSError as error:
        explain(error, path)
    return path


def atomic_write(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Replace a file so that a reader, or a crash at any point, sees the old or the new content whole.

    The content is on the disk when this returns. Makes missing parent folders, private.
    Raises: DiskFull; PrerequisiteError where the place cannot be written.
    """
    make_parent(path)
    draft: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        explain(error, path)


def make_parent(path: Path) -> None:
    """Make the folder that a file is about to be written to, private, if it is missing."""
    if not path.parent.is_dir():
        make_private_folder(path.parent)


def digest_file(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_tree(folder: Path, *, keep: Callable[[Path], bool] = lambda _: True) -> str:
    """The SHA-256 over names and contents of all files in a folder, in hex; the same on every machine.

    ``keep`` is asked with each path relative to the folder. Owners, modes and times do not count.
    """
    digest = hashlib.sha256()
    for path in list_files(folder, keep=keep):
        digest.update(f"{path.as_posix()}\0{digest_file(folder / path)}\n".encode())
    return digest.hexdigest()


def list_files(folder: Path, *, keep: Callable[[Path], bool] = lambda _: True) -> tuple[Path, ...]:
    """The files below a folder as sorted relative paths; a folder that is not there has none."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(path for path in found if keep(path)))


def free_bytes(path: Path) -> int:
    """The room left, in bytes, on the file system that holds a path or its nearest existing parent."""
    place = next(place for place in (path, *path.parents) if place.exists())
    return shutil.disk_usage(place).free


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a lock that other processes on this machine respect; waits for its turn.

    The kernel frees it when the holder dies, so there is nothing to clean up after a kill.
    """
    make_parent(path)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def explain(error: OSError, path: Path) -> NoReturn:
    """Raise the error that a user can act on for a failed write at ``path``.

    Raises: DiskFull for no room or an exhausted quota, else PrerequisiteError.
    """
    folder = path if path.is_dir() else path.parent
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        raise disk_full(folder) from error
    raise PrerequisiteError(
        f"{path}: {error.strerror or error}", f"make {folder} a folder that you may write to, or set SHOPCTL_HOME"
    ) from error


def disk_full(folder: Path) -> DiskFull:
    """The error for a file system without room, with what is left and what to do."""
    return DiskFull(
        f"no space left on the file system of {folder} ({free_bytes(folder):,} bytes free)",
        f"free some space (df -h {folder}), or move the work folder with SHOPCTL_HOME, then run: shopctl resume",
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
