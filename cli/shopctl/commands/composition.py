"""Where adapters are built, and nowhere else: from an environment's name to its doors."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

from shopctl.aws.cloud import Cloud, connect
from shopctl.checkov import find_checkov
from shopctl.checkov import start_scan as begin_scan
from shopctl.control import open_control, real_world
from shopctl.environment import Environment
from shopctl.errors import ControlStoreUnavailable, PrerequisiteError
from shopctl.facts import Facts
from shopctl.files import Paths, find_paths, make_private_folder
from shopctl.gate.model import Scan
from shopctl.output import console
from shopctl.runs.store import Quorum
from shopctl.runs.versions import fact_log
from shopctl.spec import EnvSpec, find_env, load_spec
from shopctl.stacks import build_graph
from shopctl.stopping import SIGNALS, stop_if_asked
from shopctl.terraform import Terraform, child_environment, find_installation


def open_paths() -> Paths:
    """Find the project and its work folder from where the command was typed.

    Raises: PrerequisiteError outside of a project.
    """
    return find_paths(Path.cwd(), os.environ)


def open_spec(paths: Paths, env: str) -> EnvSpec:
    """Read an environment's env.yaml.

    Raises: UsageError for an environment that does not exist; SpecError.
    """
    return load_spec(find_env(paths.root, env))


def open_cloud(paths: Paths, spec: EnvSpec) -> Cloud:
    """Connect to the cloud that the environment lives in, and prove whose credentials these are.

    Raises: PrerequisiteError where the local cloud is down; AwsFailed for credentials of another account.
    """
    cloud = connect(spec, paths.home, os.environ)
    cloud.verify_identity()
    return cloud


@contextmanager
def after_bootstrap(spec: EnvSpec) -> Iterator[None]:
    """Say of a control store that is not there that the environment is not bootstrapped. Raises: PrerequisiteError."""
    try:
        yield
    except ControlStoreUnavailable as error:
        if "shopctl bootstrap" not in error.fix:
            raise
        raise PrerequisiteError(
            f"{spec.name} is not bootstrapped yet: it has no control buckets", f"shopctl bootstrap --env {spec.name}"
        ) from error


def read_facts(spec: EnvSpec, control: Quorum) -> Facts:
    """The facts in force, or the initial ones before anything was decided.

    Raises: ControlStoreUnavailable; PrerequisiteError, with bootstrap as the cure, where there is no control store yet.
    """
    with after_bootstrap(spec):
        newest = fact_log(control, spec.name).newest()
    return newest.value if newest else Facts.initial(spec)


def open_environment(env: str, *, read_only: bool = False) -> Environment:
    """Open an environment with all its doors.

    ``read_only`` is for commands that look: nothing is written to the control store, not even a repair.
    Raises: UsageError; SpecError; PrerequisiteError; AwsFailed; ControlStoreUnavailable.
    """
    paths = open_paths()
    spec = open_spec(paths, env)
    cloud = open_cloud(paths, spec)
    control = open_control(spec, cloud, read_only=read_only)
    facts = read_facts(spec, control)
    make_private_folder(paths.work(spec.name))
    installation = find_installation(paths.home, os.environ)
    inherited = child_environment(os.environ) | cloud.child_environment()
    return Environment(
        paths=paths,
        spec=spec,
        facts=facts,
        graph=build_graph(spec, facts),
        cloud=cloud,
        control=control,
        installation=installation,
        terraform=Terraform(installation, inherited),
        world=real_world(),
    )


def start_scan(environment: Environment) -> Callable[[], Scan]:
    """Begin to read the Terraform code with checkov, beside whatever comes next; call the answer for the result.

    Raises: PrerequisiteError where checkov is not installed; the answer raises ScanFailed.
    """
    paths = environment.paths
    pending = begin_scan(paths.terraform, paths.home, find_checkov(paths.home, os.environ), os.environ)
    asking = threading.Lock()

    @cache
    def result() -> Scan:
        return pending.result()

    def ask() -> Scan:
        with asking:  # plans of several stacks are judged at the same time
            return result()

    return ask


class _Interruption:
    """Ctrl-C and SIGTERM, turned into one gentle request to stop.

    The first forwards one SIGINT to every Terraform and starts nothing new; later ones only say what is waited
    for. Nothing is ever killed.
    """

    def __init__(self, terraform: Terraform | None) -> None:
        self._terraform = terraform
        self._asked = threading.Event()

    def should_stop(self) -> bool:
        """Whether the operator asked to stop."""
        return self._asked.is_set()

    def request(self, _signal: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        again = self._asked.is_set()
        self._asked.set()
        running = self._terraform.interrupt() if self._terraform else ()
        waited = ", ".join(f"{child.command} of {child.stack}" for child in running) or "the step at hand"
        text = (
            f"still waiting for {waited}; it is not killed, so that no state is lost"
            if again
            else f"stopping: waiting for {waited} to finish what is under way"
        )
        console(stderr=True).print(text)


@contextmanager
def interruptible(terraform: Terraform | None = None) -> Iterator[Callable[[], bool]]:
    """Catch Ctrl-C and SIGTERM while the block runs; yields the question whether the operator asked to stop.

    Raises: KeyboardInterrupt where that was asked before.
    """
    interruption = _Interruption(terraform)
    before = {number: signal.signal(number, interruption.request) for number in SIGNALS}
    stop_if_asked()
    try:
        yield interruption.should_stop
    finally:
        for number, handler in before.items():
            # Once asked to stop, what is left is to say how it ended: another Ctrl-C must not cut that off.
            signal.signal(number, signal.SIG_IGN if interruption.should_stop() else handler)
