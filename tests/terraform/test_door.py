"""The door drives the real Terraform, with its built-in provider and the local or http backend."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from shopctl.errors import Interrupted, PrerequisiteError
from shopctl.files import DiskFull
from shopctl.plan import parse_plan
from shopctl.process import Process, is_alive, wait_for
from shopctl.terraform import (
    CommandFailed,
    PlanStale,
    ProviderUnavailable,
    StateLocked,
    StateNotSaved,
    Terraform,
    TerraformKilled,
    Workdir,
    WorkdirBusy,
    child_environment,
    find_installation,
    prepare,
)
from shopctl.terraform.events import ApplyComplete, ApplyStart, ChangeSummary, Event, PlannedChange
from support.plans import SITE

SHOP = """
variable "name" { type = string }
resource "terraform_data" "shop" { input = var.name }
output "name" { value = terraform_data.shop.output }
output "password" {
  value     = "hush-hush"
  sensitive = true
}
"""
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "exec sleep 4" }
}
output "done" { value = terraform_data.slow.id != "" }
"""


class Bench:
    """A checkout with one stack, its work folder and a door."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.checkout = folder / "checkout" / "terraform"
        self.home = folder / "home"
        self.work = Workdir(self.home / "local" / "base@eu-central-1", "base")
        self.state = folder / "shop.tfstate"
        self.backend = {"path": str(self.state)}
        self.installation = find_installation(self.home, os.environ)
        self.environment = child_environment(os.environ) | dict(environment or {})
        self.door = Terraform(self.installation, self.environment)

    def write(self, hcl: str, tfvars: str = "", *, backend: str = "local") -> Bench:
        """Put a root module into the checkout and prepare the work folder from it."""
        stack = self.checkout / "stacks" / "base"
        stack.mkdir(parents=True, exist_ok=True)
        (stack / "main.tf").write_text(f'terraform {{\n  backend "{backend}" {{}}\n}}\n{hcl}')
        prepare(self.checkout, self.work, tfvars)
        return self

    def init(self) -> Bench:
        self.door.init(self.work, self.backend)
        return self

    def deploy(self) -> Mapping[str, object]:
        return self.door.apply(self.work, self.door.plan(self.work).file).outputs

    def fresh_door(self) -> Terraform:
        return Terraform(self.installation, self.environment)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.02)


@contextlib.contextmanager
def in_background(work: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Run something beside the test; what it raised is in the list after the block."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test, which looks at it
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield raised
    thread.join()


class Applying:
    """Says when a resource is under way; an ``on_event`` callback."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def __call__(self, event: Event) -> None:
        if isinstance(event, ApplyStart):
            self.begun.set()


def test_a_plan_is_saved_told_as_it_is_made_and_applied_with_its_outputs(bench: Bench) -> None:
    bench.write(SHOP, 'name = "shop-local"\n').init()
    told: list[Event] = []
    planned = bench.door.plan(bench.work, on_event=told.append)
    assert planned.has_changes
    assert PlannedChange("terraform_data.shop", "create", None, importing=False) in told
    applied = bench.door.apply(bench.work, planned.file, on_event=told.append)
    assert applied.outputs == {"name": "shop-local"}
    assert applied.summary == ChangeSummary("apply", add=1, change=0, remove=0, imported=0)
    assert [event.address for event in told if isinstance(event, ApplyComplete)] == ["terraform_data.shop"]
    assert bench.door.outputs(bench.work) == {"name": "shop-local"}


def test_the_second_plan_has_no_changes(bench: Bench) -> None:
    bench.write(SHOP, 'name = "shop-local"\n').init().deploy()
    assert not bench.door.plan(bench.work).has_changes


def test_a_change_of_outputs_alone_is_a_change_although_terraform_counts_none(bench: Bench) -> None:
    bench.write(SHOP, 'name = "shop-local"\n').init().deploy()
    bench.write(SHOP + 'output "more" { value = 1 }\n', 'name = "shop-local"\n').init()
    planned = bench.door.plan(bench.work)
    assert planned.has_changes
    assert planned.summary == ChangeSummary("plan", add=0, change=0, remove=0, imported=0)


def test_a_destroy_plan_takes_everything_away(bench: Bench) -> None:
    bench.write(SHOP, 'name = "shop-local"\n').init().deploy()
    planned = bench.door.plan(bench.work, destroy=True)
    assert bench.door.apply(bench.work, planned.file).outputs == {}
    assert json.loads(bench.state.read_text())["resources"] == []


def test_a_saved_plan_reads_as_json_and_leaves_no_json_on_the_disk(bench: Bench) -> None:
    bench.write(SHOP, 'name = "shop-local"\n').init()
    document = bench.door.show(bench.work, bench.door.plan(bench.work).file)
    assert document["format_version"] == "1.2"
    kept = [path for path in bench.work.logs.iterdir() if "hush-hush" in path.read_text()]
    assert kept == []


def test_a_failed_plan_names_the_place_and_leaves_no_plan_file(bench: Bench) -> None:
    bench.write(SHOP + 'output "wrong" { value = terraform_data.absent.id }\n', 'name = "x"\n').init()
    with pytest.raises(CommandFailed) as failed:
        bench.door.plan(bench.work)
    assert failed.value.diagnostics[0].place == "main.tf:12"
    assert "Reference to undeclared resource" in failed.value.reason
    assert not bench.work.plan_file.exists()


def test_a_plan_whose_state_has_moved_is_refused_as_stale(bench: Bench) -> None:
    bench.write(SHOP, 'name = "one"\n').init()
    old = bench.door.plan(bench.work).file.rename(bench.work.folder / "old.tfplan")
    bench.deploy()
    with pytest.raises(PlanStale):
        bench.door.apply(bench.work, old)


def test_init_runs_again_only_when_something_that_it_reads_has_changed(bench: Bench) -> None:
    bench.write(SHOP, 'name = "one"\n')
    assert bench.door.init(bench.work, bench.backend)
    assert not bench.door.init(bench.work, bench.backend)
    bench.write(SHOP, 'name = "two"\n')
    assert not bench.door.init(bench.work, bench.backend), "variables are no matter of init"
    bench.write(SHOP + "\n", 'name = "two"\n')
    assert bench.door.init(bench.work, bench.backend)
    assert bench.door.init(bench.work, {"path": str(bench.state) + "2"})


def test_settings_of_terraform_in_the_environment_do_not_reach_it(tmp_path: Path) -> None:
    settings = {"TF_CLI_ARGS": "-nonsense", "TF_WORKSPACE": "other", "TF_LOG": "TRACE", "TF_VAR_name": "intruder"}
    bench = Bench(tmp_path, settings).write(SHOP, 'name = "shop-local"\n').init()
    assert bench.deploy() == {"name": "shop-local"}
    assert all(path.read_text() == "" for path in bench.work.logs.glob("*.stderr"))


def test_a_held_state_lock_says_who_holds_it_since_when(bench: Bench, tmp_path: Path) -> None:
    bench.write(SLOW).init()
    other = Workdir(tmp_path / "elsewhere" / "base", "base")
    prepare(bench.checkout, other, "")
    bench.door.init(other, bench.backend)
    begun = Applying()
    planned, elsewhere = bench.door.plan(bench.work), bench.door.plan(other)
    with in_background(lambda: bench.door.apply(bench.work, planned.file, on_event=begun)) as raised:
        assert begun.begun.wait(30)
        assert bench.door.plan(other).has_changes, "a plan takes no lock"
        with pytest.raises(StateLocked) as locked:
            bench.door.apply(other, elsewhere.file)
    assert raised == []
    assert locked.value.lock.operation == "apply"
    assert locked.value.lock.who in locked.value.reason
    assert len(locked.value.lock.id) == 36
    assert locked.value.lock.created.startswith("20")


def test_an_interrupt_lets_terraform_write_its_state_and_release_its_lock(bench: Bench) -> None:
    slow_one_last = SLOW.replace("provisioner", "depends_on = [terraform_data.shop]\n  provisioner")
    bench.write(SHOP + slow_one_last, 'name = "shop-local"\n').init()
    begun = Applying()
    planned = bench.door.plan(bench.work)
    with in_background(lambda: bench.door.apply(bench.work, planned.file, on_event=begun)) as raised:
        assert begun.begun.wait(30)
        wait_until(lambda: bench.door.running[0].doing == ("terraform_data.slow",))
        assert [running.command for running in bench.door.interrupt()] == ["apply"]
    assert [type(error) for error in raised] == [Interrupted]
    with pytest.raises(Interrupted):
        bench.door.plan(bench.work)
    after = bench.fresh_door()
    assert after.plan(bench.work).has_changes
    assert after.outputs(bench.work) == {"name": "shop-local"}


def test_a_second_interrupt_sends_no_second_signal(bench: Bench, tmp_path: Path) -> None:
    signals = tmp_path / "signals"
    signals.touch()
    # A stand-in for a Terraform in the middle of a long call: it counts signals and takes its time.
    program = tmp_path / "terraform"
    program.write_text(
        f"#!{sys.executable}\n"
        "import signal, sys, time\n"
        'if "version" in sys.argv: print(\'{"terraform_version": "1.11.4"}\'); sys.exit()\n'
        f"def count(*_): open({str(signals)!r}, 'a').write('SIGINT ')\n"
        "signal.signal(signal.SIGINT, count)\n"
        'print(\'{"type": "version"}\', flush=True)\n'
        "begin = time.monotonic()\n"
        "while time.monotonic() - begin < 2: time.sleep(0.05)\n"
    )
    program.chmod(0o700)
    slow = Terraform(find_installation(bench.home, {**os.environ, "SHOPCTL_TERRAFORM": str(program)}), {})
    bench.write(SHOP, 'name = "x"\n')
    with in_background(lambda: slow.plan(bench.work)):
        log = bench.work.logs / "plan.jsonl"
        wait_until(lambda: log.exists() and "version" in log.read_text())
        slow.interrupt()
        wait_until(lambda: signals.read_text() != "")
        assert [running.command for running in slow.interrupt()] == ["plan"]
    assert signals.read_text() == "SIGINT "


def test_a_caller_that_fails_does_not_leave_terraform_running(bench: Bench) -> None:
    bench.write(SLOW).init()
    started: list[Process] = []

    def fail(event: Event) -> None:
        if isinstance(event, ApplyStart):
            raise KeyError("the caller's own mistake")

    planned = bench.door.plan(bench.work)
    with pytest.raises(KeyError, match="own mistake"):
        bench.door.apply(bench.work, planned.file, on_event=fail, on_start=started.append)
    assert not is_alive(started[0])
    assert bench.door.plan(bench.work).has_changes


def test_terraform_outlives_a_killed_shopctl_and_finishes(bench: Bench) -> None:
    bench.write(SLOW).init()
    planned = bench.door.plan(bench.work)
    script = (
        "import os, sys; from pathlib import Path; from shopctl.terraform import *\n"
        "home, folder, plan = map(Path, sys.argv[1:])\n"
        "door = Terraform(find_installation(home, os.environ), child_environment(os.environ))\n"
        "door.apply(Workdir(folder, 'base'), plan, on_start=lambda p: print(p.pid, p.created, flush=True))\n"
    )
    arguments = [sys.executable, "-c", script, str(bench.home), str(bench.work.folder), str(planned.file)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as shopctl:
        assert shopctl.stdout is not None
        pid, created = shopctl.stdout.readline().split()
        wait_until(lambda: "apply_start" in (bench.work.logs / "apply.jsonl").read_text())
        shopctl.kill()
    terraform = Process(int(pid), float(created))
    assert is_alive(terraform)
    assert bench.work.is_busy()
    with pytest.raises(WorkdirBusy):
        bench.door.plan(bench.work)
    assert bench.work.wait_until_free()
    assert wait_for(terraform)
    assert bench.door.outputs(bench.work) == {"done": True}
    assert not bench.door.plan(bench.work).has_changes


def test_a_killed_terraform_is_told_from_a_failed_one(bench: Bench) -> None:
    bench.write(SLOW).init()

    def kill(event: Event) -> None:
        if isinstance(event, ApplyStart):
            os.kill(bench.door.running[0].process.pid, signal.SIGKILL)

    planned = bench.door.plan(bench.work)
    with pytest.raises(TerraformKilled) as killed:
        bench.door.apply(bench.work, planned.file, on_event=kill)
    assert "shopctl resume" in killed.value.fix


def test_what_was_cut_off_while_it_was_made_can_be_kept_instead_of_replaced(bench: Bench) -> None:
    cut = 'resource "terraform_data" "cut" {\n  provisioner "local-exec" { command = "exit 1" }\n}\n'
    bench.write(cut).init()
    planned = bench.door.plan(bench.work)
    with pytest.raises(CommandFailed, match=r"terraform_data\.cut"):
        bench.door.apply(bench.work, planned.file)
    plan = parse_plan(SITE, bench.door.show(bench.work, bench.door.plan(bench.work).file))
    assert [(change.address, change.is_tainted) for change in plan.changes] == [("terraform_data.cut", True)]
    bench.door.untaint(bench.work, "terraform_data.cut")
    assert not bench.door.plan(bench.work).has_changes


def test_a_stranger_with_the_same_pid_is_not_the_process(bench: Bench) -> None:
    mine = psutil.Process()
    assert is_alive(Process(mine.pid, mine.create_time()))
    assert not is_alive(Process(mine.pid, mine.create_time() - 60))


def test_a_state_that_could_not_be_saved_is_kept_and_pushed_by_the_next_run(bench: Bench) -> None:
    with state_server() as server:
        bench.backend = {"address": f"http://127.0.0.1:{server.server_port}/state"}
        bench.write(SHOP, 'name = "shop-local"\n', backend="http").init()
        planned = bench.door.plan(bench.work)
        server.refuses_writes = True
        with pytest.raises(StateNotSaved) as lost:
            bench.door.apply(bench.work, planned.file)
        assert str(bench.work.errored_state) in lost.value.reason
        with pytest.raises(StateNotSaved):
            bench.door.plan(bench.work)
        server.refuses_writes = False
        kept = bench.door.rescue(bench.work)
        assert kept is not None
        assert kept.is_file()
        assert not bench.door.plan(bench.work).has_changes
        assert bench.door.rescue(bench.work) is None


def test_no_secret_of_the_environment_reaches_an_error(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-example"})
    bench.write(
        'resource "terraform_data" "a" {\n'
        "  lifecycle {\n    precondition {\n      condition = var.secret == null\n"
        '      error_message = "signed with wJalrXUtnFEMI-example, Signature=abc123"\n    }\n  }\n}\n'
        'variable "secret" { default = 1 }\n'
    ).init()
    with pytest.raises(CommandFailed) as failed:
        bench.door.plan(bench.work)
    said = f"{failed.value.reason} {failed.value.diagnostics}"
    assert "signed with [secret]" in said
    assert "wJalrXUtnFEMI" not in said
    assert "abc123" not in said


def test_a_provider_that_cannot_be_had_says_how_to_get_it(bench: Bench, tmp_path: Path) -> None:
    config = tmp_path / "empty.tfrc"
    config.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{tmp_path}" }} }}\n')
    door = Terraform(find_installation(bench.home, {**os.environ, "TF_CLI_CONFIG_FILE": str(config)}), os.environ)
    bench.write('terraform {\n  required_providers { aws = { source = "hashicorp/aws" } }\n}\n')
    with pytest.raises(ProviderUnavailable, match="hashicorp/aws"):
        door.init(bench.work, bench.backend)


def test_a_full_disk_is_named_with_the_folder_and_the_room_left(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        bench = Bench(disk)
        bench.write(SHOP, 'name = "shop-local"\n').init()
        (disk / "ballast").write_bytes(b"\0" * (disk_room(disk) - 4096))
        with pytest.raises(DiskFull, match=r"no space left .*[\d,]+ bytes free"):
            bench.deploy()
        assert not bench.work.plan_file.exists()
        (disk / "ballast").unlink()
        assert bench.deploy() == {"name": "shop-local"}


def test_the_snapshot_follows_the_checkout_without_tests_and_with_generated_code(bench: Bench) -> None:
    module = bench.checkout / "modules" / "s3"
    (module / "tests").mkdir(parents=True)
    (module / "main.tf").write_text("locals {}\n")
    (module / "tests" / "promises.tftest.hcl").write_text("")
    (module / "README.md").write_text("# s3\n")
    bench.write(SHOP, "")
    prepare(bench.checkout, bench.work, "", {"adopt.tf.json": "{}"})
    snapshot = bench.work.folder / "terraform"
    before = bench.work.sources_digest()
    assert sorted(path.name for path in snapshot.rglob("*") if path.is_file()) == [
        "adopt.tf.json",
        "main.tf",
        "main.tf",
    ]
    (module / "main.tf").unlink()
    prepare(bench.checkout, bench.work, "")
    assert [path.name for path in files_in(snapshot)] == ["main.tf"]
    assert bench.work.sources_digest() != before


def test_what_is_in_the_work_folder_is_for_its_owner_only(bench: Bench) -> None:
    bench.write(SHOP, 'name = "shop-local"\n').init().deploy()
    readable = [path for path in bench.home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable == []
    assert bench.home.stat().st_mode & 0o077 == 0


def test_an_old_terraform_is_refused_with_the_cure(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text('#!/bin/sh\necho \'{"terraform_version": "1.10.5"}\'\n')
    program.chmod(0o700)
    with pytest.raises(PrerequisiteError, match=r"Terraform 1\.10\.5 .* too old"):
        find_installation(tmp_path / "home", {**os.environ, "SHOPCTL_TERRAFORM": str(program)})


def test_a_missing_terraform_is_named(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="was not found"):
        find_installation(tmp_path / "home", {"PATH": str(tmp_path)})


def test_a_mirror_on_the_machine_is_found_and_used_as_it_is(tmp_path: Path) -> None:
    mirror = tmp_path / "user" / "software" / "providers"
    lay_out_provider(mirror)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "user"), "TF_PLUGIN_CACHE_DIR": str(mirror)}
    found = find_installation(tmp_path / "home", environ)
    assert str(mirror) in found.cli_config.read_text()
    assert found.plugin_cache is None


def test_a_cli_configuration_of_the_user_stays_in_charge(tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").write_text("disable_checkpoint = true\n")
    missing = {"TF_CLI_CONFIG_FILE": str(tmp_path / "absent.tfrc")}
    found = find_installation(tmp_path / "home", {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **missing})
    assert found.cli_config == tmp_path / ".terraformrc"


def lay_out_provider(mirror: Path) -> None:
    """An empty provider for every platform, where a mirror has it."""
    for target in ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"):
        folder = mirror / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0" / target
        folder.mkdir(parents=True)
        (folder / "terraform-provider-aws_v5.100.0_x5").touch()


class StateServer(HTTPServer):
    """A state store for Terraform's http backend that can refuse writes."""

    refuses_writes = False
    state = b""


class StateRequests(BaseHTTPRequestHandler):
    """GET and POST of the one state."""

    server: StateServer

    def do_GET(self) -> None:
        self.send_response(200 if self.server.state else 404)
        self.end_headers()
        self.wfile.write(self.server.state)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.refuses_writes:
            self.server.state = body
        self.send_response(500 if self.server.refuses_writes else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Say nothing."""


@contextlib.contextmanager
def state_server() -> Iterator[StateServer]:
    with StateServer(("127.0.0.1", 0), StateRequests) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 1 MiB; the test is skipped where this user may not mount one."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "shopctl", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def disk_room(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize
