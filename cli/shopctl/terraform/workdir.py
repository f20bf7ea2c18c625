"""The private folder that Terraform works in for one stack of one environment.

It holds a snapshot of the stack's HCL and of the modules in the repository's relative layout, so that an
edit in the checkout cannot slip between a plan and its apply, and two environments never share a folder::

    <home>/<env>/<stack>/
        terraform/stacks/<root>/    the snapshot that Terraform runs in
        terraform/modules/
        data/                       TF_DATA_DIR
        logs/                       what Terraform printed, by command
        stack.tfvars  backend.tfbackend  plan.tfplan  init.digest  busy
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shopctl.errors import LockHeld, PrerequisiteError
from shopctl.files import PRIVATE_FILE, atomic_write, digest_tree, list_files, make_private_folder

_LOCK_FILE = Path(".terraform.lock.hcl")
_NOT_SOURCES = frozenset({"tests", "examples", ".terraform"})
_POLL_SECONDS = 0.2


class WorkdirBusy(LockHeld):
    """A Terraform of an earlier run still works in the stack's folder."""

    code = "terraform_still_running"


@dataclass(frozen=True, slots=True)
class Workdir:
    """The folder of one stack; ``root`` is base, site or edge."""

    folder: Path
    root: str

    @property
    def source(self) -> Path:
        """Where the root module is and Terraform runs."""
        return self.folder / "terraform" / "stacks" / self.root

    @property
    def data(self) -> Path:
        """Terraform's own data: providers, the list of modules, the backend."""
        return self.folder / "data"

    @property
    def logs(self) -> Path:
        """What Terraform printed, one file per command; the newest run replaces the one before."""
        return self.folder / "logs"

    @property
    def var_file(self) -> Path:
        """The rendered variables."""
        return self.folder / "stack.tfvars"

    @property
    def backend_file(self) -> Path:
        """The partial configuration of the backend."""
        return self.folder / "backend.tfbackend"

    @property
    def plan_file(self) -> Path:
        """The saved plan; it holds secrets in clear."""
        return self.folder / "plan.tfplan"

    @property
    def errored_state(self) -> Path:
        """The state that Terraform could not write to the backend; it exists only after such a failure."""
        return self.source / "errored.tfstate"

    @property
    def lock_file(self) -> Path:
        """The dependency lock file that Terraform works with."""
        return self.source / _LOCK_FILE

    def sources_digest(self) -> str:
        """The SHA-256 over the snapshot of HCL, lock file included."""
        return digest_tree(self.folder / "terraform", keep=is_source)

    def is_busy(self) -> bool:
        """Whether a Terraform still works here, this process's or one that outlived its shopctl."""
        try:
            with occupy(self):
                return False
        except WorkdirBusy:
            return True

    def wait_until_free(self, still_waiting: Callable[[float], bool] = lambda _seconds: True) -> bool:
        """Wait for a Terraform that outlived its shopctl; True when the folder is free.

        ``still_waiting`` is told the seconds waited so far, several times a second, and ends the wait with False.
        """
        begin = time.monotonic()
        while self.is_busy():
            if not still_waiting(time.monotonic() - begin):
                return False
            time.sleep(_POLL_SECONDS)
        return True


def prepare(terraform: Path, work: Workdir, tfvars: str, generated: Mapping[str, str] | None = None) -> None:
    """Bring a stack's folder up to date: the snapshot of HCL, the variables, and generated HCL beside them.

    ``terraform`` is the repository's folder of modules and stacks. ``generated`` maps names of files in the
    root module to content, such as ``adopt.tf.json``. Writes only what differs and removes what went.
    Raises: WorkdirBusy where a Terraform still works there; PrerequisiteError where the checkout has no such
    stack; DiskFull.
    """
    stack = terraform / "stacks" / work.root
    if not stack.is_dir():
        raise PrerequisiteError(f"{stack} is missing", "restore the folder: git checkout -- terraform")
    wanted = _sources(stack, Path("stacks") / work.root) | _sources(terraform / "modules", Path("modules"))
    for name, text in (generated or {}).items():
        wanted[Path("stacks") / work.root / name] = text.encode()
    make_private_folder(work.logs)
    with occupy(work):
        _sync(work.folder / "terraform", wanted)
        _write_if_different(work.var_file, tfvars.encode())


def is_source(path: Path) -> bool:
    """Whether a file below terraform/ is part of what Terraform reads, and not of tests or documentation."""
    if _NOT_SOURCES.intersection(path.parts):
        return False
    return path.name == _LOCK_FILE.name or path.suffix in {".tf", ".tftpl"} or path.name.endswith(".tf.json")


@contextlib.contextmanager
def occupy(work: Workdir, *, patience_seconds: float = 0.0) -> Iterator[int]:
    """Hold the folder and yield the descriptor that a child process must inherit.

    The kernel keeps the lock for as long as any process holds that descriptor, so it also tells of a
    Terraform whose shopctl was killed before it could write down the pid. It keeps it a moment longer than
    the command before: a provider is still going away, or another thread's child is between fork and exec.
    Raises: WorkdirBusy.
    """
    make_private_folder(work.folder)
    with os.fdopen(os.open(work.folder / "busy", os.O_WRONLY | os.O_CREAT, PRIVATE_FILE), "a") as file:
        end = time.monotonic() + patience_seconds
        while not _locked(file.fileno()):
            if time.monotonic() >= end:
                raise WorkdirBusy(
                    f"a Terraform still works on {work.folder.name}",
                    "wait until it has finished, or run: shopctl resume",
                )
            time.sleep(_POLL_SECONDS)
        yield file.fileno()


def _locked(descriptor: int) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sources(folder: Path, place: Path) -> dict[Path, bytes]:
    return {place / path: (folder / path).read_bytes() for path in list_files(folder, keep=is_source)}


def _sync(folder: Path, wanted: Mapping[Path, bytes]) -> None:
    written = [path for path, content in wanted.items() if _write_if_different(folder / path, content)]
    for path in list_files(folder, keep=is_source):
        # Where the repository has no lock file, Terraform's own stands for as long as the code is the same.
        if path not in wanted and (written or path.name != _LOCK_FILE.name):
            (folder / path).unlink()


def _write_if_different(path: Path, content: bytes) -> bool:
    different = not path.is_file() or path.read_bytes() != content
    if different:
        atomic_write(path, content)
    return different
