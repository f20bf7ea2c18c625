"""The failures that have a cure of their own: how Terraform or AWS words them, and what to type next.

``{again}`` in a cure says how to go on; ``{name}`` is what the wording caught under that name. The more special
wordings stand first. Wording: Terraform 1.11 sources; the AWS provider 5.100 (its own sentences, and what it passes on
from the SDK); sentences of AWS's that no page of its documentation has are from the reports named beside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from shopctl.errors import GateRefused, PrerequisiteError, TerraformFailed
from shopctl.terraform.events import Diagnostic


class CommandFailed(TerraformFailed):
    """A Terraform command failed; ``diagnostics`` are its errors, ``named`` is what their wording names, or ""."""

    def __init__(self, reason: str, fix: str, diagnostics: tuple[Diagnostic, ...] = (), named: str = "") -> None:
        super().__init__(reason, fix)
        self.diagnostics = diagnostics
        self.named = named


class Throttled(CommandFailed):
    """AWS refused requests because there were too many, longer than the provider retries."""

    code = "throttled"
    retryable = True


class Unreachable(CommandFailed):
    """An AWS endpoint did not answer."""

    code = "endpoint_unreachable"
    retryable = True


class CredentialsRefused(CommandFailed):
    """The credentials are missing, expired or unknown."""

    code = "credentials_refused"


class WrongAccount(CommandFailed):
    """The credentials belong to another account than the environment's."""

    code = "wrong_account"


class ProviderCrashed(CommandFailed):
    """The provider's process ended in the middle."""

    code = "provider_crashed"
    retryable = True


class ProviderUnavailable(PrerequisiteError):
    """Terraform could not install the provider."""

    code = "provider_unavailable"


class LockFileMismatch(PrerequisiteError):
    """The provider at hand is not the one that the dependency lock file names."""

    code = "lock_file_mismatch"


class PlanStale(GateRefused):
    """The state moved since the plan was made."""

    code = "plan_stale"


class ValueRefused(CommandFailed):
    """A module refuses a value that it was given."""

    code = "value_refused"


class RetentionRefused(ValueRefused):
    """A backup would be kept for less or for longer than its vault's lock takes, or is still held by it."""

    code = "retention_refused"


class DatabaseUnsupported(CommandFailed):
    """RDS has no database of this engine, version and class."""

    code = "database_unsupported"


class CertificateNotIssued(CommandFailed):
    """A certificate was not validated in time."""

    code = "certificate_not_issued"
    retryable = True


class CapacityMissing(CommandFailed):
    """The instances of a scaling group, which is ``named``, did not come."""

    code = "capacity_missing"
    retryable = True


class NameTaken(CommandFailed):
    """Something of the same name stands: somebody else's, or the environment's own, made by a call whose reply was
    lost."""

    code = "name_taken"


class SnapshotNameTaken(NameTaken):
    """The last snapshot of a database would have the name of one that is there."""

    code = "final_snapshot_exists"


class AliasTaken(NameTaken):
    """Another distribution answers to one of the shop's names."""

    code = "alias_taken"


class SecretGoing(NameTaken):
    """A secret of the same name waits for its deletion."""

    code = "secret_scheduled_for_deletion"


class DeletionProtected(CommandFailed):
    """AWS does not delete what is protected against it."""

    code = "deletion_protected"


class NotEmpty(CommandFailed):
    """A bucket or a vault still holds something."""

    code = "not_empty"
    retryable = True


@dataclass(frozen=True, slots=True)
class Cause:
    """A failure that has a cure of its own. ``label`` opens the reason; ``fix`` may end with how to go on."""

    wording: re.Pattern[str]
    error: type[CommandFailed | PrerequisiteError | GateRefused]
    label: str
    fix: str


def _cause(wording: str, error: type[CommandFailed | PrerequisiteError | GateRefused], label: str, fix: str) -> Cause:
    return Cause(re.compile(wording, re.IGNORECASE | re.MULTILINE), error, label, fix)


_TERRAFORM: Final = (
    _cause(
        r"plugin did not respond|terraform crash|^panic: |stack trace from the .* plugin"
        r"|plugin\.\(\*GRPCProvider\)\.\w+ request was cancelled",
        ProviderCrashed,
        "the provider crashed",
        "the log has the trace; {again}",
    ),
    _cause(
        r"doesn't match any of the checksums|inconsistent dependency lock file|provider dependency changes detected",
        LockFileMismatch,
        "the provider is not the one in .terraform.lock.hcl",
        "where the platform is new to the project, add its checksums in each folder of terraform/stacks and commit: "
        "terraform providers lock -platform=OS_ARCH; else find out why the provider differs",
    ),
    _cause(
        r"required plugins are not installed|failed to (query available|install) provider|could not connect to registry"
        r"|invalid provider registry host|no available releases match",
        ProviderUnavailable,
        "the AWS provider could not be installed",
        "allow access to registry.terraform.io or install a provider mirror, then run: shopctl doctor",
    ),
    _cause(
        r"saved plan is stale",
        PlanStale,
        "the state has moved since the plan was made",
        "plan again: shopctl plan",
    ),
    # The sentence of the modules backup and dr.
    _cause(
        r"vault(?:'s)? lock\b.*would|lock of the vault that receives|retention_days is longer than lock\.",
        RetentionRefused,
        "the vault's lock does not take this retention",
        "write a retention within `backup.lock` into env.yaml, then {again}",
    ),
    _cause(
        r"^invalid value for variable",
        ValueRefused,
        "a module refuses a value",
        "correct what env.yaml says there, then {again}",
    ),
)

_ACCESS: Final = (
    _cause(
        r"aws account id not allowed",
        WrongAccount,
        "the credentials belong to another account",
        "use credentials of the account that env.yaml names, then run: shopctl doctor",
    ),
    _cause(
        r"expiredtoken|token (included in the request )?(is|has) expired|requestexpired|invalidclienttokenid"
        r"|no valid credential sources|unrecognizedclient|authfailure",
        CredentialsRefused,
        "the AWS credentials are missing, expired or unknown",
        "renew the credentials, then {again}",
    ),
)

_RESOURCES: Final = (
    # github.com/hashicorp-education/learn-terraform-outputs/issues/11; "Cannot find version": github.com/sidpalas/
    # devops-directive-terraform-course/issues/8
    _cause(
        r"RDS does not support creating a DB instance with the following combination|cannot find version \S+ for"
        r"|invalid DB instance class",
        DatabaseUnsupported,
        "RDS has no database of this engine, version and class",
        "write `database.version` and `database.instance_class` into env.yaml that this lists together: aws rds "
        "describe-orderable-db-instance-options --engine ENGINE; then {again}",
    ),
    # Provider, internal/service/acm/certificate_validation.go
    _cause(
        r"waiting for ACM Certificate .* to be issued|missing \S+ DNS validation record",
        CertificateNotIssued,
        "the certificate was not validated in time",
        "run `shopctl bootstrap`, which says what the domain's delegation lacks (with CAA_ERROR: let amazon.com issue "
        "for the domain), then {again}",
    ),
    # Provider, internal/service/autoscaling/group.go
    _cause(
        r"waiting for Auto Scaling Group \((?P<name>[^)]+)\) capacity satisfied",
        CapacityMissing,
        "the instances did not come, or did not become healthy",
        "cure what its last activity says (more: aws autoscaling describe-scaling-activities "
        "--auto-scaling-group-name {name}), then {again}",
    ),
    # github.com/terraform-aws-modules/terraform-aws-rds/issues/445
    _cause(
        r"DBSnapshotAlreadyExists(?:.*snapshot with the identifier (?P<name>\S+) already)?",
        SnapshotNameTaken,
        "a snapshot has the name that the database's last one would get",
        "keep it under another name (aws rds copy-db-snapshot --source-db-snapshot-identifier {name} "
        "--target-db-snapshot-identifier NEW), delete it (aws rds delete-db-snapshot --db-snapshot-identifier {name}), "
        "then {again}",
    ),
    _cause(
        r"cannot delete protected DB instance|deletion protection is (?:currently )?enabled",
        DeletionProtected,
        "it is protected against deletion",
        "write `protected: false` into env.yaml, run: shopctl deploy, then {again}",
    ),
    _cause(
        r"BucketNotEmpty",
        NotEmpty,
        "the bucket is not empty: something was written after it was emptied",
        "stop what writes into it, then {again}, which empties it first",
    ),
    # github.com/gruntwork-io/cloud-nuke/issues/730; a vault's lock: docs.aws.amazon.com/aws-backup/latest/devguide/
    # vault-lock.html
    _cause(
        r"backup vault cannot be deleted because it contains recovery points",
        NotEmpty,
        "the vault is not empty: backups are kept in it",
        "write `protected: false` into env.yaml and run: shopctl deploy, so that they may go with it, or wait until "
        "their retention ends; then {again}",
    ),
    # Provider, internal/service/elbv2/load_balancer.go and target_group.go
    _cause(
        r"ELBv2 (?:Load Balancer|Target Group) \((?P<name>[^)]+)\) already exists"
        r"|Duplicate(?:LoadBalancer|TargetGroup)Name",
        NameTaken,
        "a load balancer or target group that is not this environment's has the name",
        "delete it or choose another `project` or `name` in env.yaml (it is in: aws elbv2 describe-load-balancers "
        "--names {name}), then {again}",
    ),
    _cause(
        r"(?:RDS DB Instance \((?P<name>[^)]+)\).*)?DBInstanceAlreadyExists",
        NameTaken,
        "a database that is not this environment's has the identifier",
        "rename it (aws rds modify-db-instance --db-instance-identifier {name} --new-db-instance-identifier NEW "
        "--apply-immediately), then {again}",
    ),
    # aws.amazon.com/premiumsupport/knowledge-center/resolve-cnamealreadyexists-error
    _cause(
        r"CNAMEAlreadyExists|CNAMEs you provided are already associated",
        AliasTaken,
        "another distribution answers to a name of the shop",
        "take the name off that distribution, in whichever account it is (aws cloudfront list-conflicting-aliases "
        "says), then {again}",
    ),
    # docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
    _cause(
        r"(?:Secret \((?P<name>[^)]+)\).*)?secret with this name is already scheduled for deletion",
        SecretGoing,
        "a secret of this name waits for its deletion",
        "bring it back (aws secretsmanager restore-secret --secret-id {name}) or free its name (aws secretsmanager "
        "delete-secret --force-delete-without-recovery --secret-id {name}), then {again}",
    ),
    # The codes with which AWS's services refuse a second resource of a name.
    _cause(
        r"\b(?:\w+AlreadyExists(?:Exception|Fault)?|AlreadyExists(?:Exception)?|InvalidGroup\.Duplicate"
        r"|InvalidLaunchTemplateName\.AlreadyExistsException|WAFDuplicateItemException|ResourceExistsException"
        r"|BucketAlreadyOwnedByYou|DuplicateListener|PriorityInUse|InvalidPermission\.Duplicate)\b",
        NameTaken,
        "something of this name stands already",
        "rename or delete it where it is not this environment's own, or choose another `project` or `name` in env.yaml "
        "(what is its own is taken in), then {again}",
    ),
)

_CONNECTION: Final = (
    _cause(
        r"throttl|requestlimitexceeded|toomanyrequests|rate exceeded|slowdown",
        Throttled,
        "AWS refused for too many requests",
        "wait some minutes, then {again}",
    ),
    _cause(
        r"connection refused|no such host|connection reset by peer|i/o timeout|network is unreachable|\bEOF\b",
        Unreachable,
        "an AWS endpoint does not answer",
        "check it with: shopctl doctor; then {again}",
    ),
)

# A connection that broke is the cause of much else that may be said beside it.
CAUSES: Final = (*_TERRAFORM, *_ACCESS, *_CONNECTION, *_RESOURCES)
