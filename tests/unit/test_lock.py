"""The run lock has one holder, however many race for it and whoever dies or sleeps on the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from shopctl.errors import ControlStoreUnavailable, LockHeld, LockLost
from shopctl.runs.lock import BEAT_SECONDS, TERM_SECONDS, EnvironmentLock, Hold
from shopctl.runs.store import Quorum, Sequence
from shopctl.runs.world import World
from support.schedule import Killed, Schedule
from support.stores import Fault, Stores, three_stores, view, world

RACES = 1000
FAULTS: tuple[Fault, ...] = ("away", "reply lost", *[None] * 18)


class Contest:
    """Runs that want the lock of one environment at the same time; each act of theirs is noted with its epoch."""

    def __init__(self, random: Random, *, faults: tuple[Fault, ...] = (None,)) -> None:
        self.stores = three_stores()
        self.acts: list[tuple[int, str]] = []
        self.refused: list[str] = []
        self.holds: dict[str, Hold] = {}
        self._fault: Callable[[str, str], Fault] = lambda _operation, _key: random.choice(faults)
        self._names: list[str] = []
        self.schedule = Schedule(random.randrange)

    def enter(self, count: int, work: Callable[[str], None]) -> None:
        """Let so many runs do the work at the same time, until all have ended."""
        self._names = [f"run {number}" for number in range(count)]
        for name in self._names:
            self.schedule.add(name, partial(work, name))
        self.schedule.run()

    def compete(self, name: str) -> None:
        """Take the lock or be refused; as its holder act once, and live until the others have ended."""
        try:
            hold = self.acquire(name)
        except LockHeld:
            self.refused.append(name)
            return
        self.act(name, hold)
        while not all(self.schedule.is_done(other) or other in self.holds for other in self._names):
            self.schedule.sleep(BEAT_SECONDS)
            hold.beat(self.world(name))

    def acquire(self, name: str) -> Hold:
        control = Quorum(tuple(view(store, fault=self._fault, pause=self.schedule.pause) for store in self.stores))
        self.holds[name] = EnvironmentLock(control, "local").acquire("deploy", name, self.world(name))
        return self.holds[name]

    def act(self, name: str, hold: Hold) -> None:
        hold.ensure_current()
        self.acts.append((hold.epoch, name))

    def world(self, name: str) -> World:
        return world(name, sleep=self.schedule.sleep)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - it draws the order of turns, nothing secret


def lock_in(stores: Stores) -> EnvironmentLock:
    return EnvironmentLock(Quorum(stores), "local")


def test_of_all_that_race_for_a_free_lock_one_wins_each_of_1000_times() -> None:
    for seed in range(RACES):
        random = seeded(seed)
        contenders = random.randint(2, 8)
        contest = Contest(random)
        contest.enter(contenders, contest.compete)
        assert len(contest.holds) == 1, f"seed {seed}"
        assert len(contest.refused) == contenders - 1, f"seed {seed}"


def test_of_all_that_race_for_a_dead_holders_lock_one_takes_over_each_time() -> None:
    for seed in range(RACES // 10):
        contest = Contest(seeded(seed))
        dead = lock_in(contest.stores).acquire("deploy", "dead", world())
        contest.enter(3, contest.compete)
        (winner,) = contest.holds.values()
        assert winner.superseded == dead.claim, f"seed {seed}"
        assert winner.epoch == dead.epoch + 1


def test_a_holder_that_wakes_up_late_is_refused() -> None:
    for seed in range(RACES // 10):
        contest = Contest(seeded(seed))
        refusals: list[str] = []

        def sleep_on_it(name: str, contest: Contest = contest, refusals: list[str] = refusals) -> None:
            hold = contest.acquire(name)
            contest.act(name, hold)
            contest.schedule.sleep(100 * TERM_SECONDS)
            for act in (partial(contest.act, name, hold), partial(hold.beat, contest.world(name))):
                with pytest.raises(LockLost, match=f"run {name} has lost the lock"):
                    act()
                refusals.append(name)

        def come_later(name: str, contest: Contest = contest) -> None:
            contest.schedule.sleep(1)
            contest.act(name, contest.acquire(name))

        contest.enter(2, lambda name: (sleep_on_it if name == "run 0" else come_later)(name))
        assert refusals == ["run 0", "run 0"], f"seed {seed}"
        assert contest.acts == [(1, "run 0"), (2, "run 1")], f"seed {seed}"


def test_whoever_dies_or_finds_stores_away_no_epoch_has_two_holders_and_no_act_comes_after_a_higher_epoch() -> None:
    holders = 0
    for seed in range(RACES // 4):
        random = seeded(seed)
        contest = Contest(random, faults=FAULTS)

        def live_and_die(name: str, contest: Contest = contest, random: Random = random) -> None:
            for _ in range(3):
                try:
                    hold = contest.acquire(name)
                    for _ in range(random.randrange(4)):
                        contest.act(name, hold)
                        contest.schedule.sleep(random.choice((0.0, BEAT_SECONDS, 3 * TERM_SECONDS)))
                    hold.release()
                except (LockHeld, LockLost, ControlStoreUnavailable):
                    contest.schedule.sleep(BEAT_SECONDS)
                if random.random() < 0.2:
                    raise Killed

        contest.enter(3, live_and_die)
        epochs = [epoch for epoch, _ in contest.acts]
        assert epochs == sorted(epochs), f"seed {seed}"
        assert len(set(contest.acts)) == len(set(epochs)), f"seed {seed}"
        holders += len(set(epochs))
    assert holders > RACES // 4, "too few got the lock to prove anything"


def test_a_released_lock_is_free_at_once_and_its_epoch_is_never_used_again() -> None:
    stores, slept = three_stores(), list[float]()
    here = world(sleep=slept.append)
    for epoch in (1, 2, 3):
        hold = lock_in(stores).acquire("deploy", f"run {epoch}", here)
        assert (hold.epoch, hold.superseded) == (epoch, None)
        hold.release()
    assert slept == []


def test_a_held_lock_refuses_with_who_what_since_when_and_what_to_do() -> None:
    stores = three_stores()
    hold = lock_in(stores).acquire("deploy", "20261121T104501Z-deploy-1a2b", world("anna"))
    alive = world("ben", sleep=lambda _seconds: hold.beat(world("anna")))
    with pytest.raises(LockHeld) as refusal:
        lock_in(stores).acquire("destroy", "other", alive)
    assert refusal.value.reason == (
        "local is locked: deploy (run 20261121T104501Z-deploy-1a2b) by anna@laptop (pid 4242) "
        "since 2026-11-21T10:45:01Z"
    )
    assert "15 s after its last sign of life" in refusal.value.fix


def test_a_silent_holder_is_taken_over_only_after_its_whole_term() -> None:
    stores, waited = three_stores(), list[float]()
    lock_in(stores).acquire("deploy", "dead", world("anna"))
    lock_in(stores).acquire("deploy", "next", world("ben", sleep=waited.append))
    assert sum(waited) == TERM_SECONDS


def test_a_sign_of_life_in_the_last_moment_of_the_term_counts() -> None:
    stores, waited = three_stores(), list[float]()
    hold = lock_in(stores).acquire("deploy", "slow", world("anna"))

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if sum(waited) == TERM_SECONDS:
            hold.beat(world("anna"))

    with pytest.raises(LockHeld):
        lock_in(stores).acquire("deploy", "next", world("ben", sleep=wait))
    hold.ensure_current()


def test_a_claim_whose_votes_are_split_is_stepped_over_after_a_term_if_it_may_still_be_decided() -> None:
    stores, waited = three_stores(), list[float]()
    key = "lock/local/claims/000001.json"
    stores[0].objects[key], stores[1].objects[key], stores[2].is_away = b"a", b"b", True
    assert lock_in(stores).acquire("deploy", "next", world(sleep=waited.append)).epoch == 2
    assert sum(waited) == TERM_SECONDS


def test_the_lock_can_be_looked_at_without_changing_anything() -> None:
    stores = three_stores()
    looking = EnvironmentLock(Quorum(stores, read_only=True), "local")
    assert looking.view() is None
    hold = lock_in(stores).acquire("deploy", "run", world())
    writes = [store.writes for store in stores]
    seen = looking.view()
    assert seen is not None
    assert (seen.claim, seen.is_released, seen.last_beat_at) == (hold.claim, False, "2026-11-21T10:45:02Z")
    hold.release()
    seen = looking.view()
    assert seen is not None
    assert seen.is_released
    assert [store.writes - before for store, before in zip(stores, writes, strict=True)] == [1, 1, 1]


def test_a_region_that_was_away_catches_up_with_all_that_the_environment_keeps() -> None:
    stores = three_stores()
    stores[2].is_away = True
    hold = lock_in(stores).acquire("deploy", "run", world())
    Sequence(Quorum(stores), "runs/local/run/").append(1, b"record")
    hold.release()
    stores[2].is_away = False
    assert lock_in(stores).catch_up() == 3
    assert lock_in(stores).catch_up() == 0
    kept = [{key: body for key, body in store.objects.items() if not key.startswith("beats/")} for store in stores]
    assert kept[0] == kept[1] == kept[2]
