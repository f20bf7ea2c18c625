"""Sessions: which cloud an environment lives in, and clients that can reach no other.

An environment with ``cloud: local`` gets the local cloud's endpoint and account, whatever the shell says; one with
``cloud: aws`` gets the shell's credentials and AWS's own endpoints, whatever the shell's endpoint variables say.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, assert_never

import botocore.session
from botocore.config import Config

from shopctl.aws.faults import explained
from shopctl.errors import AwsFailed, PrerequisiteError
from shopctl.process import Process, is_alive
from shopctl.spec import EnvSpec

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

GLOBAL_REGION = "us-east-1"  # where IAM, Route 53 and the tags of both are asked

# `standard` retries throttling and transient faults with exponential backoff and jitter, up to 20 s apart; `adaptive`
# would slow every call of the process after one throttled one. Source: Boto3 documentation, "Retries".
PATIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 8},
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=16,
)
# The control store's own quorum is its retry: one region that is away must be noticed within a heartbeat.
QUICK = Config(
    retries={"mode": "standard", "total_max_attempts": 2},
    connect_timeout=2,
    read_timeout=3,
    max_pool_connections=16,
)

AT_AWS = Config(ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # the stubs lack this option
AT_HOME = Config(proxies={}, s3={"addressing_style": "path"}, use_fips_endpoint=False, use_dualstack_endpoint=False)

LOCAL_DOWN_FIX = "Start it with `shopctl local up`, then run the same command again."


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credentials belong to."""

    account: str
    arn: str


class Cloud:
    """The cloud of one environment: its account, and clients per service and region. Shared by threads."""

    def __init__(self, kind: Literal["aws", "local"], account: str, environment: Mapping[str, str]) -> None:
        self.kind = kind
        self.account = account
        self.endpoint = environment.get("AWS_ENDPOINT_URL")  # of the local cloud; None for AWS
        self._environment = dict(environment)
        self._session = _local_session(account) if kind == "local" else botocore.session.Session()
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._making = Lock()  # a session must not make two clients at once; what it made is safe to share

    def child_environment(self) -> dict[str, str]:
        """Return the AWS variables for a child process such as Terraform; it must get no others."""
        return dict(self._environment)

    def verify_identity(self) -> Identity:
        """Prove that the credentials are valid and of the environment's account. Asks STS.

        Raises: AwsFailed naming both accounts; CredentialsMissing, CredentialsExpired, AwsUnreachable.
        """
        with explained("asking AWS whose credentials these are"):
            caller = self.sts(GLOBAL_REGION).get_caller_identity()
        if caller["Account"] != self.account:
            raise AwsFailed(
                f"the credentials are of account {caller['Account']} ({caller['Arn']}), "
                f"but env.yaml says account {self.account}",
                "Use credentials of that account (AWS_PROFILE), or choose the environment that you meant with --env.",
            )
        return Identity(caller["Account"], caller["Arn"])

    def ec2(self, region: str) -> EC2Client:
        """Return the client of EC2 in a region."""
        client: EC2Client = self._client("ec2", region)
        return client

    def iam(self) -> IAMClient:
        """Return the client of IAM, which has no region."""
        client: IAMClient = self._client("iam", GLOBAL_REGION)
        return client

    def kms(self, region: str) -> KMSClient:
        """Return the client of KMS in a region."""
        client: KMSClient = self._client("kms", region)
        return client

    def logs(self, region: str) -> CloudWatchLogsClient:
        """Return the client of CloudWatch Logs in a region."""
        client: CloudWatchLogsClient = self._client("logs", region)
        return client

    def route53(self) -> Route53Client:
        """Return the client of Route 53, which has no region."""
        client: Route53Client = self._client("route53", GLOBAL_REGION)
        return client

    def s3(self, region: str, *, is_quick: bool = False) -> S3Client:
        """Return the client of S3 in a region; a quick one gives up within seconds."""
        client: S3Client = self._client("s3", region, is_quick=is_quick)
        return client

    def secrets(self, region: str) -> SecretsManagerClient:
        """Return the client of Secrets Manager in a region."""
        client: SecretsManagerClient = self._client("secretsmanager", region)
        return client

    def sns(self, region: str) -> SNSClient:
        """Return the client of SNS in a region."""
        client: SNSClient = self._client("sns", region)
        return client

    def sqs(self, region: str) -> SQSClient:
        """Return the client of SQS in a region."""
        client: SQSClient = self._client("sqs", region)
        return client

    def sts(self, region: str) -> STSClient:
        """Return the client of STS in a region."""
        client: STSClient = self._client("sts", region)
        return client

    def tagging(self, region: str) -> ResourceGroupsTaggingAPIClient:
        """Return the client of the Resource Groups Tagging API in a region."""
        client: ResourceGroupsTaggingAPIClient = self._client("resourcegroupstaggingapi", region)
        return client

    def untyped(self, service: str, region: str = GLOBAL_REGION) -> Any:
        """Return the client of a service, by botocore's name, whose types are not among the requirements."""
        return self._client(service, region)

    def _client(self, service: str, region: str, *, is_quick: bool = False) -> Any:
        with self._making, explained("preparing to call AWS"):
            key = (service, region, is_quick)
            if key not in self._clients:
                config = (QUICK if is_quick else PATIENT).merge(AT_AWS if self.kind == "aws" else AT_HOME)
                self._clients[key] = self._session.create_client(
                    service, region_name=region, endpoint_url=self.endpoint, config=config
                )
            return self._clients[key]


def connect(spec: EnvSpec, home: Path, environ: Mapping[str, str]) -> Cloud:
    """Return the cloud that the environment lives in. Reads the local cloud's runtime file; calls nothing.

    ``home`` is the work folder, ``environ`` this process's own environment.
    Raises: PrerequisiteError if the environment is local and its cloud does not run.
    """
    match spec.cloud:
        case "local":
            return Cloud("local", spec.account, local_environment(local_endpoint(home), spec.account))
        case "aws":
            return Cloud("aws", spec.account, aws_environment(environ))
        case _:
            assert_never(spec.cloud)


def local_endpoint(home: Path) -> str:
    """Return where the local cloud of a work folder listens. Raises: PrerequisiteError if it does not run."""
    file = home / "localcloud" / "server.json"
    try:
        runtime = json.loads(file.read_text(encoding="utf-8"))
        endpoint, process = str(runtime["endpoint"]), Process(int(runtime["pid"]), float(runtime["started"]))
    except FileNotFoundError:
        raise PrerequisiteError("the local cloud does not run", LOCAL_DOWN_FIX) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PrerequisiteError(f"{file} does not say where the local cloud listens", LOCAL_DOWN_FIX) from error
    if not is_alive(process):
        raise PrerequisiteError("the local cloud has gone away; its last checkpoint is kept", LOCAL_DOWN_FIX)
    return endpoint


def local_environment(endpoint: str, account: str) -> dict[str, str]:
    """Return the AWS variables that lead to the local cloud and nowhere else. Pure."""
    return {
        "AWS_ACCESS_KEY_ID": account,  # the local cloud takes a key id of twelve digits for the account
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",  # a proxy of the shell's must not be asked for what runs on this machine
        "no_proxy": "127.0.0.1",
    }


def aws_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the AWS variables of the shell, without what would lead to another endpoint or region. Pure.

    Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    dropped = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")
    kept = {name: value for name, value in environ.items() if name.startswith("AWS_") and not name.startswith(dropped)}
    return kept | {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}


def _local_session(account: str) -> botocore.session.Session:
    session = botocore.session.Session()
    session.set_credentials(account, "local")
    settings = session.get_component("config_store")
    for name, value in {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}.items():
        settings.set_config_variable(name, value)  # wins over the shell; a session variable of None would not
    return session
