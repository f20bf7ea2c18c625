"""The one door to the terraform binary.

``python-terraform`` builds the command line; this module runs it with an environment of its own, tells what
happens while it happens, and turns an end that is not good into an error with a cure.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import python_terraform
from python_terraform import IsFlagged

from shopctl.errors import ShopctlError
from shopctl.files import atomic_write, disk_full, file_lock, free_bytes
from shopctl.process import Process
from shopctl.terraform.causes import CommandFailed
from shopctl.terraform.crew import Command, Crew, Ended, Running
from shopctl.terraform.diagnosis import Failure, Redactor, StateNotSaved, diagnose
from shopctl.terraform.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyStart,
    ChangeSummary,
    Diagnostic,
    Event,
    JsonValue,
    Outputs,
    RawLine,
    parse_line,
    parse_plain,
)
from shopctl.terraform.installation import Installation
from shopctl.terraform.workdir import Workdir, occupy

_NO_CHANGES, _CHANGES = 0, 2
_FULL_BELOW_BYTES = 64 * 1024
_KEPT_STDERR_BYTES = 16 * 1024
_HANDOVER_SECONDS = 2.0

# Loading a provider's schema fills memory that is never given back, and Go searches it for garbage again and again.
# Searching less often, within a limit, saves a sixth of the processor time of a plan (AWS provider 5.100).
GO_MEMORY = {"GOGC": "400", "GOMEMLIMIT": "768MiB"}

OnEvent = Callable[[Event], None]
OnStart = Callable[[Process], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was made. ``has_changes`` counts outputs too; ``summary`` counts resources only."""

    has_changes: bool
    file: Path
    summary: ChangeSummary | None
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan that was applied, and the stack's outputs after it, without sensitive ones."""

    outputs: Mapping[str, JsonValue]
    summary: ChangeSummary | None
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    """A command line. ``good`` are the exit codes of success; ``talks`` where its output is messages."""

    name: str
    argv: tuple[str, ...]
    good: tuple[int, ...] = (0,)
    talks: bool = True


@dataclass(slots=True)
class _Heard:
    """What one command said."""

    redact: Redactor
    diagnostics: list[Diagnostic] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    summary: ChangeSummary | None = None
    outputs: Mapping[str, JsonValue] | None = None

    def note(self, event: Event, doing: dict[str, None]) -> Event:
        match event:
            case Diagnostic():
                event = replace(event, summary=self.redact(event.summary), detail=self.redact(event.detail))
                self.diagnostics.append(event)
            case RawLine():
                event = RawLine(self.redact(event.text))
                self.raw.append(event.text)
            case ChangeSummary():
                self.summary = event
            case Outputs():
                self.outputs = event.values
            case ApplyStart():
                doing[event.address] = None
            case ApplyComplete() | ApplyErrored():
                doing.pop(event.address, None)
            case _:
                pass
        return event

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(item for item in self.diagnostics if item.severity == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(item for item in self.diagnostics if item.severity == "warning")


def _ignore(_: object) -> None:
    """The listener of a caller who does not listen."""


class Terraform:
    """Terraform on this machine with one environment's credentials.

    Safe to use from several threads, one stack each. ``environment`` is all that Terraform inherits; what
    it holds under ``TF_`` is dropped. ``parallelism`` is how many resources Terraform works on at once.
    Every command raises WorkdirBusy where a Terraform of an earlier run still works in the folder,
    Interrupted once ``interrupt`` was called, DiskFull, and where Terraform fails the errors of ``diagnosis``.
    """

    def __init__(self, installation: Installation, environment: Mapping[str, str], *, parallelism: int = 10) -> None:
        self._installation = installation
        self._parallelism = parallelism
        self._environment = {name: value for name, value in environment.items() if not name.startswith("TF_")}
        self._redact = Redactor(environment)
        self._crew = Crew()

    @property
    def running(self) -> tuple[Running, ...]:
        """The commands that run now."""
        return self._crew.running

    @property
    def is_stopping(self) -> bool:
        """Whether ``interrupt`` was called."""
        return self._crew.is_stopping

    def interrupt(self) -> tuple[Running, ...]:
        """Ask all running commands to stop, once; later calls only tell what is still waited for.

        Fit for a signal handler. Nothing is ever killed: Terraform writes its state and releases its lock.
        """
        return self._crew.interrupt()

    def init(self, work: Workdir, backend: Mapping[str, str], on_start: OnStart = _ignore) -> bool:
        """Install modules and provider and connect the backend; False where nothing has changed since last time."""
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in sorted(backend.items()))
        mark = work.folder / "init.digest"
        if mark.is_file() and mark.read_text() == self._init_digest(work, text) and _providers_stand(work):
            return False
        mark.unlink(missing_ok=True)
        atomic_write(work.backend_file, text.encode())
        with self._provider_cache():
            self._run(
                work,
                self._call(
                    "init",
                    json=IsFlagged,
                    input=False,
                    reconfigure=IsFlagged,
                    backend_config=str(work.backend_file),
                    lockfile="readonly" if work.lock_file.is_file() else None,
                ),
                on_start=on_start,
            )
        atomic_write(mark, self._init_digest(work, text).encode())
        return True

    def plan(
        self,
        work: Workdir,
        *,
        destroy: bool = False,
        on_event: OnEvent = _ignore,
        on_start: OnStart = _ignore,
    ) -> Planned:
        """Save a plan in ``work.plan_file``; no file is left where planning fails.

        Takes no state lock, so that a lock that is left behind always means an apply that was cut off; a plan that
        another apply makes stale is refused when it is applied.
        Raises: StateNotSaved where an earlier run left a state that must be pushed first.
        """
        _refuse_unsaved_state(work)
        work.plan_file.unlink(missing_ok=True)
        call = self._call(
            "plan",
            json=IsFlagged,
            input=False,
            detailed_exitcode=IsFlagged,
            lock=False,
            parallelism=self._parallelism,
            destroy=IsFlagged if destroy else None,
            var_file=str(work.var_file),
            out=str(work.plan_file),
        )
        try:
            ended, heard = self._run(
                work, replace(call, good=(_NO_CHANGES, _CHANGES)), on_event=on_event, on_start=on_start
            )
            _refuse_cut_plan(work)
        except BaseException:
            # A failed plan is saved too, marked as errored.
            work.plan_file.unlink(missing_ok=True)
            raise
        return Planned(ended.code == _CHANGES, work.plan_file, heard.summary, heard.warnings)

    def show(self, work: Workdir, plan_file: Path) -> dict[str, JsonValue]:
        """Read a saved plan as JSON. It holds secrets in clear: keep it in memory only."""
        return self._read_json(work, self._call("show", str(plan_file), json=IsFlagged))

    def outputs(self, work: Workdir) -> dict[str, JsonValue]:
        """Read the outputs from the state, without sensitive ones."""
        found = self._read_json(work, self._call("output", json=IsFlagged))
        return {name: output["value"] for name, output in found.items() if not output["sensitive"]}

    def apply(
        self,
        work: Workdir,
        plan_file: Path,
        *,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent = _ignore,
        on_start: OnStart = _ignore,
    ) -> Applied:
        """Apply a saved plan and return the outputs.

        Raises: StateNotSaved, with the state kept in ``work.errored_state``; PlanStale.
        """
        _refuse_unsaved_state(work)
        call = self._call(
            "apply",
            str(plan_file),
            json=IsFlagged,
            input=False,
            parallelism=self._parallelism,
            lock_timeout=f"{lock_timeout_seconds}s",
        )
        _, heard = self._run(work, call, on_event=on_event, on_start=on_start)
        # On a full disk the end of the log is missing although the apply succeeded.
        outputs = self.outputs(work) if heard.outputs is None else heard.outputs
        return Applied(outputs, heard.summary, heard.warnings)

    def force_unlock(self, work: Workdir, lock_id: str) -> None:
        """Remove a state lock. The caller has proven that its holder is dead."""
        self._run(work, self._call("force-unlock", lock_id, force=IsFlagged))

    def untaint(self, work: Workdir, address: str) -> None:
        """Keep a resource whose creation was cut off, so that the next plan does not replace it."""
        self._run(work, self._call("untaint", address))

    def state_push(self, work: Workdir, file: Path) -> None:
        """Write a state file to the backend; Terraform refuses one that is older than what is there."""
        self._run(work, self._call("state push", str(file)))

    def rescue(self, work: Workdir) -> Path | None:
        """Push the state that an earlier apply could not save; the copy that is kept, or None."""
        if not work.errored_state.is_file():
            return None
        self.state_push(work, work.errored_state)
        digest = hashlib.sha256(work.errored_state.read_bytes()).hexdigest()
        return work.errored_state.rename(work.logs / f"pushed-{digest[:12]}.tfstate")

    def _call(self, command: str, *arguments: str, **options: Any) -> _Call:
        # python-terraform parses a state file that it finds in its folder; the null device has none.
        builder = python_terraform.Terraform(working_dir=os.devnull, terraform_bin_path=str(self._installation.binary))
        return _Call(command, tuple(builder.generate_cmd_string(command, *arguments, no_color=IsFlagged, **options)))

    def _run(
        self, work: Workdir, call: _Call, *, on_event: OnEvent = _ignore, on_start: OnStart = _ignore
    ) -> tuple[Ended, _Heard]:
        log = work.logs / call.name.replace(" ", "-")
        command = Command(
            name=call.name,
            stack=work.folder.name,
            argv=call.argv,
            cwd=work.source,
            environment=self._child_environment(work),
            output=log.with_suffix(".jsonl"),
            errors=log.with_suffix(".stderr"),
        )
        heard = _Heard(self._redact)

        def on_line(text: str, doing: dict[str, None]) -> None:
            event = parse_line(text) if call.talks else None
            if event is not None:
                on_event(heard.note(event, doing))

        with occupy(work, patience_seconds=_HANDOVER_SECONDS) as busy:
            ended = self._crew.run(command, busy, on_line, on_start)
        if ended.code not in call.good:
            raise self._failed(work, command, ended, heard)
        return ended, heard

    def _failed(self, work: Workdir, command: Command, ended: Ended, heard: _Heard) -> ShopctlError:
        stderr = self._redact(_tail(command.errors))
        failure = Failure(
            command=command.name,
            stack=command.stack,
            code=ended.code,
            interrupted=ended.interrupted,
            diagnostics=heard.errors + parse_plain(stderr),
            raw=(*heard.raw, stderr),
            log=f"{command.output} and {command.errors.name}",
        )
        if command.name == "apply" and work.errored_state.is_file():
            return _state_not_saved(work, failure.diagnostics)
        silent = not failure.diagnostics and free_bytes(work.folder) < _FULL_BELOW_BYTES
        if silent or "no space left on device" in failure.text:
            return disk_full(work.folder)
        return diagnose(failure)

    def _read_json(self, work: Workdir, call: _Call) -> dict[str, JsonValue]:
        """Run a command whose output is one JSON document, which does not stay on the disk."""
        output = (work.logs / call.name).with_suffix(".jsonl")
        try:
            self._run(work, replace(call, talks=False))
            # On a full disk Terraform ends as if it had printed everything.
            document = json.loads(output.read_bytes())
        except ValueError:
            if free_bytes(work.folder) < _FULL_BELOW_BYTES:
                raise disk_full(work.folder) from None
            raise
        finally:
            output.unlink(missing_ok=True)
        if not isinstance(document, dict):
            raise CommandFailed(f"terraform {call.name} printed no JSON object", "shopctl doctor")
        return document

    def _child_environment(self, work: Workdir) -> dict[str, str]:
        ours = {
            "TF_INPUT": "0",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "TF_DATA_DIR": str(work.data),
        }
        return self._environment | GO_MEMORY | ours | self._installation.environment

    def _init_digest(self, work: Workdir, backend: str) -> str:
        told = (backend, work.sources_digest(), self._installation.identity)
        return hashlib.sha256("\0".join(told).encode()).hexdigest()

    def _provider_cache(self) -> contextlib.AbstractContextManager[None]:
        """Hold the shared cache of downloaded providers: Terraform does not lock it (hashicorp/terraform#25849)."""
        cache = self._installation.plugin_cache
        return file_lock(cache / "lock") if cache else contextlib.nullcontext()


def _providers_stand(work: Workdir) -> bool:
    """Whether what init installed is still there; a provider is a link into a mirror or a cache."""
    return all(path.exists() for path in (work.data / "providers").glob("*/*/*/*/*"))


def _refuse_unsaved_state(work: Workdir) -> None:
    if work.errored_state.is_file():
        raise _state_not_saved(work, ())


def _refuse_cut_plan(work: Workdir) -> None:
    """On a full disk Terraform 1.11 leaves a cut plan file and ends as if it were whole."""
    if not zipfile.is_zipfile(work.plan_file):
        raise disk_full(work.folder)


def _state_not_saved(work: Workdir, diagnostics: tuple[Diagnostic, ...]) -> StateNotSaved:
    return StateNotSaved(
        f"Terraform could not write the state of {work.folder.name}; it is kept in {work.errored_state}",
        "push it and go on: shopctl resume",
        diagnostics,
    )


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _KEPT_STDERR_BYTES))
        return file.read().decode(errors="replace").strip()
