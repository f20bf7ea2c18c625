"""Terraform by itself: what somebody's script would do with the same stacks, as lean as a script can be.

It runs ``init`` and ``apply -auto-approve`` (or ``plan``) per stack, in the same order, as many side by side, with the
same variables, backends, provider mirror and environment variables as shopctl's own Terraform. It gates nothing,
journals nothing, saves no plan, and reads the outputs that a stack needs straight from the states.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from shopctl.environment import Environment
from shopctl.render import backend_config, render
from shopctl.stacks import Stack, StackId
from shopctl.terraform import child_environment, find_installation


class BareTerraform:
    """A script for one environment, in a folder of its own that is empty at first.

    A plan that isn't empty and whatever else fails raises ``CalledProcessError``; what was printed is in ``logs``.
    """

    def __init__(self, folder: Path, environment: Environment, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._code = folder / "terraform"
        self._variables = _variables(environment, environ)
        (folder / "logs").mkdir(parents=True)
        shutil.copytree(environment.paths.terraform, self._code, ignore=shutil.ignore_patterns(".terraform", "tests"))

    def deploy(self) -> None:
        """Bring all stacks up, each as soon as those that it needs are up."""
        graph = self._environment.graph
        begun: dict[StackId, Future[None]] = {}
        with ThreadPoolExecutor(len(graph)) as pool:
            for stack in graph:  # in an order in which what a stack needs comes before it
                begun[stack.id] = pool.submit(self._deploy_after, stack, [begun[need] for need in stack.needs])
        for future in begun.values():
            future.result()

    def plan(self, parallel: int) -> None:
        """Plan all stacks, so many at once."""
        with ThreadPoolExecutor(parallel) as pool:
            list(pool.map(lambda stack: self._run(stack, "plan", "-detailed-exitcode"), self._environment.graph))

    def _deploy_after(self, stack: Stack, needs: list[Future[None]]) -> None:
        for need in needs:
            need.result()
        place = self._place(stack)
        upstream = self._environment.upstream_of((stack,))
        (place / "stack.tfvars").write_text(render(self._environment.spec, self._environment.facts, stack, upstream))
        backend = backend_config(self._environment.spec, stack)
        (place / "backend").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in backend.items()))
        self._terraform(stack, "init", f"-backend-config={place / 'backend'}", "-lockfile=readonly")
        self._run(stack, "apply", "-auto-approve")

    def _run(self, stack: Stack, command: str, *options: str) -> None:
        parallelism = f"-parallelism={self._environment.spec.pipeline.terraform_parallelism}"
        self._terraform(stack, command, *options, parallelism, f"-var-file={self._place(stack) / 'stack.tfvars'}")

    def _terraform(self, stack: Stack, command: str, *options: str) -> None:
        with (self._folder / "logs" / f"{stack.id}-{command}.txt").open("wb") as log:
            subprocess.run(
                ["terraform", command, "-input=false", "-no-color", *options],
                cwd=self._code / "stacks" / stack.id.root,
                env={**self._variables, "TF_DATA_DIR": str(self._place(stack) / "data")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )

    def _place(self, stack: Stack) -> Path:
        place = self._folder / str(stack.id)
        place.mkdir(exist_ok=True)
        return place


def _variables(environment: Environment, environ: Mapping[str, str]) -> Mapping[str, str]:
    """What shopctl's own Terraform gets."""
    own = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    installation = find_installation(environment.paths.home, environ)
    return child_environment(environ) | environment.cloud.child_environment() | own | installation.environment
