"""Bootstrap: what no stack owns — the control and state buckets, the hosted zone, the first facts.

There is no control store before it, so it is not journalled: each step looks first and can be repeated, and a
bootstrap that was cut off anywhere is finished by the next one. Only the facts are written under the lock, which
lives in the buckets that the steps before have made.

    control@REGION, state@REGION ... -> facts -> delegation (AWS only)
    zone ---------------------------/
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shopctl import naming
from shopctl.aws.buckets import OwnBucket, bucket_exists, delete_bucket, is_set_up, list_keys, set_up
from shopctl.aws.cloud import Cloud
from shopctl.aws.leftovers import BOOTSTRAP, scan
from shopctl.aws.states import read_state
from shopctl.aws.zones import Zone, create_zone, delete_zone, find_zone
from shopctl.control import holding, open_control
from shopctl.dns import name_servers, system_resolvers
from shopctl.errors import AwsFailed, Paused, Refused
from shopctl.facts import Facts
from shopctl.runs.executors import Conduct, RealExecutor, bare_executor, problem
from shopctl.runs.journal import new_run_id
from shopctl.runs.lock import BEATS, EnvironmentLock
from shopctl.runs.steps import NoUndo, RunReport, Step, StepContext, run_steps, undoing
from shopctl.runs.versions import fact_log
from shopctl.runs.world import World
from shopctl.spec import EnvSpec
from shopctl.stacks import StateAddress


@dataclass(frozen=True, slots=True)
class Ground:
    """An environment before it stands: its spec, its cloud, and the world that the run takes place in."""

    spec: EnvSpec
    cloud: Cloud
    world: World

    @property
    def control_buckets(self) -> tuple[OwnBucket, ...]:
        """The buckets of the control store; its heartbeats are of no use after a day."""
        return tuple(
            OwnBucket(naming.control_bucket(self.spec, region), region, naming.tags(self.spec, BOOTSTRAP), BEATS)
            for region in self.spec.control_regions
        )

    @property
    def state_buckets(self) -> tuple[OwnBucket, ...]:
        """The buckets of the Terraform states."""
        return tuple(
            OwnBucket(naming.state_bucket(self.spec, region), region, naming.tags(self.spec, BOOTSTRAP))
            for region in self.spec.control_regions
        )

    @property
    def zone_comment(self) -> str:
        """What marks a hosted zone that bootstrap made for this environment."""
        return f"Made by shopctl for {naming.name(self.spec)}"

    def find_zone(self) -> Zone | None:
        """Return the domain's zone if it is the one that env.yaml means. Raises: AwsFailed."""
        zone = find_zone(self.cloud, self.spec.domain)
        if zone and self.spec.dns.zone == "create" and zone.comment != self.zone_comment:
            raise AwsFailed(
                f"env.yaml says `dns.zone: create`, but {self.spec.domain} has a zone that bootstrap did not make",
                "Write `zone: existing` under `dns` to use it.",
            )
        return zone


def bootstrap(ground: Ground, conduct: Conduct) -> RunReport:
    """Make what is missing; the report says of each step whether it was done now or stood already.

    Can be repeated from any point.
    Raises: Paused with the zone's name servers while the domain is not delegated to them; LockHeld if a run of the
    environment is under way and the facts change; AwsFailed; Interrupted.
    """
    return _conclude(_run(bootstrap_steps(ground), bare_executor(conduct.should_stop), conduct), conduct)


def remove(ground: Ground, conduct: Conduct) -> RunReport:
    """Take down what ``bootstrap`` made: the last command of an environment's life. It can't be undone.

    The lock is held until the control buckets, which it lives in, are all that is left. Can be repeated from any point.
    Raises: Refused as ``ensure_removable``; LockHeld; AwsFailed; Interrupted.
    """
    ensure_removable(ground)
    control = {f"remove control@{bucket.region}" for bucket in ground.control_buckets}
    steps = removal_steps(ground)
    early = tuple(step for step in steps if step.name not in control)
    late = tuple(replace(step, needs=frozenset()) for step in steps if step.name in control)
    first = _conclude(_remove_under_lock(ground, early, conduct), conduct)
    last = _conclude(_run(late, bare_executor(conduct.should_stop), conduct), conduct)
    return RunReport(first.results + last.results)


def ensure_removable(ground: Ground) -> None:
    """Return only if nothing stands that the state buckets know of. Reads every state.

    Raises: Refused for a protected environment, and while anything of it stands, in a state or in none.
    """
    spec = ground.spec
    if spec.protected:
        raise Refused(
            f"{spec.name} is protected: its states and its journal are not removed",
            "Set `protected: false` in env.yaml first, if you mean it.",
        )
    standing = tuple(key for bucket in ground.state_buckets for key in _states_with_resources(ground, bucket))
    if standing:
        raise Refused(
            f"resources still stand, and only these states know of them: {', '.join(standing)}",
            f"Run `shopctl destroy --env {spec.name}` first.",
        )
    found = scan(ground.cloud, spec)
    left = tuple(leftover.arn for leftover in found if leftover.stack != BOOTSTRAP and not leftover.is_kept)
    if left:
        raise Refused(
            f"resources still stand that no state knows of: {', '.join(left)}",
            f"Run `shopctl resume --env {spec.name}`, then `shopctl destroy --env {spec.name}`.",
        )


def bootstrap_steps(ground: Ground) -> tuple[Step, ...]:
    """Return the steps in order; each knows the step that takes it back. Calls nothing."""
    states = tuple(_bucket_step(ground, "state", bucket) for bucket in ground.state_buckets)
    zone = _zone_step(ground)
    rest = frozenset(f"remove {step.name}" for step in (*states, zone))
    control = tuple(_bucket_step(ground, "control", bucket, removed_after=rest) for bucket in ground.control_buckets)
    facts = _facts_step(ground, needs=frozenset(step.name for step in (*control, zone)))
    delegation = (_delegation_step(ground),) if ground.cloud.kind == "aws" else ()
    return (*control, *states, zone, facts, *delegation)


def removal_steps(ground: Ground) -> tuple[Step, ...]:
    """Return the steps that take bootstrap back, the control buckets last. Calls nothing."""
    return undoing(bootstrap_steps(ground))


def _run(steps: tuple[Step, ...], executor: RealExecutor, conduct: Conduct) -> RunReport:
    return run_steps(
        steps,
        executor,
        conduct.observer,
        max_parallel=conduct.max_parallel,
        should_stop=conduct.should_stop,
    )


def _conclude(report: RunReport, conduct: Conduct) -> RunReport:
    error = problem(report, conduct.resume_command)
    if error is not None:
        raise error
    return report


def _remove_under_lock(ground: Ground, steps: tuple[Step, ...], conduct: Conduct) -> RunReport:
    spec, cloud = ground.spec, ground.cloud
    executor = bare_executor(conduct.should_stop)
    left = [bucket for bucket in ground.control_buckets if bucket_exists(cloud, bucket.name, bucket.region)]
    if len(left) <= len(ground.control_buckets) // 2:
        return _run(steps, executor, conduct)  # an earlier removal took the lock's home away: no run can be under way
    lock = EnvironmentLock(open_control(spec, cloud), spec.name)
    with holding(lock, "bootstrap --remove", new_run_id("remove", ground.world), ground.world) as hold:
        return _run(steps, replace(executor, ensure_current=hold.ensure_current), conduct)


def _states_with_resources(ground: Ground, bucket: OwnBucket) -> tuple[str, ...]:
    if not bucket_exists(ground.cloud, bucket.name, bucket.region):
        return ()
    keys = list_keys(ground.cloud, bucket.name, bucket.region, suffix="terraform.tfstate")
    states = {key: read_state(ground.cloud, StateAddress(bucket.name, key, bucket.region)) for key in keys}
    return tuple(f"s3://{bucket.name}/{key}" for key, state in states.items() if state and state.resources)


def _bucket_step(
    ground: Ground, purpose: str, bucket: OwnBucket, *, removed_after: frozenset[str] = frozenset()
) -> Step:
    cloud, name = ground.cloud, f"{purpose}@{bucket.region}"

    def check(_context: StepContext) -> str | None:
        return bucket.name if is_set_up(cloud, bucket) else None

    def make(_context: StepContext) -> str:
        set_up(cloud, bucket)
        return bucket.name

    def verify(_context: StepContext) -> None:
        if not is_set_up(cloud, bucket):
            raise AwsFailed(
                f"bucket {bucket.name} does not have the settings that were made", "Run `shopctl bootstrap`."
            )

    def is_gone(_context: StepContext) -> str | None:
        return None if bucket_exists(cloud, bucket.name, bucket.region) else f"{bucket.name} is gone"

    def remove(_context: StepContext) -> str:
        delete_bucket(cloud, bucket.name, bucket.region, lambda _count: None)
        return f"{bucket.name} is gone"

    removal = Step(
        name=f"remove {name}",
        title=f"delete {bucket.name} with all it holds",
        check=is_gone,
        do=remove,
        verify=_nothing_to_verify,
        undo=NoUndo("what was in the bucket is gone"),
        needs=removed_after,
    )
    title = f"make {bucket.name}"
    return Step(name=name, title=title, check=check, do=make, verify=verify, undo=removal)


def _zone_step(ground: Ground) -> Step:
    spec, cloud = ground.spec, ground.cloud
    tags = naming.tags(spec, BOOTSTRAP)

    def check(_context: StepContext) -> str | None:
        zone = ground.find_zone()
        return f"{spec.domain} is zone {zone.id}" if zone else None

    def make(_context: StepContext) -> str:
        if spec.dns.zone == "existing":
            raise AwsFailed(
                f"env.yaml says `dns.zone: existing`, but account {spec.account} has no public zone {spec.domain}",
                "Write `zone: create` under `dns` to have it made.",
            )
        reference = f"{naming.name(spec)}-{ground.world.nonce()}"
        zone = create_zone(cloud, spec.domain, comment=ground.zone_comment, reference=reference, tags=tags)
        return f"{spec.domain} is zone {zone.id}"

    def is_gone(_context: StepContext) -> str | None:
        zone = find_zone(cloud, spec.domain)
        if zone is None:
            return f"{spec.domain} has no zone"
        return None if zone.comment == ground.zone_comment else f"zone {zone.id} is not ours"

    def remove(_context: StepContext) -> str:
        zone = find_zone(cloud, spec.domain)
        if zone is not None:
            delete_zone(cloud, zone)
        return f"{spec.domain} has no zone"

    removal = Step(
        name="remove zone",
        title=f"delete the hosted zone of {spec.domain}, if bootstrap made it",
        check=is_gone,
        do=remove,
        verify=_nothing_to_verify,
        undo=NoUndo("a new zone has new name servers"),
    )
    title = f"{'make' if spec.dns.zone == 'create' else 'find'} the hosted zone of {spec.domain}"
    return Step(name="zone", title=title, check=check, do=make, verify=_nothing_to_verify, undo=removal)


def _facts_step(ground: Ground, *, needs: frozenset[str]) -> Step:
    spec, cloud, world = ground.spec, ground.cloud, ground.world
    control = open_control(spec, cloud)
    log = fact_log(control, spec.name)

    def wanted() -> Facts:
        newest = log.newest()
        zone = ground.find_zone()
        return replace(newest.value if newest else Facts.initial(spec), zone_id=zone.id if zone else None)

    def check(_context: StepContext) -> str | None:
        # In a dry run the buckets may not be there yet.
        if not all(bucket_exists(cloud, bucket.name, bucket.region) for bucket in ground.control_buckets):
            return None
        newest = log.newest()
        return f"version {newest.version}" if newest and newest.value == wanted() else None

    def write(_context: StepContext) -> str:
        lock = EnvironmentLock(control, spec.name)
        with holding(lock, "bootstrap", new_run_id("bootstrap", world), world) as hold:
            return f"version {log.write(wanted(), hold, world).version}"

    return Step(
        name="facts",
        title="write the facts that no checkout may revert",
        check=check,
        do=write,
        verify=_nothing_to_verify,
        undo=NoUndo("they go with the control buckets"),
        needs=needs,
    )


def _delegation_step(ground: Ground) -> Step:
    domain = ground.spec.domain

    def check(_context: StepContext) -> str | None:
        zone = ground.find_zone()
        seen = name_servers(domain, system_resolvers())
        return f"{domain} is delegated to the zone" if zone and seen and seen <= set(zone.name_servers) else None

    def wait(_context: StepContext) -> str:
        zone = ground.find_zone()
        servers = zone.name_servers if zone else ()
        records = "\n".join(f"  {domain}. NS {server}." for server in servers)
        raise Paused(
            f"{domain} is not delegated to its hosted zone yet; add these records to the parent domain:\n{records}",
            f"Then run `shopctl bootstrap --env {ground.spec.name}` again.",
        )

    return Step(
        name="delegation",
        title=f"see that {domain} is delegated to its hosted zone",
        check=check,
        do=wait,
        verify=_nothing_to_verify,
        undo=NoUndo("the delegation is kept by whoever owns the parent domain"),
        needs=frozenset({"facts"}),
    )


def _nothing_to_verify(_context: StepContext) -> None:
    """Say that AWS's reply is the proof: the step's own check would only read back the same call."""
