"""`shopctl doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.output import Result


def doctor(
    env: options.Env = "local",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing where all is well.")] = False,
    as_json: options.Json = False,
) -> Result:
    """Check what this machine needs, and the credentials of an environment that lives in AWS.

    Examples:

        shopctl doctor

        shopctl doctor --env prod
    """
    import os

    from shopctl.commands.composition import open_paths, open_spec
    from shopctl.doctor import examine
    from shopctl.errors import ExitCode
    from shopctl.views import checks_data, show_checks

    paths = open_paths()
    checks = examine(paths, open_spec(paths, env), os.environ)
    is_well = all(check.is_well for check in checks)
    human = "" if quiet and is_well else show_checks(checks)
    code = ExitCode.DONE if is_well else ExitCode.USAGE
    return Result("doctor", {"env": env, "well": is_well, "checks": checks_data(checks)}, human, code)
