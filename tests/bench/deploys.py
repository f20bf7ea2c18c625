"""Deploy and plan beside bare Terraform, and how much memory shopctl's own process takes.

What is fair: each side has a local cloud of its own, fresh, bootstrapped, with nothing in it, and runs while the other
is at rest. Both begin with an empty work folder: nothing is initialised, and both know the same provider mirror. Both
read the same HCL and the same rendered variables, and start the same stacks as early as the graph allows. shopctl has
no result of checkov at hand, as after any edit of the code, so its deploy pays for the scan; it also pays for the
starting of Python, the gate, the journal and the proof after each stack. Plans are of the environment that this
deploy has left, in the folders that it has left: unchanged, initialised on both sides.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bare import BareTerraform
from bench.figures import Row, in_turns, timed
from shopctl.commands.composition import open_environment
from shopctl.pipeline import PARALLEL_PLANS
from support.environments import PROJECT
from support.shop import ENV, Shop

DEPLOY_BOUND, PLAN_BOUND, MEMORY_MB = 1.10, 1.25, 150

# Runs shopctl and writes down, at its end, the most memory that this one process had (kB): what a parent can learn of
# a child counts the child's own children too. Source: proc_pid_status(5), VmHWM.
_WATCHED = """
import atexit, pathlib, re, sys
report = pathlib.Path(sys.argv.pop(1))
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: report.write_text(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]))
from shopctl.main import main
main()
"""


def measure_deploys(rounds: int, plans: int) -> tuple[Row, ...]:
    """Deploy on both sides, ``rounds`` times; then plan what the last round left, ``plans`` times."""
    mine: list[Shop] = []
    theirs: list[BareTerraform] = []
    memory: list[float] = []
    with ExitStack() as sides:

        def deploy() -> float:
            mine.append(sides.enter_context(_side("shopctl")))
            return timed(lambda: memory.append(_shopctl(mine[-1], "deploy", "--yes")))

        def deploy_bare() -> float:
            theirs.append(_script(sides.enter_context(_side("bare"))))
            return timed(theirs[-1].deploy)

        def plan() -> float:
            return timed(lambda: _shopctl(mine[-1], "plan"))

        def plan_bare() -> float:
            return timed(lambda: theirs[-1].plan(PARALLEL_PLANS))

        seconds = in_turns(deploy, deploy_bare, rounds)
        rows = [Row("deploy of a fresh environment", *seconds, DEPLOY_BOUND, rounds=rounds, note="bare Terraform")]
        if plans:
            seconds = in_turns(plan, plan_bare, plans)
            rows.append(Row("plan of an unchanged one", *seconds, PLAN_BOUND, rounds=plans, note="bare Terraform"))
    most = Row("most memory in a deploy", max(memory), MEMORY_MB, 1.0, unit="MB", rounds=rounds, note="the limit")
    return (*rows, most)


@contextmanager
def _side(name: str) -> Iterator[Shop]:
    """A work folder beside a fresh, bootstrapped local cloud; the provider is found, nothing else is done."""
    with TemporaryDirectory(prefix=f"shopctl-bench-{name}-") as folder:
        shop = Shop(Path(folder) / "home")
        try:
            shop.open()
            shop.run("doctor").succeeded()
            yield shop
        finally:
            shop.close()


def _script(shop: Shop) -> BareTerraform:
    os.environ["SHOPCTL_HOME"] = str(shop.home)  # shopctl's own doors say where the states are and what is rendered
    return BareTerraform(shop.home / "bare", open_environment(ENV, read_only=True), shop.environment)


def _shopctl(shop: Shop, *arguments: str) -> float:
    """Run shopctl as a pipe sees it, and return the most memory that its own process had, in MB."""
    report = shop.home / "memory"
    said = subprocess.run(
        [sys.executable, "-c", _WATCHED, report, *arguments],
        cwd=PROJECT,
        env=shop.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode != 0:
        raise SystemExit(f"shopctl {' '.join(arguments)} ended with {said.returncode}:\n{said.stderr}")
    return int(report.read_text()) / 1000
