"""Steps run in the order of their needs, say what they are about to do, and can be picked up anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier
from threading import Event as Signal

import pytest

from shopctl.errors import AwsFailed, GateRefused, Interrupted, LockLost, Paused, ShopctlError, TerraformFailed
from shopctl.runs.executors import (
    Conduct,
    DryRunExecutor,
    StepsFailed,
    bare_executor,
    problem,
    run_journalled,
)
from shopctl.runs.history import history
from shopctl.runs.journal import Journal
from shopctl.runs.lock import EnvironmentLock, Hold
from shopctl.runs.records import Finished, Intent, Note, Outcome, PausedEvent, Resumed, Started
from shopctl.runs.steps import NoUndo, RunReport, Step, StepContext, StepResult, run_steps, sort_steps, undoing
from shopctl.runs.store import Quorum
from support.observers import Watcher
from support.schedule import Killed
from support.stores import Stores, dying, three_stores, world

FOR_EVER = NoUndo("built for ever")
RUN = "20261121T104501Z-deploy-1a2b"


@dataclass
class Builder:
    """A world of things that steps build, with what goes wrong on the way."""

    built: list[str] = field(default_factory=list)
    will_fail: dict[str, Exception] = field(default_factory=dict)
    on_build: Callable[[str], None] = lambda _name: None
    verified: list[str] = field(default_factory=list)

    def step(self, name: str, *needs: str, undo: Step | NoUndo = FOR_EVER) -> Step:
        return Step(
            name=name,
            title=f"build {name}",
            check=lambda _context: f"{name} stands" if name in self.built else None,
            do=lambda context: self._build(name, context),
            verify=lambda _context: self._verify(name),
            undo=undo,
            needs=frozenset(needs),
        )

    def _build(self, name: str, context: StepContext) -> str:
        context.note("tool", {"pid": 7})
        if name in self.will_fail:
            raise self.will_fail[name]
        self.on_build(name)
        self.built.append(name)
        return f"built {name}"

    def _verify(self, name: str) -> None:
        self.verified.append(name)


class Run:
    """One run of steps, journalled under the lock; ``again`` is what resume does."""

    def __init__(self, *, max_parallel: int = 1) -> None:
        self.stores = three_stores()
        self.watcher = Watcher()
        self.stop = Signal()
        self._parallel = max_parallel

    def begin(self, *steps: Step, stores: Stores | None = None) -> RunReport:
        journal, hold = self._open(stores or self.stores)
        journal.write(Started(operation="deploy", by=world().actor, version="1", steps=tuple(s.name for s in steps)))
        return self._go(steps, journal, hold)

    def again(self, *steps: Step) -> RunReport:
        journal, hold = self._open(self.stores)
        journal.write(Resumed(by=world().actor, steps=tuple(step.name for step in steps)))
        return self._go(steps, journal, hold)

    @property
    def events(self) -> list[str]:
        """What the journal holds, one word or two each."""
        records = Journal(Quorum(self.stores), "local", RUN, epoch=99, world=world()).records
        return [_word(record.event) for record in records]

    def _open(self, stores: Stores) -> tuple[Journal, Hold]:
        control = Quorum(stores)
        hold = EnvironmentLock(control, "local").acquire("deploy", RUN, world())
        return Journal(control, "local", RUN, epoch=hold.epoch, world=world()), hold

    def _go(self, steps: tuple[Step, ...], journal: Journal, hold: Hold) -> RunReport:
        conduct = Conduct(self.watcher, self._parallel, self.stop.is_set, "shopctl resume")
        report = run_journalled(steps, journal, hold, conduct)
        hold.release()
        return report


def _word(event: object) -> str:
    match event:
        case Outcome(step=step, result=result):
            return f"{step} {result}"
        case Finished(kind=kind, result=result):
            return f"{kind} {result}"
        case Intent(kind=kind, step=step) | Note(kind=kind, step=step):
            return f"{kind} {step}"
        case Started(kind=kind) | Resumed(kind=kind) | PausedEvent(kind=kind):
            return kind
        case _:
            raise AssertionError(event)


def test_a_step_is_announced_before_it_acts_and_its_outcome_written_after() -> None:
    run, builder = Run(), Builder()
    builder.on_build = lambda _name: run.watcher.seen.append(f"journal: {run.events[-2]}")
    run.begin(builder.step("base"))
    assert run.watcher.seen == ["base started", "journal: intent base", "base done"]
    assert run.events == ["started", "intent base", "note base", "base done", "finished done"]
    assert builder.verified == ["base"]


def test_steps_run_after_what_they_need_and_otherwise_in_their_own_order() -> None:
    builder = Builder()
    steps = (builder.step("edge", "site"), builder.step("site", "base"), builder.step("base"), builder.step("logs"))
    assert [step.name for step in sort_steps(steps)] == ["base", "site", "edge", "logs"]
    Run().begin(*steps)
    assert builder.built == ["base", "site", "edge", "logs"]


def test_steps_that_do_not_need_each_other_run_at_the_same_time() -> None:
    builder, both = Builder(), Barrier(2, timeout=20)

    def meet(name: str) -> None:
        if name != "edge":
            both.wait()

    builder.on_build = meet
    Run(max_parallel=2).begin(builder.step("a"), builder.step("b"), builder.step("edge", "a", "b"))
    assert builder.built[2] == "edge"


@pytest.mark.parametrize("bad", ["twice", "circle", "unknown"])
def test_steps_that_do_not_add_up_are_refused_before_any_of_them_runs(bad: str) -> None:
    builder = Builder()
    steps = {
        "twice": (builder.step("a"), builder.step("a")),
        "circle": (builder.step("a", "b"), builder.step("b", "a"), builder.step("c")),
        "unknown": (builder.step("c"), builder.step("a", "nowhere")),
    }[bad]
    with pytest.raises(ValueError, match="step"):
        run_steps(steps, bare_executor(lambda: False), Watcher(), max_parallel=1)
    assert builder.built == []


def test_after_a_failure_nothing_new_starts_and_what_runs_is_waited_for() -> None:
    builder, both = Builder(will_fail={"a": TerraformFailed("a broke", "mend a")}), Signal()

    def build_slowly(_name: str) -> None:
        both.wait(0.2)

    builder.on_build = build_slowly
    run = Run(max_parallel=2)
    with pytest.raises(TerraformFailed, match="a broke"):
        run.begin(builder.step("a"), builder.step("b"), builder.step("c"), builder.step("d", "a"))
    assert builder.built == ["b"]
    assert run.events[-1] == "finished failed"


def test_one_failure_is_raised_as_itself_and_several_are_named_in_one() -> None:
    builder = Builder(will_fail={"a": GateRefused("a is open", "close a"), "b": AwsFailed("b is out", "wait for b")})
    both = Barrier(2, timeout=20)
    steps = tuple(_meeting(builder.step(name), both) for name in ("a", "b"))
    with pytest.raises(StepsFailed) as several:
        Run(max_parallel=2).begin(*steps)
    assert several.value.reason == "a: a is open\nb: b is out"
    assert several.value.fix == "close a\nwait for b"
    with pytest.raises(GateRefused, match="a is open"):
        Run().begin(builder.step("a"))


def _meeting(step: Step, barrier: Barrier) -> Step:
    def do(context: StepContext) -> str:
        barrier.wait()
        return step.do(context)

    return Step(name=step.name, title=step.title, check=step.check, do=do, verify=step.verify, undo=step.undo)


def test_a_bug_is_raised_as_it_is_and_its_text_stays_out_of_the_journal() -> None:
    run, builder = Run(), Builder(will_fail={"base": KeyError("hunter2")})
    with pytest.raises(KeyError):
        run.begin(builder.step("base"))
    assert all(b"hunter2" not in body for store in run.stores for body in store.objects.values())
    assert run.events[-2:] == ["base failed", "finished failed"]


def test_a_request_to_stop_lets_the_running_step_end_and_starts_no_other() -> None:
    run, builder = Run(), Builder()
    builder.on_build = lambda _name: run.stop.set()
    with pytest.raises(Interrupted, match="1 of 2 steps done") as stopped:
        run.begin(builder.step("base"), builder.step("site"))
    assert builder.built == ["base"]
    assert "shopctl resume" in stopped.value.fix
    assert run.events[-2:] == ["base done", "finished interrupted"]


def test_a_pause_ends_the_run_with_its_next_command_and_resume_goes_on_behind_it() -> None:
    run, builder = Run(), Builder(will_fail={"site": Paused("approve the second wave", "shopctl resume --approve")})
    steps = (builder.step("base"), builder.step("site"))
    with pytest.raises(Paused):
        run.begin(*steps)
    assert run.events[-2:] == ["site paused", "paused"]
    assert history(Quorum(run.stores), "local")[0].next_command == "shopctl resume --approve"
    builder.will_fail.clear()
    report = run.again(*steps)
    assert [result.status for result in report.results] == ["skipped", "done"]
    assert builder.built == ["base", "site"]


def test_a_step_whose_outcome_is_done_is_checked_on_resume_and_not_trusted() -> None:
    run, builder = Run(), Builder(will_fail={"site": AwsFailed("no", "again")})
    steps = (builder.step("base"), builder.step("site"))
    with pytest.raises(AwsFailed):
        run.begin(*steps)
    builder.built.remove("base")
    builder.will_fail.clear()
    assert [result.status for result in run.again(*steps).results] == ["done", "done"]
    assert builder.built == ["base", "site"]


def test_a_step_learns_what_an_earlier_attempt_left_behind() -> None:
    run, builder, past = Run(), Builder(will_fail={"base": AwsFailed("no", "again")}), list[object]()
    with pytest.raises(AwsFailed):
        run.begin(builder.step("base"))

    def check(context: StepContext) -> str | None:
        note = context.past.latest("tool")
        past.append((context.past.is_begun, note and note.facts["pid"]))
        return "seen"

    step = builder.step("base")
    run.again(Step(name="base", title="", check=check, do=step.do, verify=step.verify, undo=step.undo))
    assert past == [(True, 7)]


def test_a_run_that_lost_the_lock_does_not_act_and_does_not_write() -> None:
    run, builder = Run(), Builder()
    thief = EnvironmentLock(Quorum(run.stores), "local")

    def be_robbed(_name: str) -> None:
        thief.acquire("deploy", "thief", world("ben"))

    builder.on_build = be_robbed
    with pytest.raises(LockLost):
        run.begin(builder.step("base"), builder.step("site"))
    assert builder.built == ["base"]
    assert run.events[-1] == "intent site"


def test_killed_at_any_call_to_the_control_store_a_resumed_run_completes_and_builds_nothing_twice() -> None:
    calls = 0
    while True:
        run, builder = Run(), Builder()
        steps = (builder.step("base"), builder.step("site", "base"))
        try:
            run.begin(*steps, stores=dying(run.stores, after=calls))
        except Killed:
            run.again(*steps)
            assert builder.built == ["base", "site"]
            assert run.events[-1] == "finished done"
        else:
            break
        calls += 1
    assert calls > 30


def test_a_dry_run_walks_the_same_steps_and_changes_nothing() -> None:
    builder = Builder(built=["base"])
    report = run_steps(
        (builder.step("base"), builder.step("site", "base")), DryRunExecutor(), Watcher(), max_parallel=1
    )
    assert [(result.status, result.detail) for result in report.results] == [
        ("skipped", "base stands"),
        ("would do", "build site"),
    ]
    assert builder.built == ["base"]


def test_a_check_that_would_write_to_the_journal_is_found_by_a_dry_run() -> None:
    step = Builder().step("base")

    def check(context: StepContext) -> str | None:
        context.note("tool", {})
        return None

    writing = Step(name="base", title="", check=check, do=step.do, verify=step.verify, undo=step.undo)
    report = run_steps((writing,), DryRunExecutor(), Watcher(), max_parallel=1)
    assert isinstance(problem(report, "shopctl resume"), RuntimeError)


def test_what_can_be_undone_is_undone_in_the_opposite_order() -> None:
    builder = Builder()
    steps = (
        builder.step("bucket", undo=builder.step("no bucket")),
        builder.step("zone", "bucket", undo=builder.step("no zone")),
        builder.step("facts", "zone"),
    )
    undo = undoing(steps)
    assert [(step.name, set(step.needs)) for step in undo] == [("no zone", set()), ("no bucket", {"no zone"})]


def test_the_gravest_error_of_a_run_is_the_one_that_is_raised() -> None:
    def report(*errors: ShopctlError) -> RunReport:
        step = Builder().step("base")
        return RunReport(tuple(StepResult(step, "failed", "", error) for error in errors))

    pause, stop = Paused("p", ""), Interrupted("i", "")
    failure, lost = AwsFailed("f", ""), LockLost("l", "")
    assert problem(report(pause, failure, lost, stop), "r") is lost
    assert problem(report(pause, failure, stop), "r") is failure
    assert isinstance(problem(report(pause, stop), "r"), Interrupted)
    assert problem(report(pause), "r") is pause
    assert problem(RunReport(()), "r") is None
