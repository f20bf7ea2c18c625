"""Checkpoints: an acknowledged write is on disk, in a picture of all services that belongs together.

A request that may have changed something is answered only after a checkpoint that began after its effect was
written; and so is one that may have read such a change. One transaction of one SQLite file holds one checkpoint, so
that a restart finds all services as they were at one instant. What changes while a checkpoint is being written
shares the next one.

The file is written without fsync: what the kernel took survives the death of the process at any instant, which is
what a local cloud has to survive; SQLite's write-ahead log keeps the file whole even when the machine dies, at the
cost of the last moments (www.sqlite.org/pragma.html#pragma_synchronous, NORMAL in WAL mode).
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.picture import Changes, Entry, EntryKey, Picture, Unpickler
from localcloud.stores import find_store

logger = logging.getLogger("localcloud.checkpoint")

FORMAT = 1
# How often changes that no request made (timers, deliveries) are looked for, and every how many times in detail.
WATCH_SECONDS = 2.0
THOROUGH_EVERY = 15

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (store TEXT, key BLOB, value BLOB, digests BLOB, UNIQUE (store, key));
CREATE TABLE IF NOT EXISTS blob (digest BLOB PRIMARY KEY, content BLOB);
"""
_PUT_ENTRY = """
INSERT INTO entry VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value, digests = excluded.digests
"""


def _load(pickled: bytes) -> Any:
    return pickle.loads(pickled)  # noqa: S301 - the state file is this program's own, mode 0600


class CheckpointFailed(Exception):
    """The state could not be written, so no write may be acknowledged."""


class ForeignState(Exception):
    """The state file has a format that this version doesn't read."""


class StateFile:
    """The SQLite file; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, check_same_thread=False)
        (found,) = self._database.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            raise ForeignState(f"{path} has format {found}, this version reads {FORMAT}")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(f"{_SCHEMA} PRAGMA user_version = {FORMAT};")

    def entries(self) -> Iterator[tuple[EntryKey, Entry]]:
        """All entries, in the order in which they were first written."""
        rows = self._database.execute("SELECT store, key, value, digests FROM entry ORDER BY rowid")
        for store, key, value, digests in rows:
            yield (store, _load(key)), Entry(value, _load(digests))

    def blob(self, digest: bytes) -> bytes:
        """The bytes with this digest."""
        (content,) = self._database.execute("SELECT content FROM blob WHERE digest = ?", (digest,)).fetchone()
        return bytes(content)

    def write(self, changes: Changes) -> None:
        """Write one checkpoint, wholly or not at all. Raises CheckpointFailed."""
        gone, there = [], []
        for (store, raw_key), entry in changes.entries.items():
            key = pickle.dumps(raw_key)
            if entry is None:
                gone.append((store, key))
            else:
                there.append((store, key, entry.value, pickle.dumps(entry.digests)))
        with self._transaction() as database:
            database.executemany("INSERT OR IGNORE INTO blob VALUES (?, ?)", changes.blobs.items())
            database.executemany("DELETE FROM entry WHERE store = ? AND key = ?", gone)
            database.executemany(_PUT_ENTRY, there)

    def keep_blobs(self, used: frozenset[bytes]) -> None:
        """Delete all blobs but these. Raises CheckpointFailed."""
        with self._transaction() as database:
            stored = {digest for (digest,) in database.execute("SELECT digest FROM blob")}
            database.executemany("DELETE FROM blob WHERE digest = ?", [(digest,) for digest in stored - used])

    def close(self) -> None:
        """Close the file, its log merged into it."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database as database:
                yield database
        except sqlite3.Error as error:
            raise CheckpointFailed(str(error)) from error


class Checkpoints:
    """Writes checkpoints while the cloud runs, and puts the last one back when it starts."""

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path)
        self._picture = Picture()
        self._asked = 0  # how many changes asked for a checkpoint, and how many of these were dealt with
        self._answered = 0
        self._wake = asyncio.Event()
        self._done: asyncio.Future[None] | None = None
        self._stopping = False

    def restore(self) -> int:
        """Put the last checkpoint back into the stores; returns the number of its entries."""
        changes = Changes(dict(self._file.entries()))
        for (store, key), entry in changes.entries.items():
            if entry is not None:
                value = Unpickler(entry, self._file.blob).load()
                find_store(store).put(key, value)
        self._picture.take(changes)
        self._file.keep_blobs(self._picture.digests())
        return len(changes.entries)

    async def settle(self, *, changed: bool) -> None:
        """Return when all changes up to now are on disk; ``changed`` says that there is one more.

        Raises: CheckpointFailed when they can't be written; they stay in memory, and the next checkpoint tries again.
        """
        self._asked += changed
        wanted = self._asked
        while self._answered < wanted:
            self._done = self._done or asyncio.get_running_loop().create_future()
            self._wake.set()
            await asyncio.shield(self._done)

    async def run(self) -> None:
        """Write checkpoints as they are asked for until ``stop``, and a last one then."""
        quiet_turns = 0
        while not self._stopping:
            try:
                await asyncio.wait_for(self._wake.wait(), WATCH_SECONDS)
                await self._answer()
            except TimeoutError:
                quiet_turns += 1
                await self._watch(thorough=quiet_turns % THOROUGH_EVERY == 0)
        await self._watch(thorough=True)
        self._file.close()

    def stop(self) -> None:
        """Ask ``run`` to end."""
        self._stopping = True
        self._wake.set()

    async def _answer(self) -> None:
        """Write one checkpoint for all that asked up to now, and tell them."""
        self._wake.clear()
        asked, done, self._done = self._asked, self._done, None
        try:
            await self._write(thorough=False)
        except CheckpointFailed as error:
            logger.exception("a checkpoint failed")
            if done:
                done.set_exception(error)
        else:
            if done:
                done.set_result(None)
        self._answered = asked

    async def _watch(self, *, thorough: bool) -> None:
        """Write what changed without a request."""
        try:
            await self._write(thorough=thorough)
            if thorough:
                self._file.keep_blobs(self._picture.digests())
        except CheckpointFailed:
            logger.exception("a checkpoint failed")

    async def _write(self, *, thorough: bool) -> None:
        try:
            changes = self._picture.changes(thorough=thorough)
        except RuntimeError as error:  # a background thread of ministack changed a store again and again
            raise CheckpointFailed(str(error)) from error
        if changes.entries:
            await asyncio.to_thread(self._file.write, changes)
        self._picture.take(changes)
