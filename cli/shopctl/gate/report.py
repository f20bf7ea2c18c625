"""A verdict as plain text, Markdown, and data for ``--json``.

Each form names the rules that ran and what nobody looked at. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from shopctl.gate.model import Finding, Verdict, Waived, Waiver

FORMAT: Final = 1


def render_text(verdict: Verdict) -> str:
    """The verdict for a terminal or a log, without colour."""
    return "\n".join(_text_lines(verdict)) + "\n"


def render_markdown(verdict: Verdict) -> str:
    """The verdict for a pull request or a summary of CI."""
    return "\n".join(_markdown_lines(verdict)) + "\n"


def as_data(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data for JSON, with a version of its form."""
    return {
        "format": FORMAT,
        "passed": verdict.is_passed,
        "counts": counts(verdict),
        "failures": [_finding(finding) for finding in verdict.failures],
        "waived": [_finding(item.finding) | {"waiver": _waiver(item.waiver)} for item in verdict.waived],
        "unknown": [_finding(finding) for finding in verdict.unknowns],
        "rules": list(verdict.rules),
        "expired_waivers": [_waiver(waiver) for waiver in verdict.expired_waivers],
        "unused_waivers": [_waiver(waiver) for waiver in verdict.unused_waivers],
        "not_evaluated": [{"what": item.what, "why": item.why} for item in verdict.not_evaluated],
    }


def counts(verdict: Verdict) -> dict[str, int]:
    """How many findings there are of each kind."""
    return {
        "failed": len(verdict.failures),
        "waived": len(verdict.waived),
        "unknown": len(verdict.unknowns),
        "passed": len(verdict.passes),
    }


def headline(verdict: Verdict) -> str:
    """The verdict in one line."""
    told = ", ".join(f"{count} {name}" for name, count in counts(verdict).items())
    return f"Gate {'passed' if verdict.is_passed else 'REFUSED'}: {told}"


def _text_lines(verdict: Verdict) -> Iterator[str]:
    yield headline(verdict)
    for finding in verdict.failures:
        yield from ("", f"FAIL {_what(finding)}", *_reasons(finding))
    for item in verdict.waived:
        yield from ("", f"WAIVED {_what(item.finding)}", f"  {item.finding.detail}", f"  {_permission(item)}")
    yield from _section("Known only after the apply", (f"{_what(one)}: {one.detail}" for one in verdict.unknowns))
    yield from _section("Waivers that have expired", map(str, verdict.expired_waivers))
    yield from _section("Waivers that nothing needs", map(str, verdict.unused_waivers))
    yield from _section("Not evaluated", (f"{item.what}: {item.why}" for item in verdict.not_evaluated))
    yield from _section("Rules", (", ".join(verdict.rules),))


def _what(finding: Finding) -> str:
    place = finding.place or finding.stack
    return f"{finding.rule} ({finding.severity}) {place}: {finding.address}"


def _reasons(finding: Finding) -> tuple[str, ...]:
    reasons = ("  " + finding.detail, f"  the harm: {finding.harm}", f"  the fix: {finding.fix}")
    return tuple(reason for reason in reasons if not reason.endswith(": "))


def _permission(item: Waived) -> str:
    return f"waived by {item.waiver.owner} until {item.waiver.expires}: {item.waiver.reason}"


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"  {item}" for item in items]
    if lines:
        yield from ("", f"{title}:", *lines)


def _markdown_lines(verdict: Verdict) -> Iterator[str]:
    yield f"## {headline(verdict)}"
    if verdict.failures:
        yield from ("", "| rule | where | what | the shop would suffer | fix |", "|---|---|---|---|---|")
        for finding in verdict.failures:
            where = f"{finding.place or finding.stack} `{finding.address}`"
            yield _row(f"{finding.rule} ({finding.severity})", where, finding.detail, finding.harm, finding.fix)
    if verdict.waived:
        yield from ("", "| waived | where | by |", "|---|---|---|")
        for item in verdict.waived:
            yield _row(item.finding.rule, f"`{item.finding.address}`", _permission(item))
    yield from _details("Known only after the apply", (f"{_what(one)}: {one.detail}" for one in verdict.unknowns))
    yield from _details("Waivers that have expired", map(str, verdict.expired_waivers))
    yield from _details("Waivers that nothing needs", map(str, verdict.unused_waivers))
    yield from _details("Not evaluated", (f"{item.what}: {item.why}" for item in verdict.not_evaluated))
    yield from _details("Rules", verdict.rules)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _details(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"- {item}" for item in items]
    if lines:
        yield from ("", f"<details><summary>{title} ({len(lines)})</summary>", "", *lines, "", "</details>")


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "stack": None if finding.stack is None else str(finding.stack),
        "address": finding.address,
        "place": finding.place,
        "detail": finding.detail,
        "harm": finding.harm,
        "fix": finding.fix,
    }


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {
        "rule": waiver.rule,
        "stack": waiver.stack,
        "address": waiver.address,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "expires": waiver.expires.isoformat(),
    }
