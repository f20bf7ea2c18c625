"""The one question to the domain name system is asked and understood as RFC 1035 has it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from shopctl.dns import name_servers, system_resolvers

# A reply to "shop.test NS": the name of each answer points back to the question, its name server's end too.
QUESTION = b"\x04shop\x04test\x00" + struct.pack(">HH", 2, 1)
ANSWER = b"\xc0\x0c" + struct.pack(">HHIH", 2, 1, 300, 6) + b"\x03NS{}\xc0\x0c"


def reply_to(query: bytes, *answers: bytes) -> bytes:
    return query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(answers), 0, 0) + QUESTION + b"".join(answers)


@contextmanager
def resolver(answer: Callable[[bytes], bytes]) -> Iterator[tuple[str, int]]:
    """A name server on loopback that answers one query."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.settimeout(10)

        def serve() -> None:
            query, client = channel.recvfrom(512)
            assert query[12:] == QUESTION
            channel.sendto(answer(query), client)

        thread = Thread(target=serve)
        thread.start()
        yield channel.getsockname()
        thread.join()


def test_the_name_servers_of_a_delegated_domain_are_returned() -> None:
    answers = [ANSWER.replace(b"{}", str(number).encode()) for number in (1, 2)]
    with resolver(lambda query: reply_to(query, *answers)) as address:
        assert name_servers("shop.test", (address,)) == frozenset({"ns1.shop.test", "ns2.shop.test"})


def test_an_undelegated_domain_has_none() -> None:
    with resolver(reply_to) as address:
        assert name_servers("shop.test", (address,)) == frozenset()


@pytest.mark.parametrize("broken", [b"", b"\xc0", ANSWER[:9], b"\xc0\x21" + ANSWER[2:]])
def test_a_reply_that_makes_no_sense_names_nobody(broken: bytes) -> None:
    with resolver(lambda query: reply_to(query)[:6] + b"\x00\x01" + reply_to(query)[8:] + broken) as address:
        assert name_servers("shop.test", (address,)) == frozenset()


def test_where_no_resolver_answers_nothing_is_claimed(tmp_path: Path) -> None:
    with resolver(lambda _query: b"\x00\x00 somebody else's reply") as address:
        assert name_servers("shop.test", (address,)) is None
    assert name_servers("shop.test", ()) is None
    assert system_resolvers(tmp_path / "none") == ()


def test_resolvers_are_those_that_the_machine_names(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# comment\nnameserver 192.0.2.1\nsearch example.com\nnameserver\nnameserver 2001:db8::1\n")
    assert system_resolvers(file) == (("192.0.2.1", 53), ("2001:db8::1", 53))
