"""What shopctl does not do: without a yes, under another's lock, to a protected environment, or in a dry run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from localcloud.client import LocalCloud
from localcloud.faults import BlackHole, Delay
from support.command_line import CommandLine
from support.environments import PROJECT, committed, graph_of

# Holds the lock of `local` as a run does, heartbeat included, and tells when it has it.
HOLDER = """
import os, sys, threading
from pathlib import Path
from shopctl.aws.cloud import connect
from shopctl.control import holding, open_control, real_world
from shopctl.runs.lock import EnvironmentLock
from shopctl.spec import find_env, load_spec
spec = load_spec(find_env(Path.cwd(), "local"))
control = open_control(spec, connect(spec, Path(os.environ["SHOPCTL_HOME"]), os.environ))
with holding(EnvironmentLock(control, "local"), "failover", "20261121T104501Z-failover-1a2b", real_world()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock_holder(cloud_shop: CommandLine) -> Iterator[subprocess.Popen[str]]:
    """Another living process that holds the environment's lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


@pytest.mark.usefixtures("scanned")
def test_a_lock_that_another_process_holds_is_named_with_who_since_when_and_what_to_do(
    cloud_shop: CommandLine, lock_holder: subprocess.Popen[str]
) -> None:
    said = cloud_shop("deploy", "--yes", "--json")
    assert (said.code, said.error["code"], said.error["retryable"]) == (4, "lock_held", True)
    assert "failover (run 20261121T104501Z-failover-1a2b)" in said.error["reason"]
    assert f"(pid {lock_holder.pid})" in said.error["reason"]
    since = said.error["reason"].rpartition("since ")[2]
    assert datetime.fromisoformat(since).tzinfo
    assert "Wait for it" in said.error["fix"]
    assert f"pid {lock_holder.pid}" in cloud_shop("status", "--json").data["holder"]


@pytest.fixture
def state_lock(cloud: LocalCloud) -> Iterator[Mapping[str, str]]:
    """A state lock as Terraform leaves it in S3 when it is killed."""
    stack = graph_of("local").select(("edge",)).stacks[0]
    s3, place = cloud.client("s3", stack.state.region), {"Bucket": stack.state.bucket}
    lock = {
        "ID": "2f6a3a52-9e5c-4f0e-8f3c-6f1f4a7f0b11", "Operation": "OperationTypeApply", "Info": "",
        "Who": "anna@laptop", "Version": "1.11.4", "Created": "2026-11-21T10:45:01.5Z", "Path": stack.state.key,
    }  # fmt: skip
    s3.put_object(**place, Key=f"{stack.state.key}.tflock", Body=json.dumps(lock).encode())
    yield lock
    s3.delete_object(**place, Key=f"{stack.state.key}.tflock")


@pytest.mark.usefixtures("scanned")
def test_a_state_lock_is_named_with_who_since_when_and_what_to_do(
    cloud_shop: CommandLine, state_lock: Mapping[str, str]
) -> None:
    said = cloud_shop("deploy", "--yes", "--json")
    assert (said.code, said.error["code"]) == (4, "lock_held")
    for part in ("edge", "anna@laptop", "for apply since 2026-11-21T10:45:01Z"):
        assert part in said.error["reason"]
    assert f"shopctl resume --unlock {state_lock['ID']}" in said.error["fix"]
    stacks = {stack["stack"]: stack for stack in cloud_shop("status", "--json").data["stacks"]}
    assert stacks["edge"]["lock"]["who"] == "anna@laptop"


@pytest.mark.usefixtures("scanned")
def test_a_protected_environment_is_not_destroyed_whatever_was_answered(cloud_shop: CommandLine) -> None:
    cloud_shop.edit("protected: false", "protected: true")
    for arguments in (("destroy", "--yes"), ("destroy", "--dry-run"), ("bootstrap", "--remove", "--yes")):
        said = cloud_shop(*arguments, "--json")
        assert (said.code, said.error["code"]) == (5, "refused")
        assert "protected" in said.error["reason"]
        assert "protected: false" in said.error["fix"]


def everything(cloud: LocalCloud, account: str = "000000000000") -> dict[str, Any]:
    """What stands in the cloud: every tagged resource, every version of every object, every zone."""
    seen = LocalCloud(cloud.endpoint, account)
    spec = committed("local")
    found: dict[str, Any] = {}
    for region in (*spec.control_regions, "us-east-1"):
        pages = seen.client("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate()
        found[f"tagged {region}"] = [one for page in pages for one in page["ResourceTagMappingList"]]
        for service, operation, key in (
            ("ec2", "describe_vpcs", "Vpcs"), ("kms", "list_keys", "Keys"), ("sqs", "list_queues", "QueueUrls"),
            ("secretsmanager", "list_secrets", "SecretList"), ("iam", "list_roles", "Roles"),
        ):  # fmt: skip
            found[f"{service} {region}"] = getattr(seen.client(service, region), operation)().get(key, [])
    s3 = seen.client("s3", spec.regions.primary)
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        found[name] = s3.list_objects_v2(Bucket=name).get("Contents", [])
        versions = s3.list_object_versions(Bucket=name)
        # A plan takes Terraform's state lock and gives it back; in a versioned bucket that leaves its trace.
        found[f"versions {name}"] = [
            one
            for kind in ("Versions", "DeleteMarkers")
            for one in versions.get(kind, [])
            if not one["Key"].endswith(".tflock")
        ]
    return found


def test_bootstrap_in_a_dry_run_changes_nothing(cloud_shop: CommandLine, cloud: LocalCloud) -> None:
    account = "222233334444"
    cloud_shop.edit('account: "000000000000"', f'account: "{account}"')
    before = everything(cloud, account)
    data = cloud_shop("bootstrap", "--dry-run", "--json").data
    assert {step["result"] for step in data["steps"]} == {"would do"}
    assert everything(cloud, account) == before


def test_taking_bootstrap_back_needs_a_yes(cloud_shop: CommandLine, cloud: LocalCloud) -> None:
    before = everything(cloud)
    said = cloud_shop("bootstrap", "--remove", "--json")
    assert (said.code, said.error["code"]) == (5, "refused")
    assert "shopctl bootstrap --remove --env local --yes" in said.error["fix"]
    assert everything(cloud) == before


@pytest.mark.slow
@pytest.mark.usefixtures("scanned")
def test_a_dry_run_shows_the_plan_and_changes_nothing(cloud_shop: CommandLine, cloud: LocalCloud) -> None:
    before = everything(cloud)
    data = cloud_shop("deploy", "--dry-run", "--json").data
    assert data["stacks"]["base@eu-west-1"]["counts"]["add"] > 0
    assert set(data["deferred"]) == {"base@eu-central-1", "site@eu-central-1", "site@eu-west-1", "edge"}
    assert {step["result"] for step in data["steps"]} == {"would do"}
    assert data["gate"]["passed"]
    assert everything(cloud) == before


@pytest.mark.slow
@pytest.mark.usefixtures("scanned")
def test_nobody_there_to_say_yes_is_a_no(cloud_shop: CommandLine, cloud: LocalCloud, own_account: str) -> None:
    said = cloud_shop("deploy", "--stack", "base@eu-west-1", "--json")
    assert (said.code, said.error["code"]) == (5, "refused")
    assert "nothing was changed" in said.error["reason"]
    assert "shopctl deploy --env local --yes" in said.error["fix"]
    status = cloud_shop("status", "--json").data
    assert {stack["resources"] for stack in status["stacks"]} == {0}
    assert status["holder"] is None
    made = {
        one["ResourceARN"]
        for region in committed("local").control_regions
        for one in everything(cloud, own_account)[f"tagged {region}"]
        if {"Key": "Stack", "Value": "bootstrap"} not in one["Tags"]
    }
    assert made == set()


@pytest.mark.slow
@pytest.mark.usefixtures("scanned")
def test_a_bundle_that_no_longer_fits_is_refused_with_the_reason(
    cloud_shop: CommandLine, cloud: LocalCloud, own_account: str
) -> None:
    said = cloud_shop("gate", "--bundle", "20261121T104501Z-1a2b", "--json")
    assert (said.code, said.error["code"]) == (3, "bundle_refused")
    assert "shopctl plan" in said.error["fix"]
    bundle = cloud_shop("plan", "--stack", "base@eu-west-1", "--json").data["bundle"]
    assert cloud_shop("gate", "--json").data["bundle"] == bundle
    cloud_shop.edit("cost_center: shop-local", "cost_center: shop-other")
    said = cloud_shop("deploy", "--bundle", bundle, "--stack", "base@eu-west-1", "--yes", "--json")
    assert (said.code, said.error["code"]) == (3, "bundle_refused")
    assert "base@eu-west-1" in said.error["reason"]
    assert "shopctl plan" in said.error["fix"]
    assert {stack["resources"] for stack in cloud_shop("status", "--json").data["stacks"]} == {0}


@pytest.mark.slow
@pytest.mark.usefixtures("scanned")
def test_a_stack_is_planned_while_a_region_that_it_does_not_need_is_away(
    cloud_shop: CommandLine, cloud: LocalCloud
) -> None:
    cloud.inflict(BlackHole(), service="s3", region="eu-north-1")
    data = cloud_shop("deploy", "--stack", "base@eu-west-1", "--dry-run", "--json").data
    assert data["stacks"]["base@eu-west-1"]["counts"]["add"] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_request_to_stop_before_anything_was_changed_is_heard_and_said(
    cloud_shop: CommandLine, cloud: LocalCloud, number: signal.Signals
) -> None:
    cloud.inflict(Delay(milliseconds=20_000), service="sts")
    command = [sys.executable, "-c", "from shopctl.main import main; main()", "deploy", "--json"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not any(status.hits for status in cloud.faults()):
            assert process.poll() is None
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, json.loads(out)["status"], err) == (130, "interrupted", "")
