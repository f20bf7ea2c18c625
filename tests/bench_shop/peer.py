"""The peer that the shop is measured beside: django-oscar, in the same kind of server over the same PostgreSQL.

It has an environment of its own, which ``make bench-shop`` installs; nothing of it is imported here.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_shop.goods import Good, write
from bench_shop.servers import TESTS, granian, served
from standalone.__main__ import free_port
from standalone.postgres import USER, Postgres

DATABASE = "oscar"


@dataclass(frozen=True, slots=True)
class Peer:
    """A running Oscar: the address of its list, its own address, and the file with the paths of its products' pages."""

    list: str
    url: str
    pages: Path


@contextmanager
def oscar(environment: Path, folder: Path, postgres: Postgres, goods: tuple[Good, ...]) -> Iterator[Peer]:
    """Serve an Oscar that holds the goods. Raises: subprocess.CalledProcessError if it can't be filled."""
    home = folder / "oscar"
    home.mkdir()
    postgres.create_database(DATABASE)
    python = environment / "bin" / "python"
    environ = {
        "PYTHONPATH": str(TESTS),
        "PYTHONWARNINGS": "ignore",  # its packages warn of each other
        "DJANGO_SETTINGS_MODULE": "bench_shop.oscar.settings",
        "PEER_HOME": str(home),
        "PEER_SECRET_KEY": secrets.token_hex(),
        "PEER_DB_HOST": str(postgres.socket_folder),
        "PEER_DB_NAME": DATABASE,
        "PEER_DB_USER": USER,
    }
    write(goods, home / "goods.json")
    filling = (str(python), "-m", "bench_shop.oscar.stock", str(home / "goods.json"), str(home / "pages"))
    subprocess.run(filling, env={**os.environ, **environ}, check=True)
    port = free_port()
    command = granian(python, "django.core.wsgi:get_wsgi_application", port, "--factory")
    with served(command, environ, port) as url:
        yield Peer(f"{url}/catalogue/", url, home / "pages")
