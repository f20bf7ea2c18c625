"""Each known failure of Terraform becomes an error with a cure of its own.

The texts are what Terraform 1.11.4 and the AWS provider 5.100.0 said when the failure was made to happen; those of
throttling, expired tokens and lock files are from their sources. Those of AWS's own refusals are from the reports and
pages that ``causes`` names.
"""

from __future__ import annotations

import pytest

from shopctl.errors import ExitCode, Interrupted, ShopctlError
from shopctl.statelock import readable_operation, readable_time
from shopctl.terraform.causes import (
    CAUSES,
    AliasTaken,
    CapacityMissing,
    CertificateNotIssued,
    CommandFailed,
    CredentialsRefused,
    DatabaseUnsupported,
    DeletionProtected,
    LockFileMismatch,
    NameTaken,
    NotEmpty,
    PlanStale,
    ProviderCrashed,
    ProviderUnavailable,
    RetentionRefused,
    SecretGoing,
    SnapshotNameTaken,
    Throttled,
    Unreachable,
    ValueRefused,
    WrongAccount,
)
from shopctl.terraform.diagnosis import Failure, Redactor, StateLocked, TerraformKilled, diagnose
from shopctl.terraform.events import Diagnostic, RawLine, parse_line, parse_plain

LOCKED = """\
Error message: operation error S3: PutObject, https response error StatusCode: 412, api error PreconditionFailed
Lock Info:
  ID:        11111111-2222-3333-4444-555555555555
  Path:      shop-local-state/local/base/eu-central-1/terraform.tfstate
  Operation: OperationTypeApply
  Who:       kim@laptop
  Version:   1.11.4
  Created:   2030-01-31 10:00:00.123 +0000 UTC
  Info:


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time."""


def failure(summary: str = "", detail: str = "", *, command: str = "apply", code: int = 1, **parts: bool) -> Failure:
    said = (Diagnostic("error", summary, detail, "main.tf:15", "aws_sqs_queue.a"),) if summary else ()
    interrupted = parts.get("interrupted", False)
    return Failure(command, "site@eu-west-1", code, interrupted, said, (), "logs/apply.jsonl")


@pytest.mark.parametrize(
    ("summary", "detail", "error"),
    [
        (
            "Plugin did not respond",
            "The plugin encountered an error, and failed to respond to the plugin.(*GRPCProvider).ReadResource call",
            ProviderCrashed,
        ),
        ("AWS account ID not allowed: 111111111111", "", WrongAccount),
        ("No valid credential sources found", "failed to refresh cached credentials", CredentialsRefused),
        (
            "Retrieving AWS account details",
            "operation error STS: GetCallerIdentity, api error ExpiredToken: The security token is expired",
            CredentialsRefused,
        ),
        (
            "creating SQS Queue (jobs)",
            "operation error SQS: CreateQueue, exceeded maximum number of attempts, api error ThrottlingException: no",
            Throttled,
        ),
        (
            "Retrieving AWS account details",
            'exceeded maximum number of attempts, 9, Post "http://127.0.0.1:1/": dial tcp: connect: connection refused',
            Unreachable,
        ),
        ("Saved plan is stale", "The given plan file can no longer be applied", PlanStale),
        (
            "Failed to query available provider packages",
            "Could not retrieve the list of available versions for provider hashicorp/aws",
            ProviderUnavailable,
        ),
        (
            "Required plugins are not installed",
            "the cached package doesn't match any of the checksums recorded in the dependency lock file",
            LockFileMismatch,
        ),
        ("creating EC2 VPC", "api error VpcLimitExceeded: The maximum number of VPCs has been reached", CommandFailed),
    ],
)
def test_a_failure_is_told_by_what_terraform_said(summary: str, detail: str, error: type[ShopctlError]) -> None:
    found = diagnose(failure(summary, detail))
    assert type(found) is error
    assert summary in found.reason
    assert "aws_sqs_queue.a, main.tf:15" in found.reason
    assert "logs/apply.jsonl" in found.reason
    assert found.fix


def refusal(service: str, operation: str, said: str, status: int = 400) -> str:
    """How the provider passes on what AWS refused. Source: smithy-go, OperationError, and the SDK's ResponseError."""
    return f"operation error {service}: {operation}, https response error StatusCode: {status}, RequestID: 1, {said}"


@pytest.mark.parametrize(
    ("summary", "error", "cure"),
    [
        (
            "creating RDS DB Instance (shop-local-g1): "
            + refusal(
                "RDS",
                "CreateDBInstance",
                "api error InvalidParameterCombination: RDS does not support creating a DB instance with the following "
                "combination: DBInstanceClass=db.t2.micro, Engine=mysql, EngineVersion=8.0.35, LicenseModel="
                "general-public-license. For supported combinations of instance class and database engine version, see "
                "the documentation.",
            ),
            DatabaseUnsupported,
            "describe-orderable-db-instance-options",
        ),
        (
            "creating RDS DB Instance (shop-local-g1): "
            + refusal(
                "RDS", "CreateDBInstance", "api error InvalidParameterCombination: Cannot find version 9.5 for postgres"
            ),
            DatabaseUnsupported,
            "`database.version`",
        ),
        (
            (
                "waiting for ACM Certificate (arn:aws:acm:us-east-1:111122223333:certificate/1) to be issued: timeout "
                "while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 15m0s)"
            ),
            CertificateNotIssued,
            "shopctl bootstrap",
        ),
        (
            (
                "waiting for ACM Certificate (arn:aws:acm:us-east-1:111122223333:certificate/1) to be issued: "
                "unexpected state 'FAILED', wanted target 'ISSUED'. last error: CAA_ERROR"
            ),
            CertificateNotIssued,
            "amazon.com",
        ),
        (
            (
                "waiting for Auto Scaling Group (shop-local) capacity satisfied: scaling activity (da86): Failed: "
                "Access denied when attempting to assume role AWSServiceRoleForAutoScaling."
            ),
            CapacityMissing,
            "--auto-scaling-group-name shop-local)",
        ),
        (
            (
                "waiting for Auto Scaling Group (shop-local) capacity satisfied: timeout while waiting for state "
                "to become 'ok' (last state: 'want at least 2 healthy instance(s) in Auto Scaling Group, have 0')"
            ),
            CapacityMissing,
            "--auto-scaling-group-name shop-local)",
        ),
        (
            "deleting RDS DB Instance (shop-local-g1): "
            + refusal(
                "RDS",
                "DeleteDBInstance",
                "DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier "
                "shop-local-g1-final already exists.",
            ),
            SnapshotNameTaken,
            "--source-db-snapshot-identifier shop-local-g1-final ",
        ),
        (
            "deleting RDS DB Instance (shop-local-g1): "
            + refusal(
                "RDS",
                "DeleteDBInstance",
                "api error InvalidParameterCombination: Cannot delete protected DB Instance, please disable deletion "
                "protection and try again.",
            ),
            DeletionProtected,
            "`protected: false`",
        ),
        (
            "deleting ELBv2 Load Balancer (arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/1): "
            + refusal(
                "Elastic Load Balancing v2",
                "DeleteLoadBalancer",
                "OperationNotPermitted: Load balancer 'a' cannot be deleted because deletion protection is enabled",
            ),
            DeletionProtected,
            "`protected: false`",
        ),
        (
            "deleting S3 Bucket (shop-local-logs): "
            + refusal(
                "S3", "DeleteBucket", "api error BucketNotEmpty: The bucket you tried to delete is not empty", 409
            ),
            NotEmpty,
            "shopctl resume",
        ),
        (
            "deleting Backup Vault (shop-local-daily): "
            + refusal(
                "Backup",
                "DeleteBackupVault",
                "InvalidRequestException: Backup vault cannot be deleted because it contains recovery points.",
            ),
            NotEmpty,
            "shopctl deploy",
        ),
        ("ELBv2 Load Balancer (shop-local) already exists", NameTaken, "--names shop-local)"),
        (
            "creating ELBv2 application Load Balancer (shop-local): "
            + refusal(
                "Elastic Load Balancing v2",
                "CreateLoadBalancer",
                "DuplicateLoadBalancerName: A load balancer with the same name 'shop-local' exists, but with different "
                "settings",
            ),
            NameTaken,
            "describe-load-balancers",
        ),
        (
            "creating RDS DB Instance (shop-local-g1): "
            + refusal("RDS", "CreateDBInstance", "DBInstanceAlreadyExists: DB instance already exists"),
            NameTaken,
            "--db-instance-identifier shop-local-g1 ",
        ),
        (
            "creating CloudFront Distribution: "
            + refusal(
                "CloudFront",
                "CreateDistributionWithTags",
                "CNAMEAlreadyExists: One or more of the CNAMEs you provided are already associated with a different "
                "resource.",
                409,
            ),
            AliasTaken,
            "list-conflicting-aliases",
        ),
        (
            "creating Secrets Manager Secret (shop-local/app): "
            + refusal(
                "Secrets Manager",
                "CreateSecret",
                "InvalidRequestException: You can't create this secret because a secret with this name is already "
                "scheduled for deletion.",
            ),
            SecretGoing,
            "restore-secret --secret-id shop-local/app)",
        ),
        (
            "creating IAM Role (shop-local-app): "
            + refusal("IAM", "CreateRole", "EntityAlreadyExists: Role with name shop-local-app already exists.", 409),
            NameTaken,
            "`project`",
        ),
        (
            "creating WAFv2 WebACL (shop-local): "
            + refusal("WAFV2", "CreateWebACL", "WAFDuplicateItemException: AWS WAF couldn’t perform the operation"),
            NameTaken,
            "`project`",
        ),
        ('Invalid value for variable\nname is "x": write 3 to 32 characters', ValueRefused, "env.yaml"),
        (
            (
                "Invalid value for variable\nThe vault's lock would fail each backup: keep retention_days (5) between "
                "7 and 365 days."
            ),
            RetentionRefused,
            "`backup.lock`",
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_what_aws_refuses_is_named_with_its_place_and_the_cure(
    summary: str, error: type[ShopctlError], cure: str
) -> None:
    found = diagnose(failure(*summary.split("\n")))
    assert type(found) is error
    assert "aws_sqs_queue.a, main.tf:15" in found.reason
    assert cure in found.fix
    assert found.fix.endswith(("run: shopctl resume", "run: shopctl resume, which empties it first"))


def test_every_cure_is_one_sentence_that_ends_with_what_to_type() -> None:
    for cause in CAUSES:
        told = cause.fix.format(again="run: shopctl resume", name="NAME")
        assert "{" not in told
        assert "\n" not in told
        assert "shopctl" in told or "terraform" in told, cause.label


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2030-01-31 10:00:00.123456789 +0000 UTC", "2030-01-31T10:00:00Z"),
        ("2030-01-31T10:00:00.123456789Z", "2030-01-31T10:00:00Z"),
        ("2030-01-31T11:00:00+01:00", "2030-01-31T10:00:00Z"),
        ("2030-01-31 11:00:00 +0100 CET", "2030-01-31T10:00:00Z"),
        ("an unknown time", "an unknown time"),
    ],
)
def test_the_time_of_a_lock_is_in_whole_seconds_utc(written: str, read: str) -> None:
    assert readable_time(written) == read


def test_the_operation_of_a_lock_is_a_word() -> None:
    assert [readable_operation(written) for written in ("OperationTypeApply", "apply", "")] == ["apply", "apply", ""]


def test_a_held_lock_names_holder_since_when_and_the_lock() -> None:
    found = diagnose(failure("Error acquiring the state lock", LOCKED))
    assert isinstance(found, StateLocked)
    assert found.lock.who == "kim@laptop"
    assert found.lock.id == "11111111-2222-3333-4444-555555555555"
    assert found.lock.operation == "apply"
    assert "since 2030-01-31T10:00:00Z (apply, lock 1111" in found.reason


def test_a_kill_is_no_failure_of_terraform_and_an_interrupt_is_no_kill() -> None:
    assert isinstance(diagnose(failure(code=-9)), TerraformKilled)
    interrupted = diagnose(failure(code=-2, interrupted=True))
    assert isinstance(interrupted, Interrupted)
    assert interrupted.exit_code is ExitCode.INTERRUPTED


def test_only_an_apply_is_to_be_resumed() -> None:
    assert "shopctl resume" in diagnose(failure("creating", command="apply")).fix
    assert "same command again" in diagnose(failure("reading", command="plan")).fix


def test_a_flood_of_errors_is_cut_and_counted() -> None:
    many = tuple(Diagnostic("error", f"error {number}", "") for number in range(12))
    found = diagnose(Failure("apply", "edge", 1, False, many, (), "log"))
    assert "error 4" in found.reason
    assert "error 5" not in found.reason
    assert "and 7 more" in found.reason


def test_a_terraform_that_says_nothing_still_gives_an_error() -> None:
    assert "exit 1" in diagnose(failure()).reason


def test_errors_outside_of_the_messages_are_read_from_their_boxes() -> None:
    text = "╷\n│ Error: Failed to unlock state\n│ \n│ local state cannot be unlocked by another process\n╵\n"
    (found,) = parse_plain(text)
    assert (found.summary, found.detail) == (
        "Failed to unlock state",
        "local state cannot be unlocked by another process",
    )


def test_what_is_no_message_is_kept_as_it_is() -> None:
    assert parse_line("panic: runtime error") == RawLine("panic: runtime error")
    assert parse_line('{"no": "type"}') == RawLine('{"no": "type"}')
    assert parse_line('{"type": "a_type_of_the_future"}') is None
    assert parse_line("\n") is None


def test_secrets_are_taken_out_by_value_and_by_the_shape_of_a_signature() -> None:
    redact = Redactor({"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI", "AWS_REGION": "eu-central-1"})
    told = redact("key wJalrXUtnFEMI in eu-central-1, X-Amz-Signature=0a1b2c&X-Amz-Date=2030")
    assert told == "key [secret] in eu-central-1, X-Amz-Signature=[secret]&X-Amz-Date=2030"
