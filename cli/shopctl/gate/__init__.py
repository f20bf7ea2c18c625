"""The gate: which plans may be applied.

Core: every rule is a pure function over one plan and builds its findings from scratch.
"""

from shopctl.gate.catalogue import RULES, render_catalogue
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
from shopctl.gate.verdict import Case, PlanIncomplete, evaluate
from shopctl.gate.waivers import load_waivers, parse_waivers

__all__ = [
    "RULES",
    "Case",
    "Circumstances",
    "Finding",
    "NotEvaluated",
    "Outcome",
    "PlanIncomplete",
    "Rule",
    "Scan",
    "Severity",
    "Verdict",
    "Waived",
    "Waiver",
    "evaluate",
    "load_waivers",
    "parse_waivers",
    "render_catalogue",
]
