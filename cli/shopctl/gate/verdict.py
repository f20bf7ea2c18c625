"""Judging plans: every rule over every plan, then the waivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from shopctl.errors import GateRefused
from shopctl.gate.model import (
    Circumstances,
    Finding,
    NotEvaluated,
    Outcome,
    Rule,
    Scan,
    Severity,
    Verdict,
    Waived,
    Waiver,
)
from shopctl.gate.waivers import covers
from shopctl.plan import Plan

_WEIGHT = {severity: weight for weight, severity in enumerate(Severity)}


class PlanIncomplete(GateRefused):
    """Terraform marked the plan as errored or incomplete, so no rule can vouch for it."""

    code = "plan_incomplete"


@dataclass(frozen=True, slots=True)
class Case:
    """What the gate decides on. ``unseen`` names what could not be put before it, such as deferred stacks."""

    plans: tuple[Plan, ...]
    circumstances: Circumstances
    today: date
    waivers: tuple[Waiver, ...] = ()
    scan: Scan | None = None
    unseen: tuple[NotEvaluated, ...] = ()


def evaluate(case: Case, rules: tuple[Rule, ...]) -> Verdict:
    """Decide whether the plans of a case may be applied.

    Pure. Cost grows with changes x rules.
    Raises: PlanIncomplete if Terraform marked a plan as errored or incomplete.
    """
    for plan in case.plans:
        _refuse_incomplete(plan)
    judged = [finding for plan in case.plans for rule in rules for finding in rule.findings(plan, case.circumstances)]
    found = sorted([*judged, *(case.scan.findings if case.scan else ())], key=_order)
    valid = tuple(waiver for waiver in case.waivers if waiver.expires >= case.today)
    failures = [finding for finding in found if finding.outcome is Outcome.FAIL]
    waived = tuple(_waive(failures, valid))
    let_through = {item.finding for item in waived}
    used = {item.waiver for item in waived}
    return Verdict(
        failures=tuple(finding for finding in failures if finding not in let_through),
        waived=waived,
        unknowns=tuple(finding for finding in found if finding.outcome is Outcome.UNKNOWN),
        passes=tuple(finding for finding in found if finding.outcome is Outcome.PASS),
        rules=(*(rule.id for rule in rules), *(case.scan.rules if case.scan else ())),
        expired_waivers=tuple(waiver for waiver in case.waivers if waiver.expires < case.today),
        unused_waivers=tuple(waiver for waiver in valid if waiver not in used),
        not_evaluated=tuple(_not_evaluated(case, rules)),
    )


def _refuse_incomplete(plan: Plan) -> None:
    if plan.errored or not plan.complete:
        fault = "errored" if plan.errored else "not complete"
        raise PlanIncomplete(
            f"the plan of {plan.stack} is {fault}: Terraform would not apply it",
            "remove the cause and plan again: shopctl plan",
        )


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return _WEIGHT[finding.severity], finding.rule, str(finding.stack), finding.address


def _waive(failures: Iterable[Finding], waivers: tuple[Waiver, ...]) -> Iterator[Waived]:
    for finding in failures:
        waiver = next((waiver for waiver in waivers if covers(waiver, finding)), None)
        if waiver is not None:
            yield Waived(finding, waiver)


def _not_evaluated(case: Case, rules: tuple[Rule, ...]) -> Iterator[NotEvaluated]:
    yield from case.unseen
    known = frozenset[str]().union(*(rule.types for rule in rules))
    strangers = Counter(
        change.type
        for plan in case.plans
        for change in plan.changes
        if change.mode == "managed" and change.type not in known
    )
    for kind, count in sorted(strangers.items()):
        yield NotEvaluated(f"{count} {kind}", "no plan rule knows this type")
    if case.scan is None:
        yield NotEvaluated("the code", "checkov did not run")
    else:
        yield from case.scan.not_evaluated
