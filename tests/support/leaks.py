"""Searching for a secret wherever it must not be: in files, in archives within them, in what was printed."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote


def leaks(secret: str, contents: Iterable[tuple[str, bytes]]) -> list[str]:
    """The places whose content holds the secret, also escaped, encoded or packed."""
    forms = {
        form.encode()
        for form in (secret, json.dumps(secret)[1:-1], quote(secret), base64.b64encode(secret.encode()).decode())
    }
    return [place for place, content in unpacked(contents) if any(form in content for form in forms)]


def unpacked(contents: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Every content, and the members of those that are archives: a saved plan is one."""
    for place, content in contents:
        yield place, content
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from unpacked((f"{place}!{name}", archive.read(name)) for name in archive.namelist())


def files(folder: Path, *, without: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder but those below ``without``; links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(without):
            yield str(path.relative_to(folder)), path.read_bytes()
