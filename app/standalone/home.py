"""The shop's own folder: one shop at a time works in it, and what a killed one left running is ended first."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

MARK = "SHOP_STANDALONE_HOME"  # every process of a shop has it in its environment, with the folder
CACHE = "valkey"  # the folder that Valkey works in: it writes its title over its environment, mark and all
POSTGRES = "postgres"  # PostgreSQL is taken over as it runs; it must not be ended in the middle of its work
STOP_SECONDS = 10
PASSING = 0o001  # what others need on a folder to get to what is in it


class CannotOpen(Exception):
    """Something outside the shop is in its way; the message says what to do."""


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keep the folder for this process. It is given back when the process ends, however it ends.

    Raises: CannotOpen if another shop works in it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotOpen(
                f"a shop already works in {home} (process {lock.read().strip() or 'unknown'}).\n"
                "Close it with Ctrl-C where it runs, or open another one: make shop SHOP='--home FOLDER --port 0'"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        os.environ[MARK] = str(home)  # inherited by all that is started from here on
        yield


def leftovers(home: Path) -> list[psutil.Process]:
    """Return what a shop that was killed left running over this folder, but for its PostgreSQL.

    To be called with the folder kept: whatever works in it then belongs to nobody.
    """
    return [process for process in psutil.process_iter() if _is_left(process, home)]


def end_all(left: Sequence[psutil.Process]) -> None:
    """End the processes, at most in twice STOP_SECONDS."""
    for process in left:
        with suppress(psutil.Error):
            process.terminate()
    _, deaf = psutil.wait_procs(left, STOP_SECONDS)
    for process in deaf:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(deaf, STOP_SECONDS)


def demand_way(home: Path, own: tuple[Path, ...]) -> None:
    """Make sure that PostgreSQL gets to the folder: under root it runs as ``nobody``, who has to pass all above it.

    Folders that are the shop's own are opened for passing, not for reading. Raises: CannotOpen if another is closed.
    """
    if os.geteuid() != 0:
        return
    closed = [folder for folder in (home, *home.parents) if folder.exists() and not folder.stat().st_mode & PASSING]
    for folder in closed:
        if folder not in own:
            raise CannotOpen(
                f"PostgreSQL does not run as root, and the user nobody may not pass {folder}.\n"
                "Be an ordinary user, or keep the shop elsewhere: make shop SHOP='--home /var/tmp/shop'"
            )
        folder.chmod(folder.stat().st_mode | PASSING)


def demand_port(port: int, option: str) -> None:
    """Make sure that nobody listens on the port. Raises: CannotOpen if somebody does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotOpen(
                f"port {port} of this machine is not to be had ({error.strerror}).\n"
                f"End the program that uses it, or take another port: make shop SHOP='{option} {port + 1000}'"
            ) from None


def kept_secret(path: Path, length_bytes: int = 48) -> str:
    """Return the secret in the file, which is made on the first start and readable to its owner only."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(length_bytes), encoding="utf-8")
        draft.replace(path)
    return path.read_text(encoding="utf-8")


def _is_left(process: psutil.Process, home: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        is_ours = process.environ().get(MARK) == str(home) or process.cwd() == str(home / CACHE)
        return is_ours and process.name() != POSTGRES
    except (psutil.Error, OSError):
        return False  # it has ended, or belongs to somebody else
