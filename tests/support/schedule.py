"""A schedule that a test chooses: actors take turns, one at a time, and time passes only when all of them wait.

Each actor is a thread that runs until it reaches a point where others may come between (``pause``) or waits
(``sleep``). Whose turn it is, is asked of ``choose``; so a test can walk through every order, or draw one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Thread, current_thread

Choose = Callable[[int], int]  # how many may go on -> which one does


class Killed(BaseException):
    """Ends an actor where it stands, as SIGKILL does: what catches Exception doesn't catch it."""


@dataclass(slots=True, eq=False)
class Actor:
    name: str
    thread: Thread
    turn: Semaphore
    wakes_at: float = 0.0
    is_killed: bool = False
    is_done: bool = False
    error: BaseException | None = None


class Schedule:
    """Runs actors under one choice of order."""

    def __init__(self, choose: Choose) -> None:
        self.now = 0.0
        self._choose = choose
        self._actors: dict[str, Actor] = {}
        self._back = Event()

    def add(self, name: str, work: Callable[[], object]) -> None:
        """Add an actor; one may add another while it runs."""

        def body() -> None:
            actor = self._actors[name]
            actor.turn.wait()
            actor.turn.clear()
            try:
                if not actor.is_killed:
                    work()
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001 - raised again on the test's own thread
                actor.error = error
            actor.is_done = True
            self._back.set()

        actor = Actor(name, Thread(target=body, name=name, daemon=True), wakes_at=self.now)
        self._actors[name] = actor
        actor.thread.start()

    def run(self) -> None:
        """Let the actors act until all are done. Raises the first error of an actor."""
        while waiting := [actor for actor in self._actors.values() if not actor.is_done]:
            self.now = max(self.now, min(actor.wakes_at for actor in waiting))
            ready = [actor for actor in waiting if actor.wakes_at <= self.now]
            self._give_turn(ready[self._choose(len(ready)) if len(ready) > 1 else 0])
        for actor in self._actors.values():
            if actor.error is not None:
                raise actor.error

    def kill(self, name: str) -> None:
        """End an actor at the point where it stands."""
        actor = self._actors[name]
        actor.is_killed = True
        actor.wakes_at = self.now

    def pause(self) -> None:
        """Let others come between. Does nothing on a thread that is no actor."""
        self._yield(0.0)

    def sleep(self, seconds: float) -> None:
        """Wait that long in the schedule's own time."""
        self._yield(seconds)

    def is_done(self, name: str) -> bool:
        return self._actors[name].is_done

    def _give_turn(self, actor: Actor) -> None:
        self._back.clear()
        actor.turn.set()
        self._back.wait()

    def _yield(self, seconds: float) -> None:
        actor = self._actors.get(current_thread().name)
        if actor is None or actor.thread is not current_thread():
            return
        actor.wakes_at = self.now + seconds
        self._back.set()
        actor.turn.wait()
        actor.turn.clear()
        if actor.is_killed:
            raise Killed


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
