"""`shopctl plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.output import Result


def plan(
    env: options.Env = "local",
    stack: options.Stacks = None,
    destroy: Annotated[bool, typer.Option("--destroy", help="Plan to take the stacks down.")] = False,
    as_json: options.Json = False,
) -> Result:
    """Show what a deploy would do, and keep it as a plan bundle that `deploy --bundle` applies.

    A stack whose inputs are not known yet is deferred: it is planned and gated in its turn of the deploy. The bundle is
    bound to code, variables, states, tools, account and facts; where one of them changes, it is refused.

    Examples:

        shopctl plan

        shopctl plan --env prod --stack site --json
    """
    from rich.console import Group
    from rich.text import Text

    from shopctl.commands.composition import interruptible, open_environment
    from shopctl.pipeline import Direction, draft_stacks
    from shopctl.progress import show_progress
    from shopctl.sealing import seal
    from shopctl.views import drafts_data, show_drafts

    environment = open_environment(env, read_only=True)
    graph = environment.graph.select(tuple(stack or ()))
    direction: Direction = "down" if destroy else "up"
    with interruptible(environment.terraform), show_progress(f"plan {env}", as_json=as_json) as progress:
        drafts = draft_stacks(environment, graph, progress, direction=direction)
    bundle = seal(environment, graph, drafts, direction)
    data = {"bundle": bundle.manifest.id, "expires_at": bundle.manifest.expires_at.isoformat(), **drafts_data(drafts)}
    expiry = f"{bundle.manifest.expires_at:%Y-%m-%d %H:%M} UTC"
    hint = f"bundle {bundle.manifest.id}, good until {expiry}\nnext: shopctl gate --env {env}"
    if not destroy:
        hint += f", then: shopctl deploy --env {env} --bundle {bundle.manifest.id}"
    return Result("plan", data, Group(show_drafts(drafts), Text(hint)))
