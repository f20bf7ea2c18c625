"""Bootstrap makes what no stack owns, can be cut off and repeated anywhere, and takes it back as the last command."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from localcloud.client import LocalCloud
from localcloud.faults import Error, LostReply
from shopctl import naming
from shopctl.aws.cloud import Cloud
from shopctl.aws.leftovers import BOOTSTRAP, scan
from shopctl.aws.zones import create_zone, find_zone
from shopctl.bootstrap import Ground, bootstrap, bootstrap_steps, remove
from shopctl.control import holding, open_control, real_world
from shopctl.errors import AwsFailed, LockHeld, Paused, Refused, ShopctlError
from shopctl.facts import Facts
from shopctl.runs.executors import Conduct, DryRunExecutor
from shopctl.runs.lock import EnvironmentLock
from shopctl.runs.steps import run_steps
from shopctl.runs.versions import fact_log
from shopctl.sections import Dns
from support.observers import Watcher
from support.stores import world


def carry_out(ground: Ground) -> list[str]:
    watcher = Watcher()
    bootstrap(ground, Conduct(watcher, 2, lambda: False, "shopctl bootstrap"))
    return watcher.ends


def take_down(ground: Ground) -> list[str]:
    watcher = Watcher()
    remove(ground, Conduct(watcher, 2, lambda: False, "shopctl bootstrap --remove"))
    return watcher.ends


def newest_facts(ground: Ground) -> Facts:
    newest = fact_log(open_control(ground.spec, ground.cloud), ground.spec.name).newest()
    assert newest is not None
    return newest.value


def test_the_first_bootstrap_makes_all_and_the_second_finds_all(ground: Ground) -> None:
    made = carry_out(ground)
    assert {line.split()[-1] for line in made} == {"done"}
    assert sum(line.startswith(("control@", "state@")) for line in made) == 6
    assert {line.split()[-1] for line in carry_out(ground)} == {"skipped"}
    zone = find_zone(ground.cloud, ground.spec.domain)
    assert zone is not None
    assert newest_facts(ground) == Facts(active_region="eu-central-1", zone_id=zone.id)


def test_a_dry_run_says_what_would_be_made_and_makes_nothing(ground: Ground) -> None:
    watcher = Watcher()
    run_steps(bootstrap_steps(ground), DryRunExecutor(), watcher, max_parallel=1)
    assert {line.split(maxsplit=1)[1] for line in watcher.ends} == {"would do"}
    assert scan(ground.cloud, ground.spec) == ()


@pytest.mark.parametrize("calls", [3, 60, 120])
def test_cut_off_at_any_call_the_next_bootstrap_finishes_what_was_begun(
    ground: Ground, faults: LocalCloud, calls: int
) -> None:
    status = faults.inflict(Error(code="AccessDenied", status=403), skip=calls)
    with pytest.raises(ShopctlError, match="denied"):
        carry_out(ground)
    faults.lift(status)
    carry_out(ground)
    assert {line.split()[-1] for line in carry_out(ground)} == {"skipped"}


def test_a_zone_whose_making_lost_its_reply_is_not_made_twice(ground: Ground, faults: LocalCloud) -> None:
    faults.inflict(LostReply(), service="route53", operation="CreateHostedZone", count=1)
    carry_out(ground)
    assert find_zone(ground.cloud, ground.spec.domain) is not None  # it raises if there are two


def test_a_zone_that_should_exist_and_does_not_is_named_with_the_cure(ground: Ground) -> None:
    ground = replace(ground, spec=ground.spec.model_copy(update={"dns": Dns(zone="existing")}))
    with pytest.raises(AwsFailed, match=f"no public zone {ground.spec.domain}") as missing:
        carry_out(ground)
    assert "zone: create" in missing.value.fix


def test_a_zone_of_somebody_else_is_neither_taken_over_nor_deleted(ground: Ground) -> None:
    zone = create_zone(ground.cloud, ground.spec.domain, comment="legacy", reference="x", tags={"Owner": "others"})
    with pytest.raises(AwsFailed, match="a zone that bootstrap did not make"):
        carry_out(ground)
    existing = replace(ground, spec=ground.spec.model_copy(update={"dns": Dns(zone="existing")}))
    carry_out(existing)
    assert newest_facts(ground).zone_id == zone.id
    take_down(existing)
    assert find_zone(ground.cloud, ground.spec.domain) == zone


def test_facts_that_operations_decided_survive_a_bootstrap(ground: Ground) -> None:
    carry_out(ground)
    control = open_control(ground.spec, ground.cloud)
    hold = EnvironmentLock(control, ground.spec.name).acquire("failover", "run", world())
    moved = replace(newest_facts(ground), active_region="eu-west-1", generation=3)
    fact_log(control, ground.spec.name).write(moved, hold, world())
    carry_out(ground)
    assert newest_facts(ground) == moved


def test_an_undelegated_domain_in_aws_pauses_with_the_records_that_are_missing(ground: Ground) -> None:
    # The same code against the local cloud, told that it is AWS: no resolver knows the domain's name servers.
    in_aws = replace(ground, cloud=as_if_in_aws(ground.cloud))
    with pytest.raises(Paused, match="is not delegated") as paused:
        carry_out(in_aws)
    zone = find_zone(ground.cloud, ground.spec.domain)
    assert zone is not None
    assert all(f"{ground.spec.domain}. NS {server}." in paused.value.reason for server in zone.name_servers)
    assert f"shopctl bootstrap --env {ground.spec.name}" in paused.value.fix
    assert newest_facts(ground).zone_id == zone.id


def as_if_in_aws(cloud: Cloud) -> Cloud:
    twin = Cloud("local", cloud.account, cloud.child_environment())
    twin.kind = "aws"
    return twin


def test_removal_leaves_nothing_behind_and_can_be_repeated(ground: Ground) -> None:
    carry_out(ground)
    assert {leftover.stack for leftover in scan(ground.cloud, ground.spec)} == {BOOTSTRAP}
    ends = take_down(ground)
    assert {line.split()[-1] for line in ends} == {"done"}
    assert [line.split("@")[0] for line in ends[-3:]] == ["remove control"] * 3
    assert scan(ground.cloud, ground.spec) == ()
    assert find_zone(ground.cloud, ground.spec.domain) is None
    assert {line.split()[-1] for line in take_down(ground)} == {"skipped"}


def test_a_removal_that_was_cut_off_among_the_control_buckets_is_finished_by_the_next(
    ground: Ground, faults: LocalCloud
) -> None:
    carry_out(ground)
    denied = Error(code="AccessDenied", status=403)
    status = faults.inflict(denied, service="s3", operation="DeleteBucket", region="eu-north-1", skip=1)
    with pytest.raises(AwsFailed, match="DeleteBucket was denied"):
        take_down(ground)
    left = {leftover.arn.removeprefix("arn:aws:s3:::") for leftover in scan(ground.cloud, ground.spec)}
    control = {region: naming.control_bucket(ground.spec, region) for region in ground.spec.control_regions}
    assert control["eu-north-1"] in left
    assert left < set(control.values())
    faults.lift(status)
    take_down(ground)
    assert scan(ground.cloud, ground.spec) == ()


def test_removal_is_refused_while_a_state_holds_resources(ground: Ground) -> None:
    carry_out(ground)
    bucket = naming.state_bucket(ground.spec, "eu-west-1")
    key = f"{ground.spec.name}/base/eu-west-1/terraform.tfstate"
    instance = {"attributes": {"id": "vpc-1"}}
    resource = {"mode": "managed", "type": "aws_vpc", "name": "this", "instances": [instance]}
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {}}
    ground.cloud.s3("eu-west-1").put_object(
        Bucket=bucket, Key=key, Body=json.dumps({**state, "resources": [resource]}).encode()
    )
    with pytest.raises(Refused, match=f"s3://{bucket}/{key}") as refused:
        take_down(ground)
    assert "shopctl destroy" in refused.value.fix
    ground.cloud.s3("eu-west-1").put_object(
        Bucket=bucket, Key=key, Body=json.dumps({**state, "resources": []}).encode()
    )
    take_down(ground)


def test_a_protected_environment_keeps_its_buckets(ground: Ground) -> None:
    protected = replace(ground, spec=ground.spec.model_copy(update={"protected": True}))
    carry_out(protected)
    with pytest.raises(Refused, match="is protected"):
        take_down(protected)
    assert len(scan(ground.cloud, ground.spec)) == 7


def test_removal_waits_for_nobody_who_still_works(ground: Ground) -> None:
    carry_out(ground)
    lock = EnvironmentLock(open_control(ground.spec, ground.cloud), ground.spec.name)
    with holding(lock, "deploy", "run", real_world()), pytest.raises(LockHeld, match="deploy"):
        take_down(ground)
    assert len(scan(ground.cloud, ground.spec)) == 7
