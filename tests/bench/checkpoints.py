"""What the local cloud's checkpoints add to a write: for information, nothing is promised."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Row, in_turns, timed
from localcloud import control
from localcloud.client import LocalCloud
from localcloud.place import Place
from support.population import BUCKET, REGIONS, fill

_WITHOUT = """
import runpy
from localcloud.checkpoint import Checkpoints

async def settle(self, *, changed):
    pass

Checkpoints.settle = settle
"""
_START = 'import runpy; runpy.run_module("localcloud", run_name="__main__")'


def measure_checkpoints(rounds: int) -> tuple[Row, ...]:
    """Write small objects, in turns, to a cloud as it is and to one that answers without keeping anything first."""
    with _cloud("") as kept, _cloud(_WITHOUT) as forgetful:
        milliseconds = in_turns(_writing(kept), _writing(forgetful), rounds)
    return (Row("write to the local cloud", *milliseconds, None, unit="ms", rounds=rounds, note="without checkpoints"),)


@contextmanager
def _cloud(prelude: str) -> Iterator[LocalCloud]:
    """A local cloud with something in every service."""
    with TemporaryDirectory(prefix="shopctl-bench-cloud-") as folder:
        place = Place(Path(folder))
        place.make()
        command = [sys.executable, "-c", prelude + _START, "--home", folder, "--port", "0"]
        with place.log.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            while not (runtime := place.runtime()):
                if process.poll() is not None:
                    raise SystemExit(place.log.read_text())
                time.sleep(0.02)
            cloud = LocalCloud(runtime.endpoint)
            fill(cloud)
            try:
                yield cloud
            finally:
                control.stop(place.home)


def _writing(cloud: LocalCloud) -> Callable[[], float]:
    s3 = cloud.client("s3", REGIONS[0])
    return lambda: 1000 * timed(lambda: s3.put_object(Bucket=BUCKET, Key="small", Body=b"x" * 1024))
