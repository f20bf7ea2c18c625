"""The stacks of an environment: which there are, where each keeps its state, what feeds what, and in which order.

    base@standby -> base@active -> site@active -> edge
                              \\-> site@standby -/

The primary region's base holds the secrets of both regions, so both sites read from it; a standby that keeps a
replica of the database also waits for the site that it copies.

Regions name the stacks, so that ids, states and tags stay the same when a failover changes which one is active.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from shopctl import naming
from shopctl.errors import SpecError, UsageError
from shopctl.facts import Facts
from shopctl.spec import EnvSpec
from shopctl.yamlfile import did_you_mean

Root = Literal["base", "site", "edge"]
Role = Literal["active", "standby", "global"]

# CloudFront's certificates and metrics live in this region only.
# Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
EDGE_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True, order=True)
class StackId:
    """One stack: a root and the region that it serves; ``edge`` serves the world and names none."""

    root: Root
    region: str | None = None

    def __str__(self) -> str:
        return self.root if self.region is None else f"{self.root}@{self.region}"

    @staticmethod
    def parse(text: str) -> StackId:
        """Read what ``str`` writes, such as ``base@eu-central-1`` or ``edge``. Pure.

        Raises: UsageError if it is neither.
        """
        root, at, region = text.partition("@")
        for known in get_args(Root):
            if root == known and bool(at) == bool(region) == (known != "edge"):
                return StackId(known, region or None)
        raise UsageError(f"{text!r} is not a stack", "write base@REGION, site@REGION or edge")


@dataclass(frozen=True, slots=True)
class StateAddress:
    """Where a stack's Terraform state is: an S3 object."""

    bucket: str
    key: str
    region: str


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """One output of another stack that a stack consumes."""

    stack: StackId
    output: str

    def __str__(self) -> str:
        return f"{self.stack}.{self.output}"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack in its place: the region that its provider works in, its role, what it reads, what must stand first."""

    id: StackId
    region: str
    role: Role
    inputs: tuple[Input, ...]
    needs: frozenset[StackId]
    state: StateAddress


@dataclass(frozen=True, slots=True)
class StackGraph:
    """Stacks in an order in which each comes after what it needs."""

    stacks: tuple[Stack, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    """What a user may write for a region, such as ``standby`` or ``dr``."""

    def __iter__(self) -> Iterator[Stack]:
        return iter(self.stacks)

    def __len__(self) -> int:
        return len(self.stacks)

    @property
    def ids(self) -> tuple[StackId, ...]:
        """The ids of the stacks, in order."""
        return tuple(stack.id for stack in self.stacks)

    def get(self, stack_id: StackId) -> Stack:
        """The stack with this id. Pure.

        Raises: UsageError that names the known stacks.
        """
        for stack in self.stacks:
            if stack.id == stack_id:
                return stack
        raise self._unknown(str(stack_id))

    def waves(self) -> tuple[tuple[Stack, ...], ...]:
        """The stacks in groups; a group needs only earlier ones, so its members may run at the same time. Pure."""
        level: dict[StackId, int] = {}
        for stack in self.stacks:
            level[stack.id] = max((level[need] + 1 for need in stack.needs), default=0)
        return tuple(
            tuple(stack for stack in self.stacks if level[stack.id] == wave)
            for wave in range(max(level.values(), default=-1) + 1)
        )

    def reversed(self) -> StackGraph:
        """The same stacks for taking down: each now needs that those are gone that needed it. Pure."""
        return StackGraph(
            tuple(
                replace(stack, needs=frozenset(other.id for other in self.stacks if stack.id in other.needs))
                for stack in reversed(self.stacks)
            ),
            self.aliases,
        )

    def select(self, names: Iterable[str]) -> StackGraph:
        """The part that ``names`` ask for, in the same order; everything where they ask for nothing. Pure.

        A name is a stack (``site@eu-west-1``), a root (``site``), or a root with an alias (``site@standby``). A stack
        still waits for a chosen one that it needs by way of one that was not chosen.
        Raises: UsageError that names the known stacks.
        """
        chosen = {stack_id for name in names for stack_id in self._named(name)} or set(self.ids)
        return StackGraph(
            tuple(
                replace(stack, needs=frozenset(self._all_needs(stack) & chosen))
                for stack in self.stacks
                if stack.id in chosen
            ),
            self.aliases,
        )

    def _named(self, name: str) -> tuple[StackId, ...]:
        root, _, place = name.partition("@")
        wanted = {name, f"{root}@{self.aliases[place]}"} if place in self.aliases else {name}
        found = tuple(stack.id for stack in self.stacks if str(stack.id) in wanted or stack.id.root == name)
        if not found:
            raise self._unknown(name)
        return found

    def _all_needs(self, stack: Stack) -> set[StackId]:
        found: set[StackId] = set()
        for need in stack.needs:
            found |= {need} | self._all_needs(self.get(need))
        return found

    def _unknown(self, name: str) -> UsageError:
        known = [str(stack_id) for stack_id in self.ids]
        near = did_you_mean(name, known)
        return UsageError(f"there is no stack {name!r} here{near}", f"use --stack with one of: {', '.join(known)}")


def build_graph(spec: EnvSpec, facts: Facts) -> StackGraph:
    """The stacks of an environment as things stand: ``facts`` say which region is active.

    Pure.
    Raises: SpecError if the active region is none of env.yaml's.
    """
    regions, active = spec.site_regions, facts.active_region
    if active not in regions:
        reason = f"{active} is the active region, but env.yaml names only {', '.join(regions)}"
        raise SpecError(reason, f"keep {active} in env.yaml's regions; move the shop with `shopctl failover` first")
    standby = next((region for region in regions if region != active), None)
    stacks = (
        *(_base(spec, region, active, standby) for region in (standby, active) if region),
        *(_site(spec, region, active) for region in (active, standby) if region),
        _edge(spec, tuple(region for region in (active, standby) if region)),
    )
    places = {"active": active, "standby": standby, "primary": spec.regions.primary, "dr": spec.regions.dr}
    return StackGraph(stacks, {alias: region for alias, region in places.items() if region})


def deferred(
    graph: StackGraph, known: Mapping[StackId, Collection[str]], changing: Collection[Input]
) -> frozenset[StackId]:
    """The stacks that cannot be planned yet, because an output that they consume is unknown or about to change.

    ``known`` has the names of the outputs that are in each stack's state (any mapping of outputs will do);
    ``changing`` those that the plans at hand will change. What a deferred stack's own plan will change cannot be
    said yet, so its consumers are deferred with it.
    Pure.
    """
    found: set[StackId] = set()
    for stack in graph:
        if any(
            need.stack in found or need in changing or need.output not in known.get(need.stack, ())
            for need in stack.inputs
        ):
            found.add(stack.id)
    return frozenset(found)


def _base(spec: EnvSpec, region: str, active: str, standby: str | None) -> Stack:
    # The active region's base replicates its buckets to the other's, encrypted with the other's key.
    outputs = ("bucket_arns", "kms_key_arns") if region == active and standby else ()
    inputs = tuple(Input(StackId("base", standby), output) for output in outputs)
    return _stack(spec, StackId("base", region), region, _role(region, active), inputs)


def _site(spec: EnvSpec, region: str, active: str) -> Stack:
    own, primary = StackId("base", region), StackId("base", spec.regions.primary)
    inputs = [Input(own, output) for output in ("bucket_arns", "bucket_names", "certificate_arn", "kms_key_arns")]
    inputs.append(Input(primary, "secret_arns"))
    if region != active and spec.dr.database == "replica":
        inputs.append(Input(StackId("site", active), "database"))
    return _stack(spec, StackId("site", region), region, _role(region, active), tuple(inputs))


def _edge(spec: EnvSpec, regions: tuple[str, ...]) -> Stack:
    outputs = ("load_balancer", "nat_public_ips")
    inputs = tuple(Input(StackId("site", region), output) for region in regions for output in outputs)
    return _stack(spec, StackId("edge"), EDGE_REGION, "global", inputs)


def _role(region: str, active: str) -> Role:
    return "active" if region == active else "standby"


def _stack(spec: EnvSpec, stack_id: StackId, region: str, role: Role, inputs: tuple[Input, ...]) -> Stack:
    # The global stack's state lies with the witness, so that neither region's loss takes it along.
    state_region = stack_id.region or spec.regions.witness or spec.regions.primary
    key = "/".join((spec.name, *str(stack_id).split("@"), "terraform.tfstate"))
    state = StateAddress(naming.state_bucket(spec, state_region), key, state_region)
    return Stack(stack_id, region, role, inputs, frozenset(item.stack for item in inputs), state)
