"""Each known failure of Terraform becomes an error with a cure of its own.

The texts are what Terraform 1.11.4 and the AWS provider 5.100.0 said when the failure was made to happen; those of
throttling, expired tokens and lock files are from their sources.
"""

from __future__ import annotations

import pytest

from shopctl.errors import ExitCode, Interrupted, ShopctlError
from shopctl.terraform.diagnosis import (
    CommandFailed,
    CredentialsRefused,
    Failure,
    LockFileMismatch,
    PlanStale,
    ProviderCrashed,
    ProviderUnavailable,
    Redactor,
    StateLocked,
    TerraformKilled,
    Throttled,
    Unreachable,
    WrongAccount,
    diagnose,
)
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


def test_a_held_lock_names_holder_since_when_and_the_lock() -> None:
    found = diagnose(failure("Error acquiring the state lock", LOCKED))
    assert isinstance(found, StateLocked)
    assert found.lock.who == "kim@laptop"
    assert found.lock.id == "11111111-2222-3333-4444-555555555555"
    assert found.lock.operation == "apply"
    assert "since 2030-01-31 10:00:00.123 +0000 UTC" in found.reason


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
