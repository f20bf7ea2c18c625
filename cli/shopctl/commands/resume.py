"""`shopctl resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.output import Result


def resume(
    env: options.Env = "local",
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Another run than the newest; see history.")] = None,
    unlock: Annotated[
        str | None,
        typer.Option(metavar="LOCK", help="Release this state lock: you vouch that the process that held it is gone."),
    ] = None,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Close the run as it is and do no more; what it made stays.")
    ] = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> Result:
    """Go on with a run that was killed, interrupted, paused or failed.

    Waits for a Terraform that still works, releases the lock of one that is provably dead, takes in what it made
    but did not save, and then does what is left. Steps that are done are left alone. A run that was stopped before
    its first step shows its plan and asks, as a new one does.

    Examples:

        shopctl resume

        shopctl resume --env prod --run 20261121T104501Z-deploy-1a2b
    """
    from shopctl.commands.running import abandon_run, resume_run

    if abandon:
        return abandon_run(env, run)
    return resume_run(env, run=run, unlock=unlock, yes=yes, as_json=as_json)
