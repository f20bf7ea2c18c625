"""Terraform's states and locks are read as Terraform writes them, and nothing secret leaves them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shopctl.aws.cloud import Cloud
from shopctl.aws.states import StateLock, StateOutput, StateResource, parse_state, read_state, read_state_lock
from shopctl.errors import AwsFailed, PrerequisiteError
from shopctl.stacks import StateAddress

STATE: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 7,
    "lineage": "0d4c",
    "outputs": {"arn": {"value": "arn:x", "type": "string"}, "key": {"value": "hunter2", "sensitive": True}},
    "resources": [
        {
            "module": "module.vpc",
            "mode": "managed",
            "type": "aws_subnet",
            "name": "this",
            "provider": "provider[x]",
            "instances": [
                {"index_key": "public-a", "attributes": {"id": "subnet-1", "arn": "arn:s", "secret": "hunter2"}},
                {"index_key": 0, "deposed": "ab12", "attributes": {"id": "subnet-2"}},
            ],
        },
        {"mode": "data", "type": "aws_region", "name": "this", "instances": [{"attributes": {"id": "x"}}]},
    ],
    "check_results": None,
}


def test_a_state_gives_its_outputs_and_its_managed_resources_and_no_other_attribute() -> None:
    snapshot = parse_state(json.dumps(STATE).encode(), "s3://b/k")
    assert (snapshot.serial, snapshot.lineage, snapshot.terraform_version) == (7, "0d4c", "1.11.4")
    assert snapshot.outputs["arn"] == StateOutput("arn:x", is_sensitive=False)
    assert snapshot.outputs["key"].is_sensitive
    assert snapshot.resources == (
        StateResource('module.vpc.aws_subnet.this["public-a"]', "aws_subnet", "subnet-1", "arn:s"),
        StateResource("module.vpc.aws_subnet.this[0] (deposed ab12)", "aws_subnet", "subnet-2", None),
    )
    assert "hunter2" not in repr(snapshot.resources)


@pytest.mark.parametrize("wrong", [{"version": 3}, {"serial": "hunter2"}, {"outputs": [{"value": "hunter2"}]}])
def test_a_state_of_another_format_is_refused_by_place_and_without_its_content(wrong: dict[str, Any]) -> None:
    with pytest.raises(AwsFailed, match=f"s3://b/k is not what Terraform writes .* {next(iter(wrong))}") as refused:
        parse_state(json.dumps({**STATE, **wrong}).encode(), "s3://b/k")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_states_and_locks_are_read_where_the_backend_puts_them(cloud: Cloud) -> None:
    s3 = cloud.s3("eu-west-1")
    bucket = "states-of-a-test"
    address = StateAddress(bucket, "t/base/terraform.tfstate", "eu-west-1")
    with pytest.raises(PrerequisiteError, match=f"{bucket} does not exist") as missing:
        read_state(cloud, address)
    assert "shopctl bootstrap" in missing.value.fix
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert read_state(cloud, address) is None
    assert read_state_lock(cloud, address) is None
    s3.put_object(Bucket=bucket, Key=address.key, Body=json.dumps(STATE).encode())
    lock = {"ID": "1-2", "Who": "anna@laptop", "Operation": "OperationTypeApply", "Created": "2026-11-21T10:45:01Z"}
    s3.put_object(Bucket=bucket, Key=f"{address.key}.tflock", Body=json.dumps({**lock, "Path": "x"}).encode())
    state = read_state(cloud, address)
    assert state is not None
    assert state.serial == 7
    assert read_state_lock(cloud, address) == StateLock("1-2", "anna@laptop", "apply", "2026-11-21T10:45:01Z")
