"""`shopctl deploy`."""

from __future__ import annotations

from shopctl.commands import options
from shopctl.output import Result


def deploy(
    env: options.Env = "local",
    stack: options.Stacks = None,
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
    """
    from shopctl.commands.running import run_operation
    from shopctl.rollout import Request

    return run_operation(env, Request("deploy", tuple(stack or ())), dry_run=dry_run, yes=yes, as_json=as_json)
