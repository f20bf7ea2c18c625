"""`shopctl outputs`."""

from __future__ import annotations

from shopctl.commands import options
from shopctl.output import Result


def outputs(
    env: options.Env = "local",
    stack: options.Stacks = None,
    as_json: options.Json = False,
) -> Result:
    """Show the stacks' outputs: ids, ARNs, URLs. Sensitive ones are left out.

    Examples:

        shopctl outputs

        shopctl outputs --stack site@primary --json
    """
    from shopctl.commands.composition import open_environment
    from shopctl.views import show_outputs

    environment = open_environment(env, read_only=True)
    graph = environment.graph.select(tuple(stack or ()))
    found = {str(item.id): environment.outputs_of(item) or {} for item in graph}
    human = show_outputs(found) if any(found.values()) else f"{env} has no outputs yet; deploy it: shopctl deploy"
    return Result("outputs", {"stacks": found}, human)
