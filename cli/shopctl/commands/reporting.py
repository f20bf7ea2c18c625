"""What `shopctl gate` does with a bundle: judge it, and write the report in the form that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from shopctl.bundle import Bundle
from shopctl.commands.running import Gatekeeper
from shopctl.environment import Environment
from shopctl.files import atomic_write
from shopctl.gate import RULES, NotEvaluated, Scan, Verdict
from shopctl.gate.report import as_data, render_markdown, render_text
from shopctl.gate.sarif import as_sarif
from shopctl.sealing import find_bundle, unseal


def judge_bundle(environment: Environment, name: str | None, scan: Callable[[], Scan]) -> tuple[Bundle, Verdict]:
    """Put a bundle's plans through the gate; what it defers is named as not evaluated.

    Raises: BundleRefused where there is none, or it was edited.
    """
    bundle = find_bundle(environment, name)
    drafts = unseal(environment, environment.graph, bundle)
    unseen = tuple(
        NotEvaluated(entry.stack, f"deferred until {entry.deferred} is known")
        for entry in bundle.manifest.stacks
        if entry.deferred
    )
    return bundle, Gatekeeper(environment, scan).evaluate(bundle.manifest.made_in.operation, drafts.plans, unseen)


def write_report(verdict: Verdict, form: Literal["text", "json", "sarif", "markdown"], output: Path | None) -> str:
    """Render the report; with ``output`` write it there and return one line that says so.

    Raises: PrerequisiteError where the file cannot be written.
    """
    text = render_report(verdict, form)
    if output is None:
        return text.rstrip("\n")
    atomic_write(output, text.encode(), 0o644)
    return f"the gate {'passed' if verdict.is_passed else 'REFUSED'}; report in {output}"


def render_report(verdict: Verdict, form: Literal["text", "json", "sarif", "markdown"]) -> str:
    """The report in one of its forms. Pure."""
    match form:
        case "text":
            return render_text(verdict)
        case "markdown":
            return render_markdown(verdict)
        case "json":
            return json.dumps(as_data(verdict), indent=2) + "\n"
        case "sarif":
            return json.dumps(as_sarif(verdict, RULES, version("shopctl")), indent=2) + "\n"
