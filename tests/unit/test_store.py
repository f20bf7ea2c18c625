"""The quorum keeps its promises under every order of two writers, and under drawn orders and faults of more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopctl.errors import ControlStoreUnavailable
from shopctl.runs.store import RESTING_CALLS, Chosen, Open, Quorum, Sequence, Split, Verdict
from support.schedule import Choose, Killed, Schedule, every_order
from support.stores import Fault, MemoryStore, Stores, only, three_stores, view

KEY = "log/000001.json"
FAULTS: tuple[Fault, ...] = ("away", "reply lost")


def client(stores: Stores, schedule: Schedule) -> Quorum:
    return Quorum(tuple(view(store, pause=schedule.pause) for store in stores))


def test_of_two_writers_exactly_one_wins_in_every_order_and_both_learn_which() -> None:
    def trial(choose: Choose) -> None:
        stores, schedule, verdicts = three_stores(), Schedule(choose), dict[str, Verdict]()

        def write(name: str) -> None:
            verdicts[name] = client(stores, schedule).append(KEY, name.encode())

        schedule.add("a", lambda: write("a"))
        schedule.add("b", lambda: write("b"))
        schedule.run()
        assert verdicts["a"] == verdicts["b"]
        assert verdicts["a"] in (Chosen(b"a"), Chosen(b"b"))
        assert len({store.objects[KEY] for store in stores}) == 1

    assert every_order(trial) > 100


def test_a_writer_that_is_killed_anywhere_leaves_a_record_that_all_agree_on() -> None:
    def trial(choose: Choose) -> None:
        stores, schedule, verdicts = three_stores(), Schedule(choose), dict[str, Verdict]()

        def perhaps_die() -> None:
            schedule.pause()
            if choose(2):
                raise Killed

        def write(name: str, control: Quorum) -> None:
            verdicts[name] = control.append(KEY, name.encode())

        mortal = Quorum(tuple(view(store, pause=perhaps_die) for store in stores))
        schedule.add("mortal", lambda: write("mortal", mortal))
        schedule.add("other", lambda: write("other", client(stores, schedule)))
        schedule.run()
        assert verdicts["other"] in (Chosen(b"mortal"), Chosen(b"other"))
        assert set(verdicts.values()) == {Quorum(stores).read(KEY)}

    assert every_order(trial) > 300


@pytest.mark.parametrize("away", range(3))
def test_with_one_region_away_two_writers_still_decide_in_every_order(away: int) -> None:
    def trial(choose: Choose) -> None:
        stores, schedule, verdicts = three_stores(), Schedule(choose), list[Verdict]()

        def write(body: bytes) -> None:
            seen = tuple(view(store, pause=schedule.pause) for store in stores)
            seen[away].is_away = True
            verdicts.append(Quorum(seen).append(KEY, body))

        schedule.add("a", lambda: write(b"a"))
        schedule.add("b", lambda: write(b"b"))
        schedule.run()
        assert verdicts in ([Chosen(b"a")] * 2, [Chosen(b"b")] * 2)

    assert every_order(trial) > 50


@dataclass(frozen=True)
class Seen:
    """A verdict, and the turns at which its question began and ended."""

    began: int
    ended: int
    verdict: Verdict


class Storm:
    """Writers and readers of one number over stores that fail by chance, and what each of them saw."""

    def __init__(self, random: Random) -> None:
        self.stores = three_stores()
        self.seen: list[Seen] = []
        self._random = random
        self._turns = count()
        self._schedule = Schedule(random.randrange)

    def rage(self, writers: int, readers: int) -> None:
        for number in range(writers):
            self._schedule.add(f"writer {number}", partial(self._write, f"{number}".encode()))
        for number in range(readers):
            self._schedule.add(f"reader {number}", self._read)
        self._schedule.run()

    def _write(self, body: bytes) -> None:
        control = self._client()
        for _ in range(3):
            self._note(lambda: control.append(KEY, body))

    def _read(self) -> None:
        control = self._client()
        for _ in range(4):
            self._note(lambda: control.read(KEY))

    def _note(self, question: Callable[[], Verdict]) -> None:
        began = next(self._turns)
        try:
            verdict = question()
        except ControlStoreUnavailable:
            return
        self.seen.append(Seen(began, next(self._turns), verdict))

    def _client(self) -> Quorum:
        return Quorum(tuple(view(store, fault=self._fault, pause=self._schedule.pause) for store in self.stores))

    def _fault(self, _operation: str, _key: str) -> Fault:
        return self._random.choice(("away", "reply lost", None, None, None, None))


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.integers(1, 4), st.integers(0, 2))
def test_what_was_chosen_once_is_chosen_for_all_and_for_ever(random: Random, writers: int, readers: int) -> None:
    storm = Storm(random)
    storm.rage(writers, readers)
    chosen = [seen for seen in storm.seen if isinstance(seen.verdict, Chosen)]
    final = Quorum(storm.stores).read(KEY)
    assert {seen.verdict for seen in chosen} <= {final}
    for seen in storm.seen:
        if seen.verdict == Open():
            assert not any(earlier.ended < seen.began for earlier in chosen), "open after it was chosen"
        if seen.verdict == Split(final=True):
            assert final == Split(final=True)


def test_one_writer_is_never_split_by_any_single_fault() -> None:
    for store, fault, operation in product(range(3), FAULTS, ("create", "get", "put")):
        stores = three_stores()
        stores[store].fault = only(operation, fault)
        assert Quorum(stores).append(KEY, b"mine") == Chosen(b"mine")
        assert Quorum(stores).read(KEY) == Chosen(b"mine")


def test_a_retry_after_a_lost_reply_recognises_its_own_write() -> None:
    stores = three_stores()
    for store in stores:
        store.fault = lambda _operation, _key: "reply lost"
    control = Quorum(stores)
    with pytest.raises(ControlStoreUnavailable):
        control.append(KEY, b"mine")
    for store in stores:
        store.fault = lambda _operation, _key: None
    assert control.append(KEY, b"mine") == Chosen(b"mine")


@pytest.mark.parametrize("holder", range(3))
def test_a_record_that_its_dead_writer_put_into_one_store_is_completed_by_the_next_reader(holder: int) -> None:
    stores = three_stores()
    stores[holder].objects[KEY] = b"half"
    assert Quorum(stores).read(KEY) == Chosen(b"half")
    assert [store.objects.get(KEY) for store in stores] == [b"half"] * 3


def test_a_read_only_quorum_writes_nothing_and_reports_a_half_written_record_as_open() -> None:
    stores = three_stores()
    stores[0].objects[KEY] = b"half"
    assert Quorum(stores, read_only=True).read(KEY) == Open()
    stores[1].objects[KEY] = b"half"
    assert Quorum(stores, read_only=True).read(KEY) == Chosen(b"half")
    assert sum(store.writes for store in stores) == 0


def test_three_different_votes_are_void_and_two_are_undecided_until_the_third_store_returns() -> None:
    stores = three_stores()
    stores[0].objects[KEY], stores[1].objects[KEY] = b"a", b"b"
    stores[2].is_away = True
    assert Quorum(stores).read(KEY) == Split(final=False)
    stores[2].is_away = False
    assert Quorum(stores).read(KEY) == Chosen(b"a")
    stores = three_stores()
    for store, vote in zip(stores, (b"a", b"b", b"c"), strict=True):
        store.objects[KEY] = vote
    assert Quorum(stores).read(KEY) == Split(final=True)


def test_two_stores_carry_on_while_one_region_is_away_and_it_catches_up_when_it_returns() -> None:
    stores = three_stores()
    control = Quorum(stores)
    stores[0].is_away = True
    for number in range(1, 4):
        assert isinstance(Sequence(control, "log/").append(number, f"{number}".encode()), Chosen)
    assert [str(fault) for fault in control.faults] == ["eu-central-1: no answer"]
    stores[0].is_away = False
    assert Quorum(stores).repair("log/") == 3
    assert stores[0].objects == stores[1].objects == stores[2].objects
    assert Quorum(stores).repair("log/") == 0


def test_reading_what_all_stores_hold_writes_nothing() -> None:
    stores = three_stores()
    control = Quorum(stores)
    control.append(KEY, b"x")
    control.read(KEY)
    assert [store.writes for store in stores] == [1, 1, 1]


def test_an_outvoted_copy_is_replaced_by_what_the_majority_holds() -> None:
    stores = three_stores()
    stores[0].objects[KEY], stores[1].objects[KEY], stores[2].objects[KEY] = b"lost", b"won", b"won"
    assert Quorum(stores).read(KEY) == Chosen(b"won")
    assert stores[0].objects[KEY] == b"won"


def test_a_dead_region_is_asked_once_in_a_while_and_not_at_each_call() -> None:
    stores = three_stores()
    asked: list[str] = []
    stores[0].is_away = True
    stores[0].pause = lambda: asked.append("first")
    control = Quorum(stores)
    for number in range(1, 2 * RESTING_CALLS):
        Sequence(control, "log/").append(number, b"x")
    assert len(asked) == 2


def test_one_of_three_answers_is_not_enough_and_the_error_says_who_was_missing() -> None:
    stores = three_stores()
    stores[0].is_away = stores[2].is_away = True
    control = Quorum(stores)
    with pytest.raises(ControlStoreUnavailable, match=r"only 1 of 3 .* eu-central-1: no answer; eu-north-1: no answer"):
        control.read(KEY)


def test_an_environment_in_one_region_has_a_quorum_of_one() -> None:
    control = Quorum((MemoryStore("eu-central-1"),))
    assert control.append(KEY, b"a") == Chosen(b"a")
    assert control.append(KEY, b"b") == Chosen(b"a")
    with pytest.raises(ValueError, match="one store or three"):
        Quorum((MemoryStore("a"), MemoryStore("b")))


def test_a_sequence_lists_its_numbers_in_order_and_ignores_what_is_no_record() -> None:
    stores = three_stores()
    sequence = Sequence(Quorum(stores), "log/")
    for number in (1, 2, 10):
        sequence.append(number, b"x")
    stores[0].objects["log/readme.txt"] = b"somebody was here"
    assert sequence.numbers() == (1, 2, 10)
    assert sequence.numbers(after=2) == (10,)
    assert sequence.last() == (10, Chosen(b"x"))
