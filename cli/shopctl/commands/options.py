"""The options that mean the same on every command."""

from __future__ import annotations

from typing import Annotated

import typer

Env = Annotated[
    str, typer.Option("--env", "-e", envvar="SHOPCTL_ENV", metavar="NAME", help="The environment to act on.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON envelope on stdout, also on failure.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, step by step; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to the questions that this command asks.")]
Stacks = Annotated[
    list[str] | None,
    typer.Option(
        "--stack", "-s", metavar="STACK", help="Only this stack, e.g. site, site@eu-west-1, base@dr. Repeatable."
    ),
]
