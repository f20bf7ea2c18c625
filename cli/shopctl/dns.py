"""One question to the domain name system: which name servers the world is sent to for a domain.

Asked of this machine's resolvers in one UDP packet, because Python's standard library asks for addresses only.
Source of the format: RFC 1035, section 4.
"""

from __future__ import annotations

import secrets
import socket
import struct
from pathlib import Path

TIMEOUT_SECONDS = 3.0
RESOLV_CONF = Path("/etc/resolv.conf")
_NS, _IN = 2, 1
_RECURSE = 0x0100
_POINTER = 0xC0


def system_resolvers(file: Path = RESOLV_CONF) -> tuple[tuple[str, int], ...]:
    """Return the addresses of this machine's resolvers; none if it names none. Reads one file."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple((words[1], 53) for words in map(str.split, lines) if words[:1] == ["nameserver"] and len(words) > 1)


def name_servers(domain: str, resolvers: tuple[tuple[str, int], ...]) -> frozenset[str] | None:
    """Return the name servers of a domain in lower case, without the last dot; None if no resolver answers.

    Empty means that the domain is delegated to nobody.
    """
    for resolver in resolvers:
        query = _query(domain)
        reply = _ask(resolver, query)
        if reply is not None and reply[:2] == query[:2]:
            return _answers(reply)
    return None


def _ask(resolver: tuple[str, int], query: bytes) -> bytes | None:
    family = socket.AF_INET6 if ":" in resolver[0] else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as channel:
            channel.settimeout(TIMEOUT_SECONDS)
            channel.connect(resolver)  # replies from anybody else are dropped
            channel.send(query)
            return channel.recv(4096)
    except OSError:
        return None


def _query(domain: str) -> bytes:
    name = b"".join(bytes([len(label)]) + label for label in domain.encode("ascii").split(b"."))
    return struct.pack(">HHHHHH", secrets.randbits(16), _RECURSE, 1, 0, 0, 0) + name + struct.pack(">BHH", 0, _NS, _IN)


def _answers(reply: bytes) -> frozenset[str]:
    try:
        questions, answers = struct.unpack_from(">4xHH", reply)
        place = 12
        for _ in range(questions):
            place = _name(reply, place)[1] + 4
        found: set[str] = set()
        for _ in range(answers):
            place = _name(reply, place)[1]
            kind, _class, _ttl, length = struct.unpack_from(">HHIH", reply, place)
            place += 10
            if kind == _NS:
                found.add(_name(reply, place)[0].lower())
            place += length
    except (IndexError, struct.error, UnicodeDecodeError):
        return frozenset()
    return frozenset(found)


def _name(reply: bytes, place: int) -> tuple[str, int]:
    """Return the name at a place and where what follows it begins; names may point back to earlier ones."""
    labels: list[str] = []
    end: int | None = None
    jumps = 0
    while (length := reply[place]) and jumps < len(reply):
        if length >= _POINTER:
            end = place + 2 if end is None else end
            place = struct.unpack_from(">H", reply, place)[0] & 0x3FFF
            jumps += 1
        else:
            labels.append(reply[place + 1 : place + 1 + length].decode("ascii"))
            place += 1 + length
    return ".".join(labels), place + 1 if end is None else end
