"""Which state an alarm is in, by the metric's values. Pure.

Source: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, "How alarm state is
evaluated when data is missing" and "Avoiding premature transitions to alarm state".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

# How many periods before the evaluated ones are looked at when some of those have no data. AWS's examples have two.
FURTHER_BACK = 2

BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """``needed`` of the last ``periods`` values must breach. ``missing_data`` says what counts for no value."""

    periods: int
    needed: int
    missing_data: str = "missing"


def evaluate(breaches: Sequence[bool | None], rule: Rule) -> State | None:
    """The state for the last periods, the oldest first; None where a period has no data. None: the state stays.

    ``breaches`` holds ``rule.periods + FURTHER_BACK`` items.
    """
    present = [breach for breach in breaches if breach is not None]
    if not present:
        return _without_data(rule.missing_data)
    if len(present) >= rule.periods:
        return _state(sum(present[-rule.periods :]), rule)
    absent = rule.periods - len(present)
    if rule.missing_data == "breaching":
        return _state(sum(present) + absent, rule)
    if rule.missing_data == "notBreaching" or not all(present) or sum(present) >= rule.needed:
        return _state(sum(present), rule)
    if rule.missing_data == "missing" and _is_old_enough(breaches, rule):
        return "ALARM"
    return None


def _without_data(missing_data: str) -> State | None:
    states: Mapping[str, State | None] = {"breaching": "ALARM", "notBreaching": "OK", "ignore": None}
    return states.get(missing_data, "INSUFFICIENT_DATA")


def _state(breaching: int, rule: Rule) -> State:
    return "ALARM" if breaching >= rule.needed else "OK"


def _is_old_enough(breaches: Sequence[bool | None], rule: Rule) -> bool:
    """Whether the oldest breach among the evaluated periods is so old that the next value needn't be waited for."""
    oldest = next((age for age in range(rule.periods, 0, -1) if breaches[-age]), 0)
    return oldest >= rule.needed
