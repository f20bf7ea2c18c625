"""The control store over real buckets: conditional writes, lost replies, a region that is away, a beating heart."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import sleep

import pytest

from localcloud.client import LocalCloud
from localcloud.faults import BlackHole, Error, LostReply, Throttle
from shopctl import naming
from shopctl.bootstrap import Ground, bootstrap
from shopctl.control import holding, open_control, real_world
from shopctl.errors import ControlStoreUnavailable, LockHeld, LockLost
from shopctl.runs.executors import Conduct
from shopctl.runs.journal import Journal, new_run_id
from shopctl.runs.lock import BEAT_SECONDS, EnvironmentLock, Hold
from shopctl.runs.records import Intent, Started
from shopctl.runs.store import Chosen, Quorum
from support.cloud_process import Server
from support.observers import Watcher
from support.stores import world

KEY = "log/000001.json"
CONDUCT = Conduct(Watcher(), 2, lambda: False, "shopctl bootstrap")


@pytest.fixture
def control(ground: Ground) -> Quorum:
    """The control store of an environment that was bootstrapped."""
    bootstrap(ground, CONDUCT)
    return open_control(ground.spec, ground.cloud)


@pytest.fixture
def lock(ground: Ground, control: Quorum) -> EnvironmentLock:
    return EnvironmentLock(control, ground.spec.name)


def copies(ground: Ground, key: str = KEY) -> list[bytes]:
    """What each region's control bucket holds under the key, read with a stock client."""
    return [
        ground.cloud.s3(region).get_object(Bucket=naming.control_bucket(ground.spec, region), Key=key)["Body"].read()
        for region in ground.spec.control_regions
    ]


def test_the_first_write_of_a_key_stands_in_all_three_regions(ground: Ground, control: Quorum) -> None:
    assert control.append(KEY, b"first") == Chosen(b"first")
    assert open_control(ground.spec, ground.cloud).append(KEY, b"second") == Chosen(b"first")
    assert copies(ground) == [b"first"] * 3
    assert control.keys("log/") == (KEY,)
    assert control.keys("log/", after=KEY) == ()
    assert control.folders("") == ("beats", "facts", "lock", "log")


def test_a_reply_lost_after_the_effect_is_recognised_as_ones_own_write(
    ground: Ground, control: Quorum, faults: LocalCloud
) -> None:
    for region in ground.spec.control_regions:
        faults.inflict(LostReply(), service="s3", operation="PutObject", region=region, count=1)
    assert control.append(KEY, b"mine") == Chosen(b"mine")
    assert copies(ground) == [b"mine"] * 3


def test_a_region_that_is_away_is_done_without_named_and_repaired_when_it_returns(
    ground: Ground, control: Quorum, faults: LocalCloud
) -> None:
    hole = faults.inflict(BlackHole(), service="s3", region="eu-central-1")
    assert control.append(KEY, b"x") == Chosen(b"x")
    assert control.read(KEY) == Chosen(b"x")
    assert [str(fault)[:14] for fault in control.faults] == ["eu-central-1: "]
    faults.lift(hole)
    assert open_control(ground.spec, ground.cloud).repair("log/") == 1
    assert copies(ground) == [b"x"] * 3


def test_with_two_regions_away_nothing_is_written_and_both_are_named(control: Quorum, faults: LocalCloud) -> None:
    for region in ("eu-central-1", "eu-north-1"):
        faults.inflict(BlackHole(), service="s3", region=region)
    with pytest.raises(ControlStoreUnavailable, match=r"only 1 of 3 .* eu-central-1: .* eu-north-1: "):
        control.append(KEY, b"x")


def test_expired_credentials_say_so_and_what_to_do(control: Quorum, faults: LocalCloud) -> None:
    faults.inflict(Error(code="ExpiredToken", status=400), service="s3")
    with pytest.raises(ControlStoreUnavailable, match="credentials have expired") as expired:
        control.read(KEY)
    assert "Log in again" in expired.value.fix


def test_throttling_is_waited_out(control: Quorum, faults: LocalCloud) -> None:
    faults.inflict(Throttle(), service="s3", count=1)
    assert control.append(KEY, b"x") == Chosen(b"x")
    assert control.faults == ()


def test_an_environment_without_control_buckets_is_told_to_bootstrap(ground: Ground) -> None:
    with pytest.raises(ControlStoreUnavailable, match="does not exist") as missing:
        open_control(ground.spec, ground.cloud).read(KEY)
    assert "shopctl bootstrap" in missing.value.fix


def test_a_held_lock_beats_refuses_others_and_is_free_after_the_block_however_it_ends(lock: EnvironmentLock) -> None:
    here = real_world()

    def fail_while_holding() -> None:
        with holding(lock, "deploy", "run", here):
            lock.acquire("destroy", "other", here)

    with pytest.raises(LockHeld, match=f"deploy \\(run run\\) by {here.actor.user}@"):
        fail_while_holding()
    view = lock.view()
    assert view is not None
    assert view.is_released
    assert max(beat.count for beat in lock.beats(view.claim.epoch)) >= 2
    assert lock.acquire("destroy", "other", here).superseded is None


def test_of_eight_real_contenders_at_once_one_gets_the_lock(ground: Ground, lock: EnvironmentLock) -> None:
    def contend(number: int) -> Hold | LockHeld:
        mine = EnvironmentLock(open_control(ground.spec, ground.cloud), ground.spec.name)
        try:
            with holding(mine, "deploy", f"run {number}", real_world()) as hold:
                sleep(2 * BEAT_SECONDS)
                return hold
        except LockHeld as refusal:
            return refusal

    before = lock.view()
    assert before is not None
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(contend, range(8)))
    (winner,) = [end for end in ends if isinstance(end, Hold)]
    assert winner.epoch == before.claim.epoch + 1
    winner.ensure_current()


def test_a_journal_written_with_a_region_away_is_whole_in_all_three_when_it_is_back(
    ground: Ground, control: Quorum, lock: EnvironmentLock, faults: LocalCloud
) -> None:
    here = real_world()
    run = new_run_id("deploy", here)
    read = partial(Journal, environment=ground.spec.name, run=run, epoch=99, world=here)
    hole = faults.inflict(BlackHole(), service="s3", region="eu-west-1")
    hold = lock.acquire("deploy", run, here)
    journal = Journal(control, ground.spec.name, run, epoch=hold.epoch, world=here)
    journal.write(Started(operation="deploy", by=here.actor, version="1", steps=("base",)))
    journal.write(Intent(step="base"))
    faults.lift(hole)
    assert read(open_control(ground.spec, ground.cloud)).records == journal.records
    for number in (1, 2):
        assert len(set(copies(ground, f"runs/{ground.spec.name}/{run}/{number:06d}.json"))) == 1


HOLDER = """
import sys
from pathlib import Path
from time import sleep
from shopctl.aws.cloud import connect
from shopctl.control import holding, open_control, real_world
from shopctl.runs.lock import EnvironmentLock
from shopctl.spec import EnvSpec
spec = EnvSpec.model_validate_json(sys.argv[1])
control = open_control(spec, connect(spec, Path(sys.argv[2]), {}))
with holding(EnvironmentLock(control, spec.name), "deploy", "killed", real_world()):
    print("holding", flush=True)
    sleep(600)
"""


@pytest.mark.slow
def test_the_lock_of_a_killed_process_is_taken_over_and_a_stopped_one_that_goes_on_is_refused(
    ground: Ground, lock: EnvironmentLock, server: Server
) -> None:
    command = [sys.executable, "-c", HOLDER, ground.spec.model_dump_json(), str(server.place.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holding\n"
        holder.send_signal(signal.SIGSTOP)
        hold = lock.acquire("resume", "killed", real_world())
        holder.send_signal(signal.SIGKILL)
    assert hold.superseded is not None
    assert hold.superseded.run == "killed"
    late = Hold(lock, hold.superseded, None)
    with pytest.raises(LockLost):
        late.beat(world())
