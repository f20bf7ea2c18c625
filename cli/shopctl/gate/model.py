"""The words of the gate: rules, findings, circumstances, verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias

from shopctl.plan import Change, Plan
from shopctl.stacks import StackId


class Outcome(StrEnum):
    """What a rule says about one resource. What only the apply will tell is UNKNOWN, never FAIL."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


class Severity(StrEnum):
    """How much the shop would suffer; it sorts the report, any FAIL refuses."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a rule must know beside the plan."""

    operation: Literal["deploy", "destroy"]
    protected: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's word about one resource. ``harm`` says what the shop would suffer, ``fix`` what to change.

    ``place`` is ``file:line`` of the code where the rule read code and not a plan; ``stack`` is then None.
    """

    outcome: Outcome
    rule: str
    severity: Severity
    stack: StackId | None
    address: str
    detail: str
    harm: str
    fix: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says about one resource; ``harm`` where it can say it more exactly than the rule does."""

    outcome: Outcome
    detail: str
    harm: str = ""


Check: TypeAlias = Callable[[Plan, Circumstances], Iterator[tuple[Change, Answer]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy. ``check`` is pure and yields each resource that it judges with its answer.

    ``types`` are the resource types that the rule knows; the report names those that no rule knows.
    """

    id: str
    title: str
    severity: Severity
    types: frozenset[str]
    harm: str
    fix: str
    check: Check

    @property
    def concern(self) -> str:
        """The concern that the id names, such as DATA."""
        return self.id.split("-")[1]

    def findings(self, plan: Plan, circumstances: Circumstances) -> Iterator[Finding]:
        """Judge a plan. Pure."""
        for change, answer in self.check(plan, circumstances):
            yield Finding(
                outcome=answer.outcome,
                rule=self.id,
                severity=self.severity,
                stack=plan.stack,
                address=change.address,
                detail=answer.detail,
                harm=answer.harm or self.harm,
                fix=self.fix,
            )


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody's named, dated and expiring permission to break a rule at some addresses."""

    rule: str
    stack: str
    address: str
    reason: str
    owner: str
    expires: date

    def __str__(self) -> str:
        return f"{self.rule} {self.stack} {self.address} ({self.owner}, until {self.expires})"


@dataclass(frozen=True, slots=True)
class Waived:
    """A failure that a waiver lets through."""

    finding: Finding
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """Something that nobody looked at, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scanner that read the code: checkov."""

    tool: str
    rules: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    passed: int = 0
    not_evaluated: tuple[NotEvaluated, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer, with what it did and did not look at. Only ``is_passed`` opens the gate."""

    failures: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    unknowns: tuple[Finding, ...]
    passes: tuple[Finding, ...]
    rules: tuple[str, ...]
    expired_waivers: tuple[Waiver, ...]
    unused_waivers: tuple[Waiver, ...]
    not_evaluated: tuple[NotEvaluated, ...]

    @property
    def is_passed(self) -> bool:
        """Whether no failure is left that nobody waived."""
        return not self.failures
