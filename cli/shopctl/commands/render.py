"""`shopctl render`."""

from __future__ import annotations

from shopctl.commands import options
from shopctl.output import Result


def render(
    env: options.Env = "local",
    stack: options.Stacks = None,
    as_json: options.Json = False,
) -> Result:
    """Show the Terraform variables that env.yaml, the facts and the other stacks' outputs make.

    A stack whose inputs are not known yet is named with what it waits for.

    Examples:

        shopctl render

        shopctl render --stack site@primary
    """
    from shopctl.commands.composition import open_environment
    from shopctl.render import MissingUpstream
    from shopctl.render import render as render_stack

    environment = open_environment(env, read_only=True)
    graph = environment.graph.select(tuple(stack or ()))
    upstream = environment.upstream_of(graph.stacks)
    rendered: dict[str, str] = {}
    waiting: dict[str, list[str]] = {}
    for item in graph:
        try:
            rendered[str(item.id)] = render_stack(environment.spec, environment.facts, item, upstream)
        except MissingUpstream as missing:
            waiting[str(item.id)] = [str(needed) for needed in missing.inputs]
    texts = [f"# {name}\n{text}" for name, text in rendered.items()]
    texts += [f"# {name}: waits for {', '.join(needed)}" for name, needed in waiting.items()]
    return Result("render", {"tfvars": rendered, "waiting": waiting}, "\n".join(texts))
