"""`shopctl status`."""

from __future__ import annotations

from shopctl.commands import options
from shopctl.output import Result


def status(
    env: options.Env = "local",
    as_json: options.Json = False,
) -> Result:
    """Show what stands where: each stack's resources and state, who holds a lock, and the last run.

    Examples:

        shopctl status

        shopctl status --env prod --json
    """
    from shopctl.commands.composition import open_environment
    from shopctl.status import read_status
    from shopctl.views import show_status, status_data

    found = read_status(open_environment(env, read_only=True))
    return Result("status", status_data(found), show_status(found))
