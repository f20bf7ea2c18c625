"""The list of commands, and the one boundary where errors become text and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence

import typer
from typer.exceptions import TyperException

from shopctl.commands import (
    bootstrap,
    deploy,
    destroy,
    doctor,
    gate,
    history,
    local,
    outputs,
    plan,
    render,
    resume,
    schema,
    status,
)
from shopctl.errors import ExitCode, Interrupted, ShopctlError, UsageError
from shopctl.output import Result, show_error, show_result
from shopctl.stopping import listen

BUILD, LOOK, HERE = "Build and take down", "Look", "This machine"

app = typer.Typer(
    name="shopctl",
    help="Runs an online shop's AWS platform for its whole life.\n\n"
    "Every command acts on the environment `local` unless --env or SHOPCTL_ENV names another.",
    epilog="Start here:  shopctl local up  then  shopctl bootstrap  then  shopctl deploy",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for command, panel in (
    (bootstrap.bootstrap, BUILD),
    (render.render, BUILD),
    (plan.plan, BUILD),
    (gate.gate, BUILD),
    (deploy.deploy, BUILD),
    (resume.resume, BUILD),
    (destroy.destroy, BUILD),
    (status.status, LOOK),
    (outputs.outputs, LOOK),
    (history.history, LOOK),
    (doctor.doctor, HERE),
    (schema.schema, HERE),
):
    app.command(rich_help_panel=panel, no_args_is_help=False)(command)
app.add_typer(local.app, name="local", rich_help_panel=HERE)


def main() -> None:
    """Run the command line of this process and exit with its code."""
    listen()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code and never raises.

    Effects: prints one result or one error (``--json``: one envelope).
    """
    as_json = "--json" in arguments
    failure: ShopctlError
    try:
        returned = app(args=list(arguments), prog_name="shopctl", standalone_mode=False)
        if isinstance(returned, Result):
            return show_result(returned, as_json=as_json)
        if returned != ExitCode.INTERRUPTED:
            return returned if isinstance(returned, int) else ExitCode.DONE
        failure = _stopped()  # typer's answer to Ctrl-C; an operation under way hears of that by itself
    except ShopctlError as error:
        failure = error
    except TyperException as error:
        if not error.format_message():  # a group without a command: typer has shown its help
            return ExitCode.USAGE
        failure = _misuse(error, name_command(arguments))
    except typer.Abort:
        failure = _stopped()
    except Exception as error:  # noqa: BLE001 - the boundary: whatever is left is a bug and must be reported as one
        failure = _bug(error)
    return show_error(failure, command=name_command(arguments), as_json=as_json)


def name_command(arguments: Sequence[str]) -> str:
    """The command that a command line means, such as ``local up``, or ``shopctl`` where it names none. Pure."""
    known: object = typer.main.get_command(app)
    names: list[str] = []
    for word in arguments:
        commands: Mapping[str, object] = getattr(known, "commands", {})
        if word not in commands:
            break
        known = commands[word]
        names.append(word)
    return " ".join(names) or "shopctl"


class _Bug(ShopctlError):
    code = "bug"
    exit_code = ExitCode.BUG


def _stopped() -> Interrupted:
    return Interrupted("stopped before anything was changed", "run the same command again")


def _misuse(error: TyperException, command: str) -> UsageError:
    fix = f"see: shopctl {command} --help"
    if command == "shopctl":
        fix = "see: shopctl --help; options follow the command, as in: shopctl status --env dev"
    return UsageError(error.format_message(), fix)


def _bug(error: Exception) -> _Bug:
    if os.environ.get("SHOPCTL_DEBUG"):
        traceback.print_exception(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return _Bug(
        f"a bug in shopctl: {type(error).__name__} at {where.filename.rpartition('/cli/')[2]}:{where.lineno} ({error})",
        "nothing is lost: `shopctl resume` goes on if a run was under way; "
        "please report this with what SHOPCTL_DEBUG=1 shows",
    )
