"""How rules ask: answers, and checks over each resource of some types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from shopctl.gate.model import Answer, Check, Circumstances, Outcome
from shopctl.plan import UNKNOWN, Change, JsonValue, Plan, Unknown

# None where the rule has nothing to say about this resource.
Judge: TypeAlias = Callable[[Change], Answer | None]


def passed(detail: str) -> Answer:
    """The resource keeps the rule."""
    return Answer(Outcome.PASS, detail)


def failed(detail: str, harm: str = "") -> Answer:
    """The resource breaks the rule; ``harm`` says it more exactly than the rule does."""
    return Answer(Outcome.FAIL, detail, harm)


def unknown(detail: str) -> Answer:
    """Only the apply will tell."""
    return Answer(Outcome.UNKNOWN, f"{detail} is known after apply")


def each(judges: Mapping[str, Judge]) -> Check:
    """A check that asks the judge of a type about every resource of it that is there after the apply."""

    def check(plan: Plan, _: Circumstances) -> Iterator[tuple[Change, Answer]]:
        for change in plan.resources(*judges):
            answer = judges[change.type](change)
            if answer is not None:
                yield change, answer

    return check


def is_on(*path: str | int) -> Judge:
    """A judge of a switch that must be true."""
    return switch(*path, want=True)


def is_off(*path: str | int) -> Judge:
    """A judge of a switch that must not be true; absent is off."""
    return switch(*path, want=False)


def switch(*path: str | int, want: bool) -> Judge:
    """A judge of a switch; absent counts as off. Terraform's providers write some booleans as text."""
    name = ".".join(str(step) for step in path)

    def judge(change: Change) -> Answer:
        value = change.value(*path)
        if value is UNKNOWN:
            return unknown(name)
        is_set = value is True or value == "true"
        return passed(f"{name} is {_word(is_set)}") if is_set == want else failed(f"{name} is {_word(is_set)}")

    return judge


def is_given(*path: str | int) -> Judge:
    """A judge of a value that must not be empty."""
    name = ".".join(str(step) for step in path)

    def judge(change: Change) -> Answer:
        value = change.value(*path)
        if value is UNKNOWN:
            return unknown(name)
        return passed(f"{name} is set") if value else failed(f"{name} is not set")

    return judge


def worst(answers: Iterable[Answer | None], otherwise: Answer) -> Answer:
    """The first failure, else the first unknown, else the first answer, else ``otherwise``."""
    found = [answer for answer in answers if answer is not None]
    ranked = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS)
    return next((answer for outcome in ranked for answer in found if answer.outcome is outcome), otherwise)


def companions(plan: Plan, bucket: Change, kind: str) -> tuple[Change, ...] | Unknown:
    """The resources of a type that configure a bucket; ``UNKNOWN`` where it cannot be told which do.

    They name it by an id. While that is unknown, a companion is taken to be in the bucket's module under
    the bucket's key, unless there are more such buckets than companions.
    """
    near = [other for other in plan.resources(kind) if _is_beside(other, bucket)]
    twins = [other for other in plan.resources(bucket.type) if (other.module, other.key) == (bucket.module, bucket.key)]
    undecided = [other for other in near if other.value("bucket") is UNKNOWN]
    if undecided and len(undecided) < len(twins):
        return UNKNOWN
    return tuple(near)


def statements(policy: JsonValue) -> tuple[Mapping[str, JsonValue], ...] | None:
    """The statements of a policy document in JSON; None where the text is no policy."""
    try:
        found = json.loads(policy)["Statement"]
    except (TypeError, ValueError, KeyError):
        return None
    return tuple(found) if isinstance(found, list) else (found,)


def listed(value: JsonValue) -> tuple[JsonValue, ...]:
    """A value that policies may write as one or as a list."""
    return tuple(value) if isinstance(value, list) else (value,)


def _is_beside(other: Change, bucket: Change) -> bool:
    target = other.value("bucket")
    if target is UNKNOWN:
        return (other.module, other.key) == (bucket.module, bucket.key)
    return bool(target == bucket.value("bucket"))


def _word(is_set: bool) -> str:
    return "true" if is_set else "false"
