"""`shopctl gate`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shopctl.commands import options
from shopctl.output import Result


class Form(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"


def gate(
    env: options.Env = "local",
    bundle: Annotated[str | None, typer.Option(metavar="ID", help="Another plan bundle than the newest.")] = None,
    form: Annotated[Form, typer.Option("--format", help="How the report is written.")] = Form.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report here and not to stdout.")
    ] = None,
    as_json: options.Json = False,
) -> Result:
    """Judge a plan bundle: plan policies and checkov. Exit code 3 where it refuses.

    The report names what failed and what the shop would suffer, what is waived by whom until when, what only the
    apply will tell, and what nobody looked at.

    Examples:

        shopctl plan && shopctl gate

        shopctl gate --env prod --format sarif -o gate.sarif
    """
    from shopctl.commands.composition import open_environment, start_scan
    from shopctl.commands.reporting import judge_bundle, write_report
    from shopctl.errors import ExitCode
    from shopctl.gate.report import as_data

    environment = open_environment(env, read_only=True)
    found, verdict = judge_bundle(environment, bundle, start_scan(environment))
    human = write_report(verdict, form.value, output)
    code = ExitCode.DONE if verdict.is_passed else ExitCode.GATE_REFUSED
    return Result("gate", {"bundle": found.manifest.id, **as_data(verdict)}, human, code)
