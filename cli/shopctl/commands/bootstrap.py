"""`shopctl bootstrap`."""

from __future__ import annotations

from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.output import Result


def bootstrap(
    env: options.Env = "local",
    remove: Annotated[
        bool, typer.Option("--remove", help="Take it back: the last command of an environment's life.")
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> Result:
    """Make what no stack owns: control and state buckets in each region, and the hosted zone where env.yaml asks.

    Can be run again at any time; it makes what is missing and says what stood already. `--remove` deletes those buckets
    with the journal and all states; it refuses while resources stand.

    Examples:

        shopctl bootstrap

        shopctl bootstrap --env prod --dry-run

        shopctl bootstrap --remove
    """
    from shopctl.bootstrap import Ground, bootstrap_steps, ensure_removable, removal_steps
    from shopctl.bootstrap import bootstrap as make
    from shopctl.bootstrap import remove as take_back
    from shopctl.commands.asking import ask_for_name
    from shopctl.commands.composition import interruptible, open_cloud, open_paths, open_spec
    from shopctl.control import real_world
    from shopctl.progress import StepWatcher, show_progress
    from shopctl.runs.executors import Conduct, DryRunExecutor
    from shopctl.runs.steps import run_steps
    from shopctl.views import report_data, show_report

    paths = open_paths()
    spec = open_spec(paths, env)
    ground = Ground(spec, open_cloud(paths, spec), real_world())
    verb = "bootstrap --remove" if remove else "bootstrap"
    with interruptible() as should_stop, show_progress(f"{verb} {env}", as_json=as_json) as progress:
        conduct = Conduct(StepWatcher(progress), 4, should_stop, f"shopctl {verb} --env {env}")
        if remove:
            ensure_removable(ground)
        if dry_run:
            steps = removal_steps(ground) if remove else bootstrap_steps(ground)
            report = run_steps(steps, DryRunExecutor(), conduct.observer, max_parallel=4)
        elif remove:
            with progress.suspended():
                ask_for_name(env, f"shopctl {verb} --env {env} --yes", "The journal and all states are deleted.", yes)
            report = take_back(ground, conduct)
        else:
            report = make(ground, conduct)
    return Result("bootstrap", {"env": env, "dry_run": dry_run, "steps": report_data(report)}, show_report(report))
