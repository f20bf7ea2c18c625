"""`shopctl history`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.output import Result


def history(
    env: options.Env = "local",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="How many runs, newest first.")] = 20,
    as_json: options.Json = False,
) -> Result:
    """List the runs of an environment, newest first.

    Examples:

        shopctl history

        shopctl history --env prod -n 5 --json
    """
    from shopctl.commands.composition import after_bootstrap, open_cloud, open_paths, open_spec
    from shopctl.control import open_control
    from shopctl.runs.history import history as read_history
    from shopctl.views import show_runs

    paths = open_paths()
    spec = open_spec(paths, env)
    control = open_control(spec, open_cloud(paths, spec), read_only=True)
    with after_bootstrap(spec):
        runs = read_history(control, env, limit=limit)
    human = show_runs(runs) if runs else f"no run of {env} yet"
    return Result("history", {"runs": [asdict(run) for run in runs]}, human)
