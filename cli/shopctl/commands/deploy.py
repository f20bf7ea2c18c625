"""`shopctl deploy`."""

from __future__ import annotations

from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.errors import UsageError
from shopctl.output import Result


def deploy(
    env: options.Env = "local",
    stack: options.Stacks = None,
    bundle: Annotated[
        str | None, typer.Option("--bundle", metavar="ID", help="Apply this plan bundle and nothing else; see plan.")
    ] = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> Result:
    """Plan, gate and apply the environment's stacks, as one journalled run.

    What can be planned is planned first and shown; after your yes the stacks are applied in waves, side by side
    where nothing forbids it. A stack whose inputs are not known yet is planned and gated when its turn comes.
    Killed or interrupted at any moment, `shopctl resume` goes on.

    Examples:

        shopctl deploy

        shopctl deploy --env prod --dry-run

        shopctl deploy --stack site@dr --yes

        shopctl deploy --bundle 20261121T104501Z-1a2b
    """
    from shopctl.commands.running import Manner, run_operation
    from shopctl.rollout import Request

    if bundle and dry_run:
        raise UsageError("--bundle and --dry-run do not go together", f"to look at it: shopctl gate --bundle {bundle}")
    request = Request("deploy", tuple(stack or ()))
    return run_operation(env, request, Manner(dry_run=dry_run, yes=yes, as_json=as_json, bundle=bundle))
