"""Saying what `make shop` does, to whoever waits for it: a moving bar at a terminal, a few lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SHARE = 10  # a log gets a line for every tenth


def say(text: str) -> None:
    """Print a line at once."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - commands print


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is told how many of how many things are done, and shows it."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _in_lines(what)
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, visible=False)
        yield lambda done, total: progress.update(task, completed=done, total=total, visible=True)


def _in_lines(what: str) -> Callable[[int, int], None]:
    shown = -1

    def said(done: int, total: int) -> None:
        nonlocal shown
        if (share := done * SHARE // total) > shown:
            shown = share
            say(f"{what}: {done} of {total}")

    return said
