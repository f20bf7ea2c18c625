"""A journal tells the truth after any crash, and shows when somebody touched it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from shopctl.errors import ControlStoreUnavailable, LockLost
from shopctl.facts import Facts
from shopctl.runs.history import RunStatus, history, run_ids
from shopctl.runs.journal import Journal, JournalBroken, StepHistory, new_run_id
from shopctl.runs.lock import EnvironmentLock
from shopctl.runs.records import Event, Finished, Intent, Note, Outcome, PausedEvent, Resumed, Started
from shopctl.runs.store import Quorum
from shopctl.runs.versions import fact_log
from support.schedule import Choose, Killed, Schedule, every_order
from support.stores import EPOCH, Stores, dying, three_stores, view, world

RUN = "20261121T104501Z-deploy-1a2b"
STARTED = Started(operation="deploy", by=world().actor, version="0.1.0", steps=("base", "site"))


def open_journal(stores: Stores, *, epoch: int = 1, run: str = RUN) -> Journal:
    return Journal(Quorum(stores), "local", run, epoch=epoch, world=world(f"epoch {epoch}"))


def written(stores: Stores, *events: Event) -> Journal:
    journal = open_journal(stores)
    for event in events:
        journal.write(event)
    return journal


def key(number: int, run: str = RUN) -> str:
    return f"runs/local/{run}/{number:06d}.json"


def test_what_was_written_is_read_back_in_order_by_another_process() -> None:
    stores = three_stores()
    events = (
        STARTED,
        Intent(step="base"),
        Note(step="base", topic="terraform", facts={"pid": 77, "created": 1.5, "host": "laptop"}),
        Outcome(step="base", result="done", detail="7 added"),
        PausedEvent(reason="approve the second wave", next_command="shopctl resume"),
        Resumed(by=world().actor, steps=("base", "site")),
        Finished(result="done", steps_done=2, steps_total=2),
    )
    written(stores, *events)
    assert tuple(record.event for record in open_journal(stores).records) == events


def test_a_record_has_these_fields_and_no_others() -> None:
    stores = three_stores()
    written(stores, STARTED)
    record = json.loads(stores[0].objects[key(1)])
    assert set(record) == {"format", "run", "seq", "prev", "epoch", "at", "nonce", "event"}
    assert set(record["event"]) == {"kind", "operation", "by", "version", "steps", "request", "digests"}
    assert (record["format"], record["seq"], record["prev"], record["at"]) == (1, 1, "0" * 64, "2026-11-21T10:45:01Z")


def edit(stores: Stores, number: int, old: bytes, new: bytes) -> None:
    for store in stores:
        assert old in store.objects[key(number)]
        store.objects[key(number)] = store.objects[key(number)].replace(old, new)


def test_an_edited_record_is_found_by_the_one_behind_it() -> None:
    stores = three_stores()
    written(
        stores, STARTED, Outcome(step="base", result="failed"), Finished(result="failed", steps_done=0, steps_total=2)
    )
    edit(stores, 2, b'"failed"', b'"done"')
    with pytest.raises(JournalBroken, match=f"record 3 of run {RUN} .* does not follow the record before it"):
        open_journal(stores)


def test_a_missing_record_is_found_by_the_one_behind_it() -> None:
    stores = three_stores()
    written(stores, STARTED, Intent(step="base"), Intent(step="site"))
    for store in stores:
        del store.objects[key(2)]
    with pytest.raises(JournalBroken, match=r"record 3 .* does not follow"):
        open_journal(stores)


def test_a_record_of_another_run_or_another_number_is_refused() -> None:
    stores = three_stores()
    written(stores, STARTED, Intent(step="base"))
    other = "20261121T110000Z-destroy-ffff"
    for store in stores:
        store.objects[key(1, other)] = store.objects[key(1)]
        store.objects[key(3)] = store.objects[key(2)]
    with pytest.raises(JournalBroken, match=f"record 1 of run {other} .* belongs to run {RUN}"):
        open_journal(stores, run=other)
    with pytest.raises(JournalBroken, match=r"record 3 .* was written as record 2"):
        open_journal(stores)


def test_a_record_with_a_field_that_nobody_knows_is_refused_without_showing_its_content() -> None:
    stores = three_stores()
    written(stores, STARTED)
    edit(stores, 1, b'"format":1', b'"format":1,"password":"hunter2"')
    with pytest.raises(JournalBroken, match="can't be read") as broken:
        open_journal(stores)
    assert "hunter2" not in str(broken.value)


def test_an_edit_in_one_region_alone_is_outvoted_and_repaired() -> None:
    stores = three_stores()
    written(stores, STARTED, Intent(step="base"))
    edit(stores[1:2], 2, b"base", b"site")
    assert open_journal(stores).records[1].event == Intent(step="base")
    assert stores[1].objects[key(2)] == stores[0].objects[key(2)]


@pytest.mark.parametrize("away", range(3))
def test_killed_at_any_call_a_journal_keeps_all_that_was_written_and_can_be_gone_on_with(away: int) -> None:
    events: tuple[Event, ...] = (STARTED, Intent(step="base"), Outcome(step="base", result="done"))
    returned: list[Event] = []
    calls = 0
    while len(returned) < len(events):
        stores, returned = three_stores(), []
        with suppress(Killed):
            write_with(dying(stores, after=calls), events, returned)
        stores[away].is_away = True
        journal = open_journal(stores, epoch=2)
        kept = [record.event for record in journal.records]
        assert kept[: len(returned)] == returned
        assert kept == list(events[: len(kept)])
        journal.write(Resumed(by=world().actor, steps=("base",)))
        stores[away].is_away = False
        assert [record.event for record in open_journal(stores).records] == [*kept, journal.records[-1].event]
        calls += 1
    assert calls > 9


def write_with(stores: Stores, events: tuple[Event, ...], returned: list[Event]) -> None:
    journal = open_journal(stores)
    for event in events:
        journal.write(event)
        returned.append(event)


def test_a_writer_without_the_lock_is_refused_by_the_first_record_of_its_successor() -> None:
    stores = three_stores()
    old = written(stores, STARTED)
    new = open_journal(stores, epoch=2)
    new.write(Resumed(by=world().actor, steps=("base",)))
    with pytest.raises(LockLost, match="carried on under epoch 2"):
        old.write(Intent(step="base"))
    assert [record.epoch for record in open_journal(stores).records] == [1, 2]


def test_a_late_record_of_the_predecessor_is_taken_in_and_stays_in_the_chain() -> None:
    stores = three_stores()
    old = written(stores, STARTED)
    new = open_journal(stores, epoch=2)
    old.write(Intent(step="base"))
    new.write(Resumed(by=world().actor, steps=("base",)))
    assert [record.event.kind for record in open_journal(stores).records] == ["started", "intent", "resumed"]
    assert [record.event.kind for record in new.records] == ["started", "intent", "resumed"]


def test_two_epochs_that_write_at_the_same_time_leave_one_chain_in_every_order() -> None:
    def trial(choose: Choose) -> None:
        stores, schedule = three_stores(), Schedule(choose)
        written(stores, STARTED)
        seen = tuple(view(store, pause=schedule.pause) for store in stores)
        old, new = open_journal(seen, epoch=1), open_journal(seen, epoch=2)

        def write_late() -> None:
            with suppress(LockLost):
                old.write(Intent(step="base"))

        schedule.add("old", write_late)
        schedule.add("new", lambda: new.write(Resumed(by=world().actor, steps=("base",))))
        schedule.run()
        kinds = [record.event.kind for record in open_journal(stores).records]
        assert kinds in (["started", "resumed"], ["started", "intent", "resumed"])

    assert every_order(trial) > 100


def test_a_write_that_failed_and_turned_up_later_does_not_break_the_chain() -> None:
    stores = three_stores()
    journal = written(stores, STARTED)
    stores[1].is_away = stores[2].is_away = True
    with pytest.raises(ControlStoreUnavailable):
        journal.write(Intent(step="base"))
    stores[1].is_away = stores[2].is_away = False
    journal.write(Outcome(step="base", result="done"))
    kinds = [record.event.kind for record in open_journal(stores).records]
    assert kinds == ["started", "intent", "outcome"]


def test_threads_of_one_run_write_one_chain() -> None:
    stores = three_stores()
    journal = written(stores, STARTED)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: journal.write(Intent(step=f"step {number}")), range(40)))
    assert open_journal(stores).records == journal.records
    assert len(journal.records) == 41


def test_the_history_of_a_step_tells_an_attempt_that_was_cut_off_from_one_that_ended() -> None:
    journal = written(three_stores(), STARTED, Intent(step="base"), Outcome(step="base", result="failed"))
    outcome = journal.history("base").outcome
    assert outcome is not None
    assert outcome.result == "failed"
    journal.write(Intent(step="base"))
    journal.write(Note(step="base", topic="terraform", facts={"pid": 1}))
    journal.write(Note(step="base", topic="terraform", facts={"pid": 2}))
    again = journal.history("base")
    assert (again.is_begun, again.outcome) == (True, None)
    note = again.latest("terraform")
    assert note is not None
    assert note.facts == {"pid": 2}
    assert journal.history("site") == StepHistory(is_begun=False, outcome=None, notes=())


def test_run_ids_sort_by_time_and_name_their_operation() -> None:
    run = new_run_id("deploy", world())
    later = new_run_id("destroy", world(since=EPOCH + timedelta(seconds=1)))
    assert (run, later) == ("20261121T104501Z-deploy-0000", "20261121T104502Z-destroy-0000")
    assert run < later


def summary_status(stores: Stores, *events: Event, holder: str | None = None) -> RunStatus:
    written(stores, STARTED, *events)
    control = Quorum(stores)
    if holder:
        EnvironmentLock(control, "local").acquire("deploy", holder, world())
    return history(control, "local")[0].status


DONE = Finished(result="done", steps_done=2, steps_total=2)
PAUSE = PausedEvent(reason="approve", next_command="shopctl resume")
RESUMED = Resumed(by=world().actor, steps=("base",))


@pytest.mark.parametrize(
    ("events", "holder", "status"),
    [
        ((DONE,), None, "done"),
        ((Finished(result="failed", steps_done=1, steps_total=2),), RUN, "failed"),
        ((PAUSE,), None, "paused"),
        ((PAUSE, RESUMED), RUN, "running"),
        ((PAUSE, RESUMED), None, "cut off"),
        ((), RUN, "running"),
        ((), "another run", "cut off"),
    ],
)
def test_history_says_how_a_run_ended_or_whether_it_still_goes_on(
    events: tuple[Event, ...], holder: str | None, status: RunStatus
) -> None:
    assert summary_status(three_stores(), *events, holder=holder) == status


def test_history_shows_the_newest_runs_first_with_who_and_how_far() -> None:
    stores = three_stores()
    control = Quorum(stores)
    for number in range(3):
        run = f"2026112{number}T104501Z-deploy-1a2b"
        journal = open_journal(stores, run=run)
        for event in (STARTED, Intent(step="base"), Outcome(step="base", result="done"), PAUSE):
            journal.write(event)
    assert len(run_ids(control, "local")) == 3
    newest, older = history(control, "local", limit=2)
    assert (newest.run, older.run) == ("20261122T104501Z-deploy-1a2b", "20261121T104501Z-deploy-1a2b")
    assert (newest.by, newest.steps_done, newest.steps_total) == ("anna@laptop (pid 4242)", 1, 2)
    assert (newest.next_command, newest.is_resumable) == ("shopctl resume", True)


def test_a_run_that_was_cut_off_before_its_first_record_counted_is_not_in_the_history() -> None:
    stores = three_stores()
    written(stores, STARTED)
    for store in stores[1:]:
        store.objects.clear()
    assert history(Quorum(stores, read_only=True), "local") == ()


def test_facts_are_read_as_last_written_and_unchanged_facts_write_nothing() -> None:
    stores = three_stores()
    log, lock = fact_log(Quorum(stores), "local"), EnvironmentLock(Quorum(stores), "local")
    assert log.newest() is None
    hold = lock.acquire("bootstrap", RUN, world())
    first = log.write(Facts(active_region="eu-central-1"), hold, world())
    assert log.write(Facts(active_region="eu-central-1"), hold, world()) == first
    second = log.write(Facts(active_region="eu-west-1"), hold, world())
    assert log.newest() == second
    assert (first.version, second.version, second.epoch, second.run) == (1, 2, 1, RUN)


def test_facts_can_not_be_written_by_a_run_that_lost_the_lock() -> None:
    stores = three_stores()
    log, lock = fact_log(Quorum(stores), "local"), EnvironmentLock(Quorum(stores), "local")
    late = lock.acquire("deploy", "late", world())
    lock.acquire("failover", "next", world())
    with pytest.raises(LockLost):
        log.write(Facts(active_region="eu-central-1"), late, world())
    assert log.newest() is None


def test_the_newest_facts_are_those_of_the_highest_epoch_in_every_order() -> None:
    def trial(choose: Choose) -> None:
        stores, schedule = three_stores()[:1], Schedule(choose)
        control = Quorum((view(stores[0], pause=schedule.pause),))
        log, lock = fact_log(control, "local"), EnvironmentLock(control, "local")
        late = lock.acquire("deploy", "late", world("late"))

        def write_late() -> None:
            with suppress(LockLost):
                log.write(Facts(active_region="eu-central-1"), late, world("late"))

        def take_over_and_write() -> None:
            hold = lock.acquire("failover", "next", world("next"))
            log.write(Facts(active_region="eu-west-1"), hold, world("next"))

        schedule.add("late", write_late)
        schedule.add("next", take_over_and_write)
        schedule.run()
        newest = log.newest()
        assert newest is not None
        assert newest.value.active_region == "eu-west-1"

    assert every_order(trial) > 500
