"""Ctrl-C and SIGTERM before anything is under way: heard once, and not forgotten.

Python raises KeyboardInterrupt wherever the main thread happens to be. In a callback of the garbage collector, or in a
library that swallows it, the request would be lost, and the command would go on as if nobody had asked.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_asked = threading.Event()


def listen() -> None:
    """Answer Ctrl-C and SIGTERM alike: raise KeyboardInterrupt, and remember it. Sets this process's handlers."""
    for number in SIGNALS:
        signal.signal(number, _hear)


def stop_if_asked() -> None:
    """Stop here where a request to stop was swallowed on its way. Raises: KeyboardInterrupt."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _hear(_signal: int, _frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt
