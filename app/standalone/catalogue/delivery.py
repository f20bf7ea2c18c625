"""Bringing the files of all articles to the storage: drawn by several processes at once, and each only once.

A mark is kept for each article that was delivered, under the digest of the program that drew it. So a delivery that
was cut off goes on where it was, and one that is complete costs a look at a folder.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from importlib.metadata import version
from multiprocessing.process import BaseProcess
from pathlib import Path

from shop.storage import Storage
from standalone.catalogue.assortment import Article
from standalone.catalogue.files import File, files_of

FOLDER = Path(__file__).parent
TOOLS = ("embreex", "manifold3d", "numpy", "pillow", "trimesh")  # what is drawn depends on them as well
THREADS = "OPENBLAS_NUM_THREADS"
Said = Callable[[int, int], None]


def deliver(articles: tuple[Article, ...], storage: Storage, marks: Path, said: Said) -> None:
    """Bring what is missing to the storage. ``said`` is told how many of how many articles are done.

    Raises: Unavailable if the storage is away; BrokenProcessPool if a drawing process was killed.
    """
    marks.mkdir(parents=True, exist_ok=True)
    digest = program()
    missing = [article for article in articles if not (marks / _mark(article, digest)).exists()]
    if not missing:
        return
    for mark in marks.iterdir():
        if not mark.name.endswith(digest):
            mark.unlink()  # of an earlier program, whose pictures are about to be replaced
    done = len(articles) - len(missing)
    said(done, len(articles))
    # Not forked: threads of numpy and of the database driver would not survive it.
    context = multiprocessing.get_context("spawn")
    with _one_thread_each(), ProcessPoolExecutor(os.cpu_count(), context, initializer=_alone) as workers:
        try:
            drawing = {workers.submit(files_of, article): article for article in missing}
            for drawn in as_completed(drawing):
                _keep(drawn.result(), storage)
                (marks / _mark(drawing[drawn], digest)).touch()
                done += 1
                said(done, len(articles))
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Within the block, processes are started whose numpy keeps to one thread: there are as many as processors."""
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before


def program() -> str:
    """Return a digest of everything that decides what is drawn: these modules, and the versions of their tools."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.py")):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for tool in TOOLS:
        digest.update(f"{tool} {version(tool)}\n".encode())
    return digest.hexdigest()[:16]


def _keep(files: tuple[File, ...], storage: Storage) -> None:
    for file in files:
        storage.put(file.key, file.body, file.content_type)


def _mark(article: Article, digest: str) -> str:
    return f"{article.slug}.{digest}"


def _alone() -> None:
    """Make a drawing process deaf to Ctrl-C, which its parent hears, and let it end when its parent has been killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
