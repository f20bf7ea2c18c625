"""What operations decide, written as they write it: facts under the lock of the environment."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from shopctl.aws.cloud import connect
from shopctl.control import holding, open_control, real_world
from shopctl.runs.journal import new_run_id
from shopctl.runs.lock import EnvironmentLock
from shopctl.runs.store import Quorum
from shopctl.runs.versions import fact_log
from support.environments import committed
from support.shop import ENV, Shop


def control_of(shop: Shop) -> Quorum:
    """The control store of a shop's environment."""
    spec = committed(ENV)
    return open_control(spec, connect(spec, shop.home, os.environ))


def decide(shop: Shop, **changes: Any) -> None:
    """Change the facts, as a ship or a failover does at its end."""
    control, world = control_of(shop), real_world()
    log = fact_log(control, ENV)
    newest = log.newest()
    assert newest is not None, "bootstrap writes the first facts"
    with holding(EnvironmentLock(control, ENV), "ship", new_run_id("ship", world), world) as hold:
        log.write(replace(newest.value, **changes), hold, world)
