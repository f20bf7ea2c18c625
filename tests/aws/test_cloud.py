"""An environment reaches its own cloud and no other, and says what is wrong with credentials."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from moto import mock_aws

from localcloud.client import LocalCloud
from localcloud.faults import Error, Throttle
from shopctl.aws.cloud import Cloud, aws_environment, connect, local_endpoint, local_environment
from shopctl.aws.faults import (
    AwsDenied,
    AwsThrottled,
    AwsUnreachable,
    CredentialsExpired,
    CredentialsMissing,
    explain,
)
from shopctl.errors import AwsFailed, PrerequisiteError
from shopctl.spec import EnvSpec
from support.cloud_process import Server
from support.environments import committed

HOSTILE_SHELL = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
    "AWS_PROFILE": "nowhere",
    "AWS_REGION": "us-west-2",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}


@pytest.fixture
def hostile_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE_SHELL.items():
        monkeypatch.setenv(name, value)


def test_a_local_environment_reaches_the_local_cloud_whatever_the_shell_says(
    server: Server, spec: EnvSpec, hostile_shell: None
) -> None:
    cloud = connect(spec, server.place.home, os.environ)
    assert cloud.verify_identity().account == "000000000000"
    assert cloud.s3("eu-west-1").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_local_environment_without_its_cloud_says_how_to_start_it(tmp_path: Path, spec: EnvSpec) -> None:
    with pytest.raises(PrerequisiteError, match="does not run") as missing:
        connect(spec, tmp_path, {})
    assert "shopctl local up" in missing.value.fix
    runtime = tmp_path / "localcloud" / "server.json"
    runtime.parent.mkdir()
    runtime.write_text(json.dumps({"endpoint": "http://127.0.0.1:1", "pid": os.getpid(), "started": 1.0}))
    with pytest.raises(PrerequisiteError, match="gone away"):
        local_endpoint(tmp_path)
    runtime.write_text("{")
    with pytest.raises(PrerequisiteError, match="does not say where"):
        local_endpoint(tmp_path)


def test_an_environment_in_aws_takes_no_endpoint_and_no_region_from_the_shell() -> None:
    shell = {**HOSTILE_SHELL, "AWS_SESSION_TOKEN": "t", "AWS_CA_BUNDLE": "/ca.pem", "PATH": "/bin"}
    assert aws_environment(shell) == {
        "AWS_PROFILE": "nowhere",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_SESSION_TOKEN": "t",
        "AWS_CA_BUNDLE": "/ca.pem",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }


def test_clients_for_aws_lead_to_aws_though_the_shell_names_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    cloud = connect(committed("prod"), Path("/nowhere"), os.environ)
    assert cloud.s3("eu-west-1").meta.endpoint_url == "https://s3.eu-west-1.amazonaws.com"
    assert cloud.sts("us-east-1").meta.endpoint_url == "https://sts.us-east-1.amazonaws.com"


@mock_aws
def test_credentials_of_another_account_are_refused_with_both_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    cloud = connect(committed("prod"), Path("/nowhere"), os.environ)
    with pytest.raises(AwsFailed, match=r"of account 123456789012 .* says account 444455556666") as wrong:
        cloud.verify_identity()
    assert "AWS_PROFILE" in wrong.value.fix


def test_a_shell_without_credentials_is_told_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    cloud = connect(committed("prod"), tmp_path, os.environ)
    with pytest.raises(CredentialsMissing, match="no usable AWS credentials") as missing:
        cloud.verify_identity()
    assert "aws sso login" in missing.value.fix


def test_expired_credentials_are_named_as_such(cloud: Cloud, faults: LocalCloud) -> None:
    faults.inflict(Error(code="ExpiredToken", status=403), service="sts")
    with pytest.raises(CredentialsExpired, match="have expired"):
        cloud.verify_identity()


def test_a_few_throttled_calls_are_tried_again(cloud: Cloud, faults: LocalCloud) -> None:
    status = faults.inflict(Throttle(), service="sts", count=2)
    cloud.verify_identity()
    assert [(found.id, found.hits) for found in faults.faults()] == [(status.id, 2)]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "the message"}}, "DeleteBucket")


@pytest.mark.parametrize(
    ("error", "kind", "is_retryable", "fix"),
    [
        (refused("ExpiredTokenException"), CredentialsExpired, False, "Log in again"),
        (refused("InvalidClientTokenId"), AwsFailed, False, "AWS_PROFILE"),
        (refused("AccessDenied"), AwsDenied, False, "DeleteBucket"),
        (refused("SlowDown"), AwsThrottled, True, "Wait a minute"),
        (refused("BucketNotEmpty"), AwsFailed, False, "Cure that"),
        (NoCredentialsError(), CredentialsMissing, False, "aws sso login"),
        (ProfileNotFound(profile="x"), CredentialsMissing, False, "AWS_PROFILE"),
        (TokenRetrievalError(provider="sso", error_msg="x"), CredentialsExpired, False, "aws sso login"),
        (ConnectTimeoutError(endpoint_url="https://x"), AwsUnreachable, True, "network"),
    ],
)
def test_what_botocore_raises_becomes_an_error_with_a_cure(
    error: BotoCoreError | ClientError, kind: type[AwsFailed], is_retryable: bool, fix: str
) -> None:
    explained = explain(error, "deleting bucket x")
    assert type(explained) is kind
    assert explained.retryable is is_retryable
    assert explained.reason.startswith("deleting bucket x: ")
    assert fix in explained.fix


def test_a_child_process_gets_the_way_to_its_cloud_and_cannot_be_led_elsewhere(cloud: Cloud, server: Server) -> None:
    assert cloud.child_environment() == local_environment(server.runtime.endpoint, "000000000000")
    cloud.child_environment().clear()
    assert cloud.child_environment()["AWS_ACCESS_KEY_ID"] == "000000000000"
