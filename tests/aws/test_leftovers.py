"""The scan finds what still stands, by tag or by name, and leaves out what is gone, going, or another's."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from shopctl import naming
from shopctl.aws.cloud import Cloud
from shopctl.aws.leftovers import Leftover, delete_secret_now, scan
from shopctl.spec import EnvSpec

HOME: Final = "eu-central-1"
OTHER: Final = "eu-west-1"
TRUST: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}
        ],
    }
)


@pytest.fixture
def tags(spec: EnvSpec) -> list[Any]:
    return [{"Key": key, "Value": value} for key, value in naming.tags(spec, "base@eu-west-1").items()]


def kms_tags(tags: list[Any]) -> list[Any]:
    return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]


def test_what_carries_the_tags_is_found_in_every_region(cloud: Cloud, spec: EnvSpec, tags: list[Any]) -> None:
    key = cloud.kms(OTHER).create_key(Tags=kms_tags(tags))["KeyMetadata"]["Arn"]
    topic = cloud.sqs("us-east-1").create_queue(QueueName=f"{spec.name}-jobs", tags=naming.tags(spec, "edge"))[
        "QueueUrl"
    ]
    queue = cloud.sqs("us-east-1").get_queue_attributes(QueueUrl=topic, AttributeNames=["QueueArn"])["Attributes"]
    assert scan(cloud, spec) == (
        Leftover(OTHER, key, "base@eu-west-1"),
        Leftover("us-east-1", queue["QueueArn"], "edge"),
    )


def test_what_lost_its_tags_or_can_not_have_any_is_found_by_its_name(cloud: Cloud, spec: EnvSpec) -> None:
    kms, name = cloud.kms(HOME), naming.name(spec)
    kms.create_alias(AliasName=naming.key_alias(spec, "data"), TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    cloud.logs(HOME).create_log_group(logGroupName=f"/{name}/vpc-flow")
    cloud.secrets(HOME).create_secret(Name=naming.secret_name(spec, "app"), SecretString="x")
    cloud.iam().create_role(RoleName=f"{name}-flow-{HOME}", AssumeRolePolicyDocument=TRUST)
    bucket = naming.bucket_name(spec, "images", OTHER)
    cloud.s3(OTHER).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": OTHER})
    found = [leftover.arn.split(":")[2] for leftover in scan(cloud, spec)]
    assert found == ["kms", "logs", "secretsmanager", "s3", "iam"]


def test_what_is_gone_or_goes_by_itself_is_left_out(cloud: Cloud, spec: EnvSpec, tags: list[Any]) -> None:
    kms, secrets = cloud.kms(HOME), cloud.secrets(HOME)
    kms.schedule_key_deletion(KeyId=kms.create_key(Tags=kms_tags(tags))["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
    name = naming.secret_name(spec, "app")
    for _ in range(2):
        secrets.create_secret(Name=name, SecretString="x", Tags=tags)
        assert len(scan(cloud, spec)) == 1
        delete_secret_now(cloud, name, HOME)
        assert scan(cloud, spec) == ()
    delete_secret_now(cloud, name, HOME)


def test_what_belongs_to_an_environment_with_a_longer_name_is_not_found(cloud: Cloud, spec: EnvSpec) -> None:
    longer = spec.model_copy(update={"name": f"{spec.name}-two"})
    kms = cloud.kms(HOME)
    kms.create_alias(AliasName=naming.key_alias(longer, "data"), TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    tags: list[Any] = [{"Key": key, "Value": value} for key, value in naming.tags(longer, "site@eu-central-1").items()]
    cloud.iam().create_role(RoleName=naming.role_name(longer, "flow", HOME), AssumeRolePolicyDocument=TRUST, Tags=tags)
    bucket = naming.bucket_name(longer, "images", HOME)
    cloud.s3(HOME).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HOME})
    assert scan(cloud, spec) == ()
    assert len(scan(cloud, longer)) == 3
