"""`shopctl local`: the local cloud of this checkout. The only part of shopctl that knows how to run one."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopctl.commands import options
from shopctl.commands.asking import ask_yes
from shopctl.errors import PrerequisiteError
from shopctl.output import Result

if TYPE_CHECKING:
    from localcloud.place import Place, Runtime

app = typer.Typer(help="Start, stop and look at the local cloud.", no_args_is_help=True)

Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.", show_default="that of the last run, or 4566"
    ),
]
Region = Annotated[str, typer.Option(help="The region that the tools shall use.")]
Wipe = Annotated[bool, typer.Option("--wipe", help="Also delete everything that is in the local cloud.")]


@app.command()
def up(port: Port = None, as_json: options.Json = False) -> Result:
    """Start the local cloud in the background, with the state that it had. Does nothing when it runs.

    Examples:

        shopctl local up

        shopctl local up --port 0
    """
    from localcloud import control

    if find_spec("ministack") is None:
        raise PrerequisiteError("the local cloud isn't installed here", "install it: uv sync --group local")
    place = _place()
    try:
        started = control.start(place.home, port)
    except control.PortTaken as error:
        fix = "stop that program, or take another port: shopctl local up --port 0"
        raise PrerequisiteError(str(error), fix) from error
    except control.StateUnreadable as error:
        fix = "use the version that wrote it, or start empty: shopctl local down --wipe"
        raise PrerequisiteError(str(error), fix) from error
    except (control.StartFailed, ValueError) as error:
        fix = f"look into {place.log}, then: shopctl local down; shopctl local up"
        raise PrerequisiteError(str(error), fix) from error
    runtime = started.runtime
    word = "already runs" if started.was_running else "runs"
    return Result(
        "local up",
        {**asdict(runtime), "was_running": started.was_running},
        f"The local cloud {word} at {runtime.endpoint} (pid {runtime.pid}).\n"
        'To use it from your shell:  eval "$(shopctl local env)"',
    )


@app.command()
def down(wipe: Wipe = False, yes: options.Yes = False, as_json: options.Json = False) -> Result:
    """Stop the local cloud. Its state stays for the next start unless --wipe says otherwise.

    Examples:

        shopctl local down

        shopctl local down --wipe --yes
    """
    from localcloud import control

    place = _place()
    if wipe:
        ask_yes(f"Delete everything in the local cloud of {place.home}?", "shopctl local down --wipe --yes", yes)
    _runtime(place)
    was_running = control.stop(place.home)
    if wipe:
        control.wipe(place.home)
    did = "stopped" if was_running else "did not run"
    state = "its state is deleted" if wipe else "its state is kept"
    return Result("local down", {"was_running": was_running, "wiped": wipe}, f"The local cloud {did}; {state}.")


@app.command()
def status(as_json: options.Json = False) -> Result:
    """Say whether the local cloud runs, where, and how much it holds.

    Examples:

        shopctl local status --json
    """
    place = _place()
    runtime = _runtime(place)
    data = {"is_running": runtime is not None, "state_bytes": place.state_bytes(), "folder": str(place.folder)}
    where = (
        f"runs at {runtime.endpoint} (pid {runtime.pid})" if runtime else "does not run (start it: shopctl local up)"
    )
    return Result(
        "local status",
        data | (asdict(runtime) if runtime else {}),
        f"The local cloud {where}.\nIts state takes {place.state_bytes() / 1e6:.1f} MB in {place.folder}.",
    )


@app.command()
def env(region: Region = "eu-central-1", as_json: options.Json = False) -> Result:
    """Print the exports with which AWS's own tools and a bare Terraform use the local cloud.

    Examples:

        eval "$(shopctl local env)"; aws s3 ls
    """
    from localcloud import control

    runtime = _runtime(_place())
    if runtime is None:
        raise PrerequisiteError("the local cloud does not run", "start it: shopctl local up")
    variables, unset = control.environment(runtime, region, os.environ)
    lines = [f"unset {name}" for name in unset]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return Result("local env", {"set": variables, "unset": list(unset)}, "\n".join(lines))


def _place() -> Place:
    from localcloud.place import Place
    from shopctl.files import find_paths

    return Place(find_paths(Path.cwd(), os.environ).home)


def _runtime(place: Place) -> Runtime | None:
    try:
        return place.runtime()
    except ValueError as error:
        raise PrerequisiteError(str(error), f"delete {place.runtime_file}, then: shopctl local up") from error
