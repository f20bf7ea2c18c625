"""Secrets of the local cloud keep their names while they can be restored, and their values; replicas follow them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

FIRST_VERSION = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def secrets(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("secretsmanager", "eu-central-1")


def test_a_deleted_secret_keeps_its_name_while_it_can_be_restored(secrets: Any) -> None:
    secrets.create_secret(Name="window/app", SecretString="x")
    secrets.delete_secret(SecretId="window/app", RecoveryWindowInDays=7)
    code, message = refusal(secrets.create_secret, Name="window/app", SecretString="y")
    assert code == "InvalidRequestException"
    assert "scheduled for deletion" in message
    secrets.restore_secret(SecretId="window/app")
    assert secrets.get_secret_value(SecretId="window/app")["SecretString"] == "x"


def test_a_secret_deleted_for_good_leaves_its_name(secrets: Any) -> None:
    secrets.create_secret(Name="gone/app", SecretString="x")
    secrets.delete_secret(SecretId="gone/app", ForceDeleteWithoutRecovery=True)
    assert secrets.create_secret(Name="gone/app", SecretString="y")["Name"] == "gone/app"


def test_a_secret_that_lives_keeps_its_name(secrets: Any) -> None:
    secrets.create_secret(Name="alive/app", SecretString="x")
    assert code_of(secrets.create_secret, Name="alive/app", SecretString="y") == "ResourceExistsException"


def test_deleting_for_good_what_is_not_there_is_no_error(secrets: Any) -> None:
    assert secrets.delete_secret(SecretId="nowhere/app", ForceDeleteWithoutRecovery=True)["Name"] == "nowhere/app"
    assert code_of(secrets.delete_secret, SecretId="nowhere/app") == "ResourceNotFoundException"


def test_a_secret_made_without_a_value_has_none(secrets: Any) -> None:
    assert "VersionId" not in secrets.create_secret(Name="empty/app")
    assert secrets.describe_secret(SecretId="empty/app").get("VersionIdsToStages", {}) == {}
    code, message = refusal(secrets.get_secret_value, SecretId="empty/app")
    assert code == "ResourceNotFoundException"
    assert "AWSCURRENT" in message
    secrets.put_secret_value(SecretId="empty/app", SecretString="x")
    assert secrets.get_secret_value(SecretId="empty/app")["SecretString"] == "x"


def test_a_version_is_written_once(secrets: Any) -> None:
    secrets.create_secret(Name="once/app")
    first = secrets.put_secret_value(SecretId="once/app", SecretString="x", ClientRequestToken=FIRST_VERSION)
    again = secrets.put_secret_value(SecretId="once/app", SecretString="x", ClientRequestToken=FIRST_VERSION)
    assert first["VersionId"] == again["VersionId"] == FIRST_VERSION
    other = {"SecretId": "once/app", "SecretString": "y", "ClientRequestToken": FIRST_VERSION}
    assert code_of(secrets.put_secret_value, **other) == "ResourceExistsException"
    assert secrets.get_secret_value(SecretId="once/app")["SecretString"] == "x"


def test_a_name_that_secrets_manager_does_not_take_is_refused(secrets: Any) -> None:
    assert code_of(secrets.create_secret, Name="a b") == "ValidationException"


# Replicas


def replicas(*regions: str) -> list[dict[str, str]]:
    return [{"Region": region} for region in regions]


def statuses(secrets: Any, name: str) -> dict[str, str]:
    shown = secrets.describe_secret(SecretId=name)
    return {status["Region"]: status["Status"] for status in shown.get("ReplicationStatus", [])}


def test_a_replica_has_its_secret_s_name_end_of_arn_and_value(secrets: Any, shared_cloud: LocalCloud) -> None:
    made = secrets.create_secret(
        Name="twin/app", SecretString="x", AddReplicaRegions=replicas("eu-west-1", "us-east-1")
    )
    assert [status["Status"] for status in made["ReplicationStatus"]] == ["InSync", "InSync"]
    for region in ("eu-west-1", "us-east-1"):
        replica = shared_cloud.client("secretsmanager", region).get_secret_value(SecretId="twin/app")
        assert replica["ARN"] == made["ARN"].replace("eu-central-1", region)
        assert replica["SecretString"] == "x"


def test_a_replica_follows_its_secret_s_value_and_tags(secrets: Any, shared_cloud: LocalCloud) -> None:
    secrets.create_secret(Name="follow/app", AddReplicaRegions=replicas("eu-west-1"))
    secrets.put_secret_value(SecretId="follow/app", SecretString="y")
    secrets.tag_resource(SecretId="follow/app", Tags=[{"Key": "Team", "Value": "shop"}])
    abroad = shared_cloud.client("secretsmanager", "eu-west-1")
    assert abroad.get_secret_value(SecretId="follow/app")["SecretString"] == "y"
    assert abroad.describe_secret(SecretId="follow/app")["Tags"] == [{"Key": "Team", "Value": "shop"}]
    assert code_of(abroad.put_secret_value, SecretId="follow/app", SecretString="z") == "InvalidRequestException"


def test_a_secret_goes_only_after_its_replicas(secrets: Any, shared_cloud: LocalCloud) -> None:
    secrets.create_secret(Name="last/app", SecretString="x")
    secrets.replicate_secret_to_regions(SecretId="last/app", AddReplicaRegions=replicas("eu-west-1"))
    gone = {"SecretId": "last/app", "ForceDeleteWithoutRecovery": True}
    code, message = refusal(secrets.delete_secret, **gone)
    assert code == "InvalidRequestException"
    assert "eu-west-1" in message
    secrets.remove_regions_from_replication(SecretId="last/app", RemoveReplicaRegions=["eu-west-1"])
    abroad = shared_cloud.client("secretsmanager", "eu-west-1")
    assert code_of(abroad.get_secret_value, SecretId="last/app") == "ResourceNotFoundException"
    secrets.delete_secret(**gone)
    assert code_of(secrets.describe_secret, SecretId="last/app") == "ResourceNotFoundException"


def test_a_replica_whose_name_is_taken_fails_and_leaves_the_other_alone(secrets: Any, shared_cloud: LocalCloud) -> None:
    abroad = shared_cloud.client("secretsmanager", "eu-west-1")
    abroad.create_secret(Name="taken/app", SecretString="other")
    secrets.create_secret(Name="taken/app", SecretString="x", AddReplicaRegions=replicas("eu-west-1", "us-east-1"))
    assert statuses(secrets, "taken/app") == {"eu-west-1": "Failed", "us-east-1": "InSync"}
    assert abroad.get_secret_value(SecretId="taken/app")["SecretString"] == "other"
    secrets.remove_regions_from_replication(SecretId="taken/app", RemoveReplicaRegions=["eu-west-1", "us-east-1"])
    assert abroad.get_secret_value(SecretId="taken/app")["SecretString"] == "other"


def test_a_replica_that_is_let_go_is_a_secret_of_its_own(secrets: Any, shared_cloud: LocalCloud) -> None:
    secrets.create_secret(Name="free/app", SecretString="x", AddReplicaRegions=replicas("eu-west-1"))
    abroad = shared_cloud.client("secretsmanager", "eu-west-1")
    abroad.stop_replication_to_replica(SecretId="free/app")
    assert statuses(secrets, "free/app") == {}
    abroad.put_secret_value(SecretId="free/app", SecretString="own")
    assert secrets.get_secret_value(SecretId="free/app")["SecretString"] == "x"
    assert code_of(abroad.stop_replication_to_replica, SecretId="free/app") == "InvalidRequestException"


def test_a_secret_is_not_its_own_replica(secrets: Any) -> None:
    secrets.create_secret(Name="self/app", SecretString="x")
    own = {"SecretId": "self/app", "AddReplicaRegions": replicas("eu-central-1")}
    assert code_of(secrets.replicate_secret_to_regions, **own) == "InvalidParameterException"
    unknown = {"SecretId": "self/app", "RemoveReplicaRegions": ["eu-west-1"]}
    assert code_of(secrets.remove_regions_from_replication, **unknown) == "InvalidParameterException"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
