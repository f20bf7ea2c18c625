"""Watchers of runs for tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from shopctl.runs.steps import Step, StepResult


@dataclass
class Watcher:
    """Remembers what it was told, in a word or two each."""

    seen: list[str] = field(default_factory=list)

    def step_started(self, step: Step) -> None:
        self.seen.append(f"{step.name} started")

    def step_ended(self, result: StepResult) -> None:
        self.seen.append(f"{result.step.name} {result.status}")

    @property
    def ends(self) -> list[str]:
        """How the steps ended, in the order in which they did."""
        return [line for line in self.seen if not line.endswith(" started")]
