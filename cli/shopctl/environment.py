"""An environment as operations see it: what env.yaml and the facts say, and a door to each outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shopctl import naming
from shopctl.aws.cloud import Cloud
from shopctl.aws.inventory import StackInventory
from shopctl.aws.states import read_state
from shopctl.facts import Facts
from shopctl.files import Paths
from shopctl.render import Json, Upstream
from shopctl.runs.store import Quorum
from shopctl.runs.world import World
from shopctl.spec import EnvSpec
from shopctl.stacks import Stack, StackGraph, StackId
from shopctl.terraform import Installation, Terraform, Workdir


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment with everything that an operation on it may touch.

    ``graph`` holds all its stacks; operations that act on some get a selection of it beside.
    """

    paths: Paths
    spec: EnvSpec
    facts: Facts
    graph: StackGraph
    cloud: Cloud
    control: Quorum
    installation: Installation
    terraform: Terraform
    world: World

    @property
    def name(self) -> str:
        """The environment's name, as ``--env`` takes it."""
        return self.spec.name

    def now(self) -> datetime:
        """The time, UTC."""
        return self.world.now()

    def workdir(self, stack: Stack) -> Workdir:
        """The private folder that Terraform works in for a stack."""
        return Workdir(self.paths.work(self.name) / str(stack.id), stack.id.root)

    def inventory(self, stack: Stack) -> StackInventory:
        """What stands in a stack's region, whatever its state says."""
        identity = {key: naming.tags(self.spec, "")[key] for key in ("Environment", "ManagedBy", "Project")}
        return StackInventory(self.cloud, stack.region, naming.name(self.spec), identity)

    def outputs_of(self, stack: Stack) -> dict[str, Json] | None:
        """The outputs in a stack's state without sensitive ones, or None where it has no state.

        Raises: AwsFailed.
        """
        state = read_state(self.cloud, stack.state)
        if state is None:
            return None
        return {name: output.value for name, output in state.outputs.items() if not output.is_sensitive}

    def has_resources(self, stack: Stack) -> bool:
        """Whether a stack's state knows of any resource.

        Raises: AwsFailed.
        """
        state = read_state(self.cloud, stack.state)
        return state is not None and bool(state.resources)

    def upstream_of(self, stacks: tuple[Stack, ...]) -> Upstream:
        """The outputs, as they are now, of all stacks that these consume something of.

        Raises: AwsFailed.
        """
        makers: dict[StackId, None] = dict.fromkeys(item.stack for stack in stacks for item in stack.inputs)
        return {maker: self.outputs_of(self.graph.get(maker)) or {} for maker in makers}
