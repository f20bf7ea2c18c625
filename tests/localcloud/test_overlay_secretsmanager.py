"""Secrets of the local cloud keep their names while they can be restored, and their values as they were written."""

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


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
