"""The state of the local cloud as a set of entries that can be compared, saved and put back.

ministack and the overlays keep all that they know in module globals of two kinds, ``AccountScopedDict`` and
``AccountRegionScopedDict``, plus the few named in ``PLAIN``. Each entry of each store is saved by itself, so that a
write costs what it changed. ministack's own ``get_state`` isn't used: it copies everything first, and it leaves out
S3's objects, versions and uploads.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

# Stores that are plain containers. A service that comes into use adds its own here.
PLAIN = ("ministack.services.sts:_sessions", "ministack.services.ec2:_default_initialized_scopes")
S3 = "ministack.services.s3:"
BUCKETS = f"{S3}_buckets"
OBJECTS = f"{BUCKETS}/objects"
VERSIONS = f"{S3}_object_versions"


Key = Any
Signature = tuple[Any, ...]


class Store(Protocol):
    """A named container of entries."""

    @property
    def name(self) -> str:
        """What finds the store again after a restart."""
        ...

    def entries(self) -> dict[Key, Any]:
        """All entries as they are now."""
        ...

    def signatures(self, entries: dict[Key, Any]) -> dict[Key, Signature] | None:
        """Cheap stand-ins for the values where there may be thousands: an equal one means an unchanged value.

        None says that the values themselves have to be compared.
        """
        ...

    def put(self, key: Key, value: Any) -> None:
        """Set one entry."""
        ...


@dataclass(frozen=True, slots=True)
class Mapping:
    """A store of independent entries."""

    name: str
    content: dict[Key, Any]

    def entries(self) -> dict[Key, Any]:
        return dict(self.content)

    def signatures(self, entries: dict[Key, Any]) -> dict[Key, Signature] | None:  # noqa: ARG002 - it has none
        return None

    def put(self, key: Key, value: Any) -> None:
        self.content[key] = value


@dataclass(frozen=True, slots=True)
class Members:
    """A store that is a set."""

    name: str
    content: set[Key]

    def entries(self) -> dict[Key, Any]:
        return dict.fromkeys(self.content, True)

    def signatures(self, entries: dict[Key, Any]) -> dict[Key, Signature] | None:  # noqa: ARG002 - it has none
        return None

    def put(self, key: Key, value: Any) -> None:  # noqa: ARG002 - a member has no value
        self.content.add(key)


@dataclass(frozen=True, slots=True)
class Buckets:
    """S3's buckets without their objects."""

    name: str
    content: dict[Key, Any]

    def entries(self) -> dict[Key, Any]:
        return {
            key: {field: value for field, value in tuple(bucket.items()) if field != "objects"}
            for key, bucket in tuple(self.content.items())
        }

    def signatures(self, entries: dict[Key, Any]) -> dict[Key, Signature] | None:  # noqa: ARG002 - it has none
        return None

    def put(self, key: Key, value: Any) -> None:
        self.content[key] = {"objects": {}, **value}


@dataclass(frozen=True, slots=True)
class Objects:
    """The current objects of all buckets, by bucket and key. Writing an object makes a new record."""

    name: str
    content: dict[Key, Any]

    def entries(self) -> dict[Key, Any]:
        return {
            (bucket_key, key): record
            for bucket_key, bucket in tuple(self.content.items())
            for key, record in tuple(bucket["objects"].items())
        }

    def signatures(self, entries: dict[Key, Any]) -> dict[Key, Signature] | None:
        return {key: (record,) for key, record in entries.items()}

    def put(self, key: Key, value: Any) -> None:
        bucket_key, object_key = key
        self.content[bucket_key]["objects"][object_key] = value


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of each object, oldest first, in one list that grows and shrinks in place."""

    name: str
    content: dict[Key, Any]

    def entries(self) -> dict[Key, Any]:
        return dict(self.content)

    def signatures(self, entries: dict[Key, Any]) -> dict[Key, Signature] | None:
        return {key: (len(versions), *versions[-1:]) for key, versions in entries.items()}

    def put(self, key: Key, value: Any) -> None:
        self.content[key] = value


def loaded_stores() -> tuple[Store, ...]:
    """Every store of every module that is loaded, each once."""
    return _stores_of(len(sys.modules))


@lru_cache(maxsize=1)
def _stores_of(module_count: int) -> tuple[Store, ...]:  # noqa: ARG001 - looks anew when a module was added
    from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict  # noqa: PLC0415 - see upstream.py

    scoped, found = (AccountScopedDict, AccountRegionScopedDict), dict[int, tuple[Store, ...]]()
    for module_name in sorted(sys.modules, reverse=True):  # ministack names its own stores first
        if module_name.startswith(("ministack.services.", "localcloud.overlay.")):
            for variable, value in tuple(vars(sys.modules[module_name]).items()):
                name = f"{module_name}:{variable}"
                if type(value) in scoped or name in PLAIN:
                    found.setdefault(id(value), _as_stores(name, value))
    return tuple(store for stores in found.values() for store in stores)


def find_store(name: str) -> Store:
    """The store with this name; imports its module. Raises LookupError when there is none."""
    module_name, _, variable = name.partition("/")[0].partition(":")
    container = getattr(import_module(module_name), variable, None)
    if container is None:
        raise LookupError(name)
    return next(store for store in _as_stores(name.partition("/")[0], container) if store.name == name)


def _as_stores(name: str, container: Any) -> tuple[Store, ...]:
    if isinstance(container, set):
        return (Members(name, container),)
    content = container if isinstance(container, dict) else container._data  # noqa: SLF001 - all accounts and regions
    match name:
        case _ if name == BUCKETS:
            return Buckets(BUCKETS, content), Objects(OBJECTS, content)
        case _ if name == VERSIONS:
            return (Versions(VERSIONS, content),)
        case _:
            return (Mapping(name, content),)
