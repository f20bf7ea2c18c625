"""`shopctl destroy`."""

from __future__ import annotations

from shopctl.commands import options
from shopctl.output import Result


def destroy(
    env: options.Env = "local",
    stack: options.Stacks = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> Result:
    """Take the environment's stacks down, in the opposite order of deploy.

    Asks for the environment's name. Empties versioned buckets, deletes secrets without a waiting time, and leaves only
    the bootstrap buckets and the keys that AWS deletes later. Refuses for a protected environment. Can be run again
    after being cut off.

    Examples:

        shopctl destroy

        shopctl destroy --env dev --dry-run

        shopctl destroy --stack edge --yes
    """
    from shopctl.commands.running import Manner, run_operation
    from shopctl.rollout import Request

    request = Request("destroy", tuple(stack or ()))
    return run_operation(env, request, Manner(dry_run=dry_run, yes=yes, as_json=as_json))
