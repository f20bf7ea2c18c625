"""How long ``shopctl --help`` takes beside the help of a Typer application that does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Row, in_turns, timed

BOUND = 1.30
_EMPTY = """\
import typer

app = typer.Typer()


@app.command()
def main() -> None:
    \"\"\"Do nothing.\"\"\"


app()
"""


def measure_startup(rounds: int) -> tuple[Row, ...]:
    """Run both with the same Python, as scripts, in turns."""
    with TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(_EMPTY)
        shopctl = Path(sys.executable).with_name("shopctl")
        for script in (shopctl, empty):
            _help(script)  # bytecode and the kernel's cache are warm from here on
        seconds = in_turns(lambda: timed(lambda: _help(shopctl)), lambda: timed(lambda: _help(empty)), rounds)
    return (Row("shopctl --help", *seconds, BOUND, rounds=rounds, note="an empty Typer app"),)


def _help(script: Path) -> None:
    subprocess.run([sys.executable, script, "--help"], stdout=subprocess.DEVNULL, check=True)
