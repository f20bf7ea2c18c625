"""From plans to a bundle and back: what was planned is what is applied, or it is refused with the reason."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from shopctl.aws.states import read_state
from shopctl.bundle import (
    Bundle,
    BundleRefused,
    Circumstances,
    Fingerprint,
    Manifest,
    PlannedStack,
    StateVersion,
    digest_code,
    digest_inputs,
    newest_bundle,
    read_bundle,
    remove_bundle,
    verify,
    write_bundle,
)
from shopctl.checkout import read_revision
from shopctl.environment import Environment
from shopctl.pipeline import PARALLEL_PLANS, Direction, Draft, Drafts, prepare_stack
from shopctl.plan import parse_plan
from shopctl.render import MissingUpstream
from shopctl.stacks import Stack, StackGraph, StackId


def seal(environment: Environment, graph: StackGraph, drafts: Drafts, direction: Direction) -> Bundle:
    """Write the plans into a bundle that is bound to everything they were made from.

    Older bundles of the environment are removed: their plans hold secrets, and only the newest may be applied.
    Raises: DiskFull; AwsFailed.
    """
    bundles = folder_of(environment)
    for old in bundles.iterdir() if bundles.is_dir() else ():
        remove_bundle(old)
    now = environment.now()
    states = _read_states(environment, graph)
    planned = [_entry(draft, states.get(stack)) for stack, draft in drafts.drafts.items()]
    waiting = [
        PlannedStack(stack=str(stack), deferred=", ".join(map(str, inputs)))
        for stack, inputs in drafts.deferred.items()
    ]
    manifest = Manifest(
        id=f"{now:%Y%m%dT%H%M%SZ}-{environment.world.nonce()[:4]}",
        created_at=now,
        expires_at=now + timedelta(minutes=environment.spec.pipeline.plan_max_age_minutes),
        made_in=_circumstances(environment, direction),
        stacks=(*planned, *waiting),
    )
    plans = {stack: draft.file for stack, draft in drafts.drafts.items() if draft.plan}
    bundle = write_bundle(bundles, manifest, plans)
    for draft in drafts.drafts.values():
        draft.file.unlink(missing_ok=True)  # it holds secrets; the copy in the bundle is removed with it
    return bundle


def confirm(environment: Environment, graph: StackGraph, bundle: Bundle, direction: Direction) -> None:
    """Prove that a bundle still fits how things are.

    Renders and connects its stacks anew, so that an edit since then shows.
    Raises: BundleRefused with every reason; what preparing a stack raises.
    """
    planned = [graph.get(StackId.parse(entry.stack)) for entry in bundle.manifest.stacks if entry.inputs is not None]
    upstream = environment.upstream_of(tuple(planned))
    inputs = {}
    for stack in planned:
        try:
            inputs[stack.id] = digest_inputs(prepare_stack(environment, stack, upstream))
        except MissingUpstream:
            continue  # `verify` says of a stack without inputs that it waits for another one
    current = Fingerprint(_circumstances(environment, direction), inputs, _read_states(environment, graph))
    verify(bundle.manifest, current, environment.now())


def unseal(environment: Environment, graph: StackGraph, bundle: Bundle) -> Drafts:
    """Read a bundle's plans back.

    Raises: BundleRefused where it names a stack that is not selected; TerraformFailed.
    """
    known = set(graph.ids)
    entries = {StackId.parse(entry.stack): entry for entry in bundle.manifest.stacks}
    if strangers := [str(stack) for stack in entries if stack not in known]:
        raise BundleRefused(
            f"the bundle has plans for {', '.join(strangers)}, which are not asked for", "leave out --stack"
        )

    def read(stack: Stack) -> Draft:
        file = bundle.plan_file(stack.id)
        work = environment.workdir(stack)
        if file is None:
            return Draft(stack, work, None, work.plan_file)
        return Draft(stack, work, parse_plan(stack.id, environment.terraform.show(work, file)), file)

    planned = [graph.get(stack) for stack, entry in entries.items() if entry.deferred is None]
    with ThreadPoolExecutor(PARALLEL_PLANS, thread_name_prefix="show") as pool:
        drafts = {draft.stack.id: draft for draft in pool.map(read, planned)}
    deferred = {stack: graph.get(stack).inputs for stack, entry in entries.items() if entry.deferred is not None}
    return Drafts(drafts, deferred)


def find_bundle(environment: Environment, name: str | None = None) -> Bundle:
    """Read the environment's bundle of this id, or its newest.

    Raises: BundleRefused where there is none, or it was edited.
    """
    bundles = folder_of(environment)
    folder = bundles / name if name else newest_bundle(bundles)
    if folder is None:
        raise BundleRefused(f"there is no plan bundle of {environment.name}", f"shopctl plan --env {environment.name}")
    return read_bundle(folder)


def discard(bundle: Bundle) -> None:
    """Remove a bundle that was applied."""
    remove_bundle(bundle.folder)


def folder_of(environment: Environment) -> Path:
    """Where the environment's bundles are kept; it need not exist."""
    return environment.paths.work(environment.name) / "bundles"


def _entry(draft: Draft, state: StateVersion | None) -> PlannedStack:
    counts = draft.plan.counts if draft.plan else None
    return PlannedStack(
        stack=str(draft.stack.id),
        has_changes=draft.plan is not None,
        add=counts.add if counts else 0,
        change=counts.change if counts else 0,
        destroy=counts.destroy if counts else 0,
        inputs=digest_inputs(draft.work),
        state=state,
    )


def _circumstances(environment: Environment, direction: Direction) -> Circumstances:
    spec = environment.spec
    revision = read_revision(environment.paths.root)
    return Circumstances(
        env=spec.name,
        operation="deploy" if direction == "up" else "destroy",
        account=spec.account,
        regions=tuple(dict.fromkeys((*spec.site_regions, *spec.control_regions))),
        platform=f"{platform.system().lower()}_{platform.machine()}",
        tools={"shopctl": version("shopctl"), "terraform": environment.installation.version},
        commit=revision.commit,
        dirty=revision.dirty,
        code=digest_code(environment.paths.terraform),
        facts=environment.facts.digest(),
    )


def _read_states(environment: Environment, graph: StackGraph) -> dict[StackId, StateVersion | None]:
    def read(stack: Stack) -> tuple[StackId, StateVersion | None]:
        state = read_state(environment.cloud, stack.state)
        return stack.id, StateVersion(lineage=state.lineage, serial=state.serial) if state else None

    with ThreadPoolExecutor(PARALLEL_PLANS) as pool:
        return dict(pool.map(read, graph))
