"""A request to stop that was swallowed on its way is heard before anything is begun."""

from __future__ import annotations

import subprocess
import sys

SWALLOWED = """
import os, signal
from shopctl.commands.composition import interruptible
from shopctl.stopping import listen
listen()
try:
    os.kill(os.getpid(), signal.{name})
except KeyboardInterrupt:
    print("swallowed")
try:
    with interruptible():
        print("begun")
except KeyboardInterrupt:
    print("stopped")
"""


def test_a_swallowed_request_to_stop_stops_before_the_operation() -> None:
    for name in ("SIGINT", "SIGTERM"):
        script = SWALLOWED.format(name=name)
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert said.stdout.split() == ["swallowed", "stopped"]
