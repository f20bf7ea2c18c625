"""A picture of all stores: what changed since it was last saved, entry by entry."""

from __future__ import annotations

import io
import logging
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from cryptography.hazmat.primitives import serialization

from localcloud.stores import S3, Signature, Store, loaded_stores

logger = logging.getLogger("localcloud.picture")

# Bytes from this length on are kept once, apart from the entries that refer to them.
BLOB_LENGTH = 4096

EntryKey = tuple[str, Any]  # the store's name, the key in it


@dataclass(frozen=True, slots=True)
class Entry:
    """One saved entry: its pickle, and the digests of the large bytes that the pickle refers to."""

    value: bytes
    digests: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the picture as it was last saved. An entry that is None is gone."""

    entries: dict[EntryKey, Entry | None] = field(default_factory=dict)
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    signatures: dict[str, dict[Any, Signature]] = field(default_factory=dict)  # by store, of all its entries


class Picture:
    """The state as it was last saved. Looks at the stores on the thread that serves requests, and only there."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[Any, Entry]] = defaultdict(dict)
        self._signatures: dict[str, dict[Any, Signature]] = defaultdict(dict)
        self._digests: dict[int, tuple[bytes, bytes]] = {}  # by identity: the bytes, kept so that it stays theirs

    def changes(self, *, thorough: bool = False) -> Changes:
        """Compare all stores with this picture; ``thorough`` compares values even where signatures agree."""
        changes = Changes()
        for store in loaded_stores():
            entries, saved = store.entries(), self._entries[store.name]
            for key in self._suspects(store, entries, changes, thorough=thorough):
                self._compare((store.name, key), entries[key], saved.get(key), changes)
            for key in saved.keys() - entries.keys():
                changes.entries[store.name, key] = None
        return changes

    def take(self, changes: Changes) -> None:
        """Make the changes, which are saved by now, part of the picture."""
        for (store, key), entry in changes.entries.items():
            if entry is None:
                del self._entries[store][key]
            else:
                self._entries[store][key] = entry
        self._signatures.update(changes.signatures)

    def _suspects(self, store: Store, entries: dict[Any, Any], changes: Changes, *, thorough: bool) -> Iterable[Any]:
        """The keys of the entries that may have changed."""
        signatures = store.signatures(entries)
        if signatures is None:
            return entries
        changes.signatures[store.name] = signatures
        before = self._signatures[store.name]
        return entries if thorough else [key for key, one in signatures.items() if before.get(key) != one]

    def digests(self) -> frozenset[bytes]:
        """The digests of all large bytes in the picture; what it remembers about others is dropped."""
        saved = (entry for entries in self._entries.values() for entry in entries.values())
        used = frozenset(digest for entry in saved for digest in entry.digests)
        self._digests = {identity: known for identity, known in self._digests.items() if known[1] in used}
        return used

    def _compare(self, key: EntryKey, value: Any, saved: Entry | None, changes: Changes) -> None:
        blobs: dict[bytes, bytes] = {}
        try:
            entry = self._pickled(key[0], value, blobs)
        except (TypeError, AttributeError, pickle.PicklingError):
            logger.exception("an entry of %s can't be saved and won't survive a restart", key[0])
            return
        if saved is None or saved.value != entry.value:
            changes.entries[key] = entry
            changes.blobs.update(blobs)

    def _pickled(self, store: str, value: Any, blobs: dict[bytes, bytes]) -> Entry:
        """The entry for a value of a store, with its large bytes added to ``blobs``."""

        def save_blob(content: bytes) -> bytes:
            digest = self._digest(content)
            blobs[digest] = content
            return digest

        for _ in range(5):
            try:
                return (None if store.startswith(S3) else _quick_entry(value)) or _entry(value, save_blob)
            except RuntimeError:  # a background thread of ministack changed the value meanwhile
                blobs.clear()
        return _entry(value, save_blob)

    def _digest(self, content: bytes) -> bytes:
        known = self._digests.get(id(content))
        if known is None:
            known = self._digests[id(content)] = content, blake2b(content, digest_size=20).digest()
        return known[1]


def _quick_entry(value: Any) -> Entry | None:
    """The entry for a small value of plain data, which most are; None for another."""
    try:
        pickled = pickle.dumps(value, protocol=5)
    except (TypeError, AttributeError, pickle.PicklingError):
        return None
    return Entry(pickled) if len(pickled) < BLOB_LENGTH else None


def _entry(value: Any, save_blob: Callable[[bytes], bytes]) -> Entry:
    buffer, digests = io.BytesIO(), set[bytes]()

    def note_blob(content: bytes) -> bytes:
        digest = save_blob(content)
        digests.add(digest)
        return digest

    Pickler(buffer, note_blob).dump(value)
    return Entry(buffer.getvalue(), frozenset(digests))


class Pickler(pickle.Pickler):
    """Pickles what the stores hold: plain data, private keys, and references in place of large bytes."""

    def __init__(self, buffer: io.BytesIO, save_blob: Callable[[bytes], bytes]) -> None:
        super().__init__(buffer, protocol=5)
        self._save_blob = save_blob

    def persistent_id(self, value: Any) -> bytes | None:
        """The reference for large bytes; None leaves the value to be pickled as it is."""
        return self._save_blob(value) if type(value) is bytes and len(value) >= BLOB_LENGTH else None

    def reducer_override(self, value: Any) -> Any:
        """Private keys of the cryptography package don't pickle by themselves."""
        if hasattr(value, "private_bytes"):
            return load_private_key, (_private_bytes(value),)
        return NotImplemented


class Unpickler(pickle.Unpickler):
    """The other way round; ``read_blob`` gives the bytes for a reference."""

    def __init__(self, entry: Entry, read_blob: Callable[[bytes], bytes]) -> None:
        super().__init__(io.BytesIO(entry.value))
        self._read_blob = read_blob

    def persistent_load(self, digest: Any) -> bytes:
        """The bytes for a reference."""
        return self._read_blob(digest)


def load_private_key(der: bytes) -> Any:
    """A private key from its PKCS 8 form."""
    return serialization.load_der_private_key(der, password=None)


def _private_bytes(key: Any) -> bytes:
    plain = serialization.NoEncryption()
    raw: bytes = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain)
    return raw
