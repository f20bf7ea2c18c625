"""What a person sees while an operation works: a live tree on a terminal, plain lines elsewhere.

Operations speak to ``Progress`` from several threads; both faces show the same facts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from shopctl.output import console
from shopctl.runs.steps import Step, StepResult
from shopctl.terraform.events import ApplyComplete, ApplyErrored, ApplyStart, Event, PlannedChange, StateLockWait

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

SLOW_SECONDS = 10  # a resource that took longer is worth a line of its own where there is no live tree
AT_WORK = frozenset({"preparing", "planning", "recovering", "emptying", "applying", "destroying"})
MOST_RESOURCES = 6  # lines below one stack

# What one planned change counts for once it is applied; every other action is one.
_ACTIONS = {"noop": 0, "move": 0, "forget": 0, "replace": 2}


class Progress(Protocol):
    """What an operation tells; every method may be called from any thread."""

    def phase(self, subject: str, phase: str, detail: str = "") -> None:
        """Say what happens to a stack now: planning, gating, applying, done, failed …"""

    def event(self, subject: str, event: Event) -> None:
        """Pass on what Terraform says while it works on a stack."""

    def say(self, text: str) -> None:
        """Say one sentence about the whole operation."""

    def suspended(self) -> AbstractContextManager[None]:
        """Leave the screen alone while the block runs, for a question to the operator."""


@dataclass(slots=True)
class _Subject:
    """What is known of one stack: its phase, the resources under way, and how many actions are done."""

    phase: str = "waiting"
    detail: str = ""
    begun: float = field(default_factory=time.monotonic)
    under_way: dict[str, float] = field(default_factory=dict)
    planned: int = 0
    finished: int = 0

    @property
    def is_at_work(self) -> bool:
        """Whether something happens, so that the time that it takes is worth showing."""
        return self.phase in AT_WORK

    def enter(self, phase: str, detail: str) -> None:
        """Begin another phase, which counts anew: an apply tells again what its plan will do."""
        self.phase, self.detail, self.begun = phase, detail, time.monotonic()
        self.planned = self.finished = 0
        self.under_way.clear()

    def follow(self, event: Event) -> None:
        """Count what Terraform reports."""
        match event:
            case PlannedChange(action=action):
                self.planned += _ACTIONS.get(action, 1)
            case ApplyStart(address=address):
                self.under_way[address] = time.monotonic()
            case ApplyComplete(address=address) | ApplyErrored(address=address):
                self.under_way.pop(address, None)
                self.finished += 1
            case StateLockWait():
                self.detail = "waiting for the state lock"
            case _:
                pass


class LineProgress:
    """One line per phase, and one per resource that took long: for logs and CI."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._begun = time.monotonic()

    def phase(self, subject: str, phase: str, detail: str = "") -> None:
        """Print the phase."""
        self._print(f"{subject}: {phase}" + (f" ({detail})" if detail else ""))

    def event(self, subject: str, event: Event) -> None:
        """Print a resource that took long or failed."""
        match event:
            case ApplyComplete(address=address, action=action, elapsed_seconds=seconds) if seconds >= SLOW_SECONDS:
                self._print(f"{subject}: {action} {address} took {seconds} s")
            case ApplyErrored(address=address, action=action):
                self._print(f"{subject}: {action} {address} failed")
            case StateLockWait():
                self._print(f"{subject}: waiting for the state lock")
            case _:
                pass

    def say(self, text: str) -> None:
        """Print the sentence."""
        self._print(text)

    def suspended(self) -> AbstractContextManager[None]:
        """Nothing to suspend: lines are printed one by one."""
        return nullcontext()

    def _print(self, text: str) -> None:
        self._console.print(f"{time.monotonic() - self._begun:6.1f}s  {text}")


class TreeProgress:
    """A tree that redraws itself: one branch per stack, below it the resources under way."""

    def __init__(self, title: str, screen: Console) -> None:
        from rich.live import Live  # noqa: PLC0415 - only a live terminal needs it

        self._title = title
        self._screen = screen
        self._lock = threading.Lock()
        self._subjects: dict[str, _Subject] = {}
        self.live = Live(self, console=screen, refresh_per_second=4)

    def phase(self, subject: str, phase: str, detail: str = "") -> None:
        """Move a stack's branch to another phase."""
        with self._lock:
            self._subjects.setdefault(subject, _Subject()).enter(phase, detail)

    def event(self, subject: str, event: Event) -> None:
        """Follow the resources of a stack."""
        with self._lock:
            self._subjects.setdefault(subject, _Subject()).follow(event)

    def say(self, text: str) -> None:
        """Print the sentence above the tree."""
        self._screen.print(text)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Let the tree stand while the block runs, and go on with one below; not after an error, which ends it all."""
        self.live.stop()
        yield
        self.live.start()

    def __rich__(self) -> Tree:
        """Draw the tree as it stands now, no line wider and no tree taller than the screen."""
        from rich.tree import Tree  # noqa: PLC0415 - only a live terminal needs it

        tree = Tree(_line(self._title))
        with self._lock:
            busy = sum(bool(subject.under_way) for subject in self._subjects.values())
            room = (self._screen.height - len(self._subjects) - 2) // max(busy, 1)
            for name, subject in self._subjects.items():
                branch = tree.add(_line(_describe(name, subject)))
                for text in _resources(subject, most=min(max(room, 0), MOST_RESOURCES)):
                    branch.add(_line(text))
        return tree


@dataclass(frozen=True, slots=True)
class StepWatcher:
    """Tells a progress how each step of a run ended; a step itself says what it does."""

    progress: Progress

    def step_started(self, step: Step) -> None:
        """Hear that a step begins."""

    def step_ended(self, result: StepResult) -> None:
        """Pass on how it ended."""
        phase = "unchanged" if result.status == "skipped" else result.status
        self.progress.phase(subject_of(result.step), phase, result.detail if result.status == "done" else "")


def subject_of(step: Step) -> str:
    """What a step is about, without its verb: steps are named ``apply base@eu-west-1``. Pure."""
    return step.name.rpartition(" ")[2]


_SIGN = {"done": "✓", "unchanged": "✓", "failed": "✗", "paused": "‖"}


def _describe(name: str, subject: _Subject) -> str:
    """One stack in one line. Pure but for the clock."""
    sign = "…" if subject.is_at_work else _SIGN.get(subject.phase, "·")
    parts = [f"{sign} {name}", subject.phase]
    if subject.planned and subject.phase in {"applying", "destroying"}:
        parts[1] += f" {subject.finished}/{subject.planned}"
    if subject.is_at_work:
        parts.append(f"{time.monotonic() - subject.begun:.0f} s")
    return "  ".join([*parts, subject.detail]).rstrip()


def _resources(subject: _Subject, *, most: int) -> list[str]:
    """The resources under way, those that take longest first; the last line counts the others."""
    now = time.monotonic()
    lines = [f"{address}  {now - since:.0f} s" for address, since in subject.under_way.items()]
    return lines if len(lines) <= most else [*lines[: most - 1], f"and {len(lines) - most + 1} more"][:most]


def _line(text: str) -> Text:
    """A line that is cut at the edge of the screen: a wrapped one would tear the tree."""
    from rich.text import Text  # noqa: PLC0415 - only a live terminal needs it

    return Text(text, no_wrap=True, overflow="ellipsis")


@contextmanager
def show_progress(title: str, *, as_json: bool) -> Iterator[Progress]:
    """Show an operation's progress on stderr while the block runs: a tree on a terminal, else lines."""
    screen = console(stderr=True)
    if as_json or not screen.is_terminal:
        yield LineProgress()
        return
    tree = TreeProgress(title, screen)
    with tree.live:
        yield tree
