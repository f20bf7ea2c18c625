"""A log group of the local cloud is encrypted only with a key that lets the service in, as in AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.client import LocalCloud

REGION = "eu-central-1"
OWNER = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}


def key_for(cloud: LocalCloud, service: str, region: str = REGION) -> str:
    use = {"Effect": "Allow", "Principal": {"Service": service}, "Action": ["kms:Encrypt*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OWNER, use]})
    return str(cloud.client("kms", region).create_key(Policy=policy)["KeyMetadata"]["Arn"])


def refusal_of(logs: Any, name: str, key: str) -> str:
    with pytest.raises(ClientError) as refusal:
        logs.create_log_group(logGroupName=name, kmsKeyId=key)
    return str(refusal.value.response["Error"]["Code"])


def test_a_key_that_lets_the_region_s_log_service_in_is_accepted(shared_cloud: LocalCloud) -> None:
    logs, key = shared_cloud.client("logs", REGION), key_for(shared_cloud, f"logs.{REGION}.amazonaws.com")
    logs.create_log_group(logGroupName="/accepted", kmsKeyId=key)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/accepted")["logGroups"]
    assert group["kmsKeyId"] == key
    assert shared_cloud.problems() == ()


@pytest.mark.parametrize("service", ["logs.eu-west-1.amazonaws.com", "sqs.amazonaws.com"])
def test_a_key_for_others_is_refused(shared_cloud: LocalCloud, service: str) -> None:
    key = key_for(shared_cloud, service)
    assert refusal_of(shared_cloud.client("logs", REGION), "/refused", key) == "InvalidParameterException"


def test_a_key_of_another_region_is_refused(shared_cloud: LocalCloud) -> None:
    key = key_for(shared_cloud, f"logs.{REGION}.amazonaws.com", region="eu-west-1")
    assert refusal_of(shared_cloud.client("logs", REGION), "/refused", key) == "InvalidParameterException"


def test_a_key_that_is_about_to_be_deleted_is_refused(shared_cloud: LocalCloud) -> None:
    key = key_for(shared_cloud, f"logs.{REGION}.amazonaws.com")
    shared_cloud.client("kms", REGION).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refusal_of(shared_cloud.client("logs", REGION), "/refused", key) == "InvalidParameterException"


def test_a_log_group_changes_its_key(shared_cloud: LocalCloud) -> None:
    logs, service = shared_cloud.client("logs", REGION), f"logs.{REGION}.amazonaws.com"
    first, second = key_for(shared_cloud, service), key_for(shared_cloud, service)
    logs.create_log_group(logGroupName="/changed", kmsKeyId=first)
    logs.associate_kms_key(logGroupName="/changed", kmsKeyId=second)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/changed")["logGroups"]
    assert group["kmsKeyId"] == second
    logs.disassociate_kms_key(logGroupName="/changed")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/changed")["logGroups"]
    assert "kmsKeyId" not in group
