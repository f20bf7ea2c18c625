"""The scan finds what still stands, by tag or by name, and leaves out what is gone, going, or another's."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from shopctl import naming
from shopctl.aws.cloud import Cloud
from shopctl.aws.deletions import delete_secret_now
from shopctl.aws.inventory import StackInventory
from shopctl.aws.leftovers import Leftover, scan
from shopctl.aws.removal import delete_all, delete_service_logs
from shopctl.bootstrap import Ground, ensure_removable
from shopctl.errors import Refused
from shopctl.spec import EnvSpec
from support.one_of_each import Maker

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


def test_a_snapshot_of_a_database_outlives_it_and_does_not_keep_bootstrap_from_going(ground: Ground) -> None:
    cloud, spec, stack = ground.cloud, ground.spec, f"site@{HOME}"
    identifier = Maker(cloud, spec, HOME, stack).site()["aws_db_instance"]
    arn = (
        cloud.untyped("rds", HOME).create_db_snapshot(
            DBInstanceIdentifier=identifier, DBSnapshotIdentifier=f"{identifier}-final"
        )["DBSnapshot"]
    )["DBSnapshotArn"]
    with pytest.raises(Refused, match=f"db:{identifier}"):
        ensure_removable(ground)
    stands = StackInventory(cloud, HOME, naming.name(spec), {"Environment": spec.name})
    delete_all(cloud, HOME, [tagged.standing for tagged in stands.tagged(stack) if tagged.standing])
    assert [(leftover.arn, leftover.is_kept) for leftover in scan(cloud, spec)] == [(arn, True)]
    ensure_removable(ground)
    assert scan(cloud, spec.model_copy(update={"name": f"{spec.name}-g1"})) == ()


@pytest.mark.parametrize(
    ("arn", "is_kept"),
    [
        ("arn:aws:rds:eu-west-1:111122223333:snapshot:shop-prod-g1-final", True),
        ("arn:aws:rds:eu-west-1:111122223333:snapshot:rds:shop-prod-g1-2030-01-31-03-00", False),
        ("arn:aws:rds:eu-west-1:111122223333:snapshot:awsbackup:job-12-34", False),
        ("arn:aws:rds:eu-west-1:111122223333:db:shop-prod-g1", False),
        ("arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", False),
    ],
)
def test_only_a_snapshot_that_somebody_asked_for_is_kept(arn: str, is_kept: bool) -> None:
    assert Leftover("eu-west-1", arn, None).is_kept is is_kept


def test_the_log_groups_that_aws_makes_for_a_database_are_found_and_deleted(cloud: Cloud, spec: EnvSpec) -> None:
    logs, name = cloud.logs(HOME), naming.name(spec)
    ours = (f"/aws/rds/instance/{name}-g2/postgresql", f"/aws/rds/instance/{name}-g2-r1/upgrade")
    foreign = f"/aws/rds/instance/{name}-green-g1/postgresql"
    for group in (*ours, foreign):
        logs.create_log_group(logGroupName=group)
    assert [leftover.arn.split(":log-group:")[1] for leftover in scan(cloud, spec)] == sorted(ours)
    assert set(delete_service_logs(cloud, spec, HOME)) == set(ours)
    assert scan(cloud, spec) == ()
    logs.delete_log_group(logGroupName=foreign)


def test_a_secret_goes_with_its_copies_in_other_regions(cloud: Cloud, spec: EnvSpec, tags: list[Any]) -> None:
    name = naming.secret_name(spec, "app")
    cloud.secrets(HOME).create_secret(
        Name=name, SecretString="x", Tags=tags, AddReplicaRegions=[{"Region": OTHER}, {"Region": "us-east-1"}]
    )
    assert [leftover.region for leftover in scan(cloud, spec)] == [HOME, OTHER, "us-east-1"]
    delete_secret_now(cloud, name, HOME)
    assert scan(cloud, spec) == ()


def test_a_running_instance_is_left_over_until_it_ends(cloud: Cloud, spec: EnvSpec, tags: list[Any]) -> None:
    ec2: Any = cloud.ec2(HOME)
    (instance,) = ec2.run_instances(
        ImageId=ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"], InstanceType="t3.micro", MinCount=1,
        MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"]  # fmt: skip
    (leftover,) = scan(cloud, spec)
    assert leftover.arn.endswith(f":instance/{instance['InstanceId']}")
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert scan(cloud, spec) == ()
