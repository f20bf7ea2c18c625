"""A schedule that a test chooses: actors take turns, one at a time, and time passes only when all of them wait.

Each actor is a thread that runs until it reaches a point where others may come between (``pause``) or waits
(``sleep``). Whose turn it is, is asked of ``choose``; so a test can walk through every order, or draw one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread, local

Choose = Callable[[int], int]  # how many may go on -> which one does


class Killed(BaseException):
    """Ends an actor where it stands, as SIGKILL does: what catches Exception doesn't catch it."""


@dataclass(slots=True, eq=False)
class Actor:
    """One thread of the play. It acts while it has the turn; whoever has it hands it on."""

    name: str
    turn: Lock  # taken at first; released by whoever hands the turn on
    wakes_at: float
    is_done: bool = False
    error: BaseException | None = None


class Schedule:
    """Runs actors under one choice of order."""

    def __init__(self, choose: Choose) -> None:
        self.now = 0.0
        self._choose = choose
        self._actors: dict[str, Actor] = {}
        self._own = local()
        self._curtain = _taken()

    def add(self, name: str, work: Callable[[], object]) -> None:
        """Add an actor, before or while the others act."""
        actor = Actor(name, _taken(), wakes_at=self.now)
        self._actors[name] = actor
        Thread(target=self._play, args=(actor, work), name=name, daemon=True).start()

    def run(self) -> None:
        """Let the actors act until all are done, or one fails: then its error is raised here, and nobody goes on."""
        self._hand_on()
        self._curtain.acquire()
        for actor in self._actors.values():
            if actor.error is not None:
                raise actor.error

    def pause(self) -> None:
        """Let others come between. Does nothing on a thread that is no actor."""
        self.sleep(0.0)

    def sleep(self, seconds: float) -> None:
        """Wait that long in the schedule's own time."""
        actor: Actor | None = getattr(self._own, "actor", None)
        if actor is not None:
            actor.wakes_at = self.now + seconds
            if self._hand_on(actor):
                actor.turn.acquire()

    def is_done(self, name: str) -> bool:
        """Tell whether an actor's work has ended."""
        return self._actors[name].is_done

    def _play(self, actor: Actor, work: Callable[[], object]) -> None:
        actor.turn.acquire()
        self._own.actor = actor
        try:
            with suppress(Killed):
                work()
            actor.is_done = True
            self._hand_on()
        except BaseException as error:  # noqa: BLE001 - raised again on the test's own thread
            actor.error = error
            self._curtain.release()

    def _hand_on(self, holder: Actor | None = None) -> bool:
        """Give the turn to whoever is chosen; return whether that is another than its holder."""
        waiting = [actor for actor in self._actors.values() if not actor.is_done]
        if not waiting:
            self._curtain.release()
            return True
        self.now = max(self.now, min(actor.wakes_at for actor in waiting))
        ready = [actor for actor in waiting if actor.wakes_at <= self.now]
        chosen = ready[self._choose(len(ready)) if len(ready) > 1 else 0]
        if chosen is not holder:
            chosen.turn.release()
        return chosen is not holder


def _taken() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


def every_order(trial: Callable[[Choose], None]) -> int:
    """Run the trial under every sequence of choices that it can meet; return how many there were.

    The trial must depend on nothing but the choices.
    """
    path: list[int] = []
    count = 0
    while True:
        widths: list[int] = []

        def choose(width: int, widths: list[int] = widths) -> int:
            step = len(widths)
            widths.append(width)
            if step == len(path):
                path.append(0)
            return path[step]

        trial(choose)
        count += 1
        while path and path[-1] + 1 == widths[len(path) - 1]:
            path.pop()
        if not path:
            return count
        path[-1] += 1
