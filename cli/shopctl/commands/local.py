"""``shopctl local``: the local cloud of this checkout. The only part of shopctl that knows how to run one."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from shopctl.commands.options import Json, Yes
from shopctl.errors import PrerequisiteError, Refused
from shopctl.files import find_paths
from shopctl.output import Result

app = typer.Typer(help="Start, stop and look at the local cloud.", no_args_is_help=True)

Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.", show_default="that of the last run, or 4566"
    ),
]
Region = Annotated[str, typer.Option(help="The region that tools shall use.")]
Wipe = Annotated[bool, typer.Option("--wipe", help="Also delete everything that is in the local cloud.")]


@app.command()
def up(port: Port = None, as_json: Json = False) -> Result:
    """Start the local cloud in the background, with the state it had.

    Example:  shopctl local up --port 0
    """
    from localcloud import control

    if find_spec("ministack") is None:
        raise PrerequisiteError("the local cloud isn't installed here", "install it: uv sync --group local")
    home = _home()
    try:
        started = control.start(home, port)
    except control.PortTaken as error:
        fix = "stop that program, or take another port: shopctl local up --port 0"
        raise PrerequisiteError(str(error), fix) from error
    except control.StateUnreadable as error:
        fix = "use the version that wrote it, or start empty: shopctl local down --wipe"
        raise PrerequisiteError(str(error), fix) from error
    except (control.StartFailed, ValueError) as error:
        fix = f"look into {home / 'localcloud' / 'log.txt'}, then: shopctl local down; shopctl local up"
        raise PrerequisiteError(str(error), fix) from error
    word = "already runs" if started.was_running else "runs"
    runtime = started.runtime
    return Result(
        "local up",
        {**asdict(runtime), "was_running": started.was_running},
        f"The local cloud {word} at {runtime.endpoint} (pid {runtime.pid}).\n"
        'Use it from your shell:  eval "$(shopctl local env)"',
    )


@app.command()
def down(wipe: Wipe = False, yes: Yes = False, as_json: Json = False) -> Result:
    """Stop the local cloud; its state stays for the next start.

    Example:  shopctl local down --wipe --yes
    """
    from localcloud import control

    home = _home()
    if wipe and not yes and not typer.confirm(f"Delete everything in the local cloud of {home}?", err=True):
        raise Refused(
            "nothing was stopped or deleted", "to delete without being asked: shopctl local down --wipe --yes"
        )
    was_running = control.stop(home)
    if wipe:
        control.wipe(home)
    did = "stopped" if was_running else "did not run"
    state = "its state is deleted" if wipe else "its state is kept"
    return Result("local down", {"was_running": was_running, "wiped": wipe}, f"The local cloud {did}; {state}.")


@app.command()
def status(as_json: Json = False) -> Result:
    """Say whether the local cloud runs, where, and how much it holds."""
    from localcloud.place import Place

    place = Place(_home())
    runtime = _runtime(place)
    state_bytes = place.state.stat().st_size if place.state.exists() else 0
    data = {"is_running": runtime is not None, **(asdict(runtime) if runtime else {}), "state_bytes": state_bytes}
    where = f"runs at {runtime.endpoint} (pid {runtime.pid})" if runtime else "does not run (shopctl local up)"
    return Result(
        "local status", data, f"The local cloud {where}; it holds {state_bytes / 1e6:.1f} MB in {place.state}."
    )


@app.command()
def env(region: Region = "eu-central-1", as_json: Json = False) -> Result:
    """Print the exports with which AWS's own tools and a bare Terraform use the local cloud.

    Example:  eval "$(shopctl local env)"; aws s3 ls
    """
    from localcloud import control
    from localcloud.place import Place

    runtime = _runtime(Place(_home()))
    if runtime is None:
        raise PrerequisiteError("the local cloud does not run", "start it: shopctl local up")
    variables, unset = control.environment(runtime, region, os.environ)
    lines = [f"unset {name}" for name in unset]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return Result("local env", {"set": variables, "unset": list(unset)}, "\n".join(lines))


def _home() -> Path:
    return find_paths(Path.cwd(), os.environ).home


def _runtime(place: Any) -> Any:
    try:
        return place.runtime()
    except ValueError as error:
        raise PrerequisiteError(str(error), f"delete {place.runtime_file}, then: shopctl local up") from error
