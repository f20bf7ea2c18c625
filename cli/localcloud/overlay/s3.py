"""S3: the settings of a bucket that S3 refuses, and replicas under the key of their own region."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ministack.services.s3 import _NEW_BUCKET_PUBLIC_ACCESS_BLOCK as ALL_BLOCKED
from ministack.services.s3 import _bucket_replication as bucket_replication
from ministack.services.s3 import _buckets as buckets
from ministack.services.s3 import _get_bucket_request_payment as request_payment_of
from ministack.services.s3 import _replication_rule_for as replication_rule_for
from ministack.services.s3 import bucket_region

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.policy_document import MalformedPolicy, Statement, parse_policy
from localcloud.refusal import refuse

overlay = Overlay("s3")

_KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
_LIFECYCLE_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
    "Transition",
)


@overlay.on("CreateBucket")
async def create_bucket(request: Request, forward: Forward) -> Response:
    """A new bucket blocks public access.

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html (since April 2023).
    """
    existed = _bucket(request) in buckets
    response = await forward(request)
    if response.status == 200 and not existed:
        record = buckets[_bucket(request)]
        record["_public_access_block"] = ALL_BLOCKED
    return response


@overlay.on("PutBucketVersioning")
async def put_bucket_versioning(request: Request, forward: Forward) -> Response:
    """A bucket that is replicated keeps its versions.

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html.
    """
    replicated = _bucket(request) in bucket_replication
    if replicated and request.xml is not None and _text(request.xml, "Status") == "Suspended":
        message = (
            "A replication configuration is present on this bucket, so you cannot change the versioning state. "
            "To change the versioning state, first delete the replication configuration."
        )
        return refuse(request, "InvalidBucketState", message, status=409)
    return await forward(request)


@overlay.on("PutBucketPolicy")
async def put_bucket_policy(request: Request, forward: Forward) -> Response:
    """A bucket's policy says who, and speaks of this bucket.

    Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (MalformedPolicy) and
    docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html (bucket policies).
    """
    try:
        statements = parse_policy(request.body.decode("utf-8", "replace"))
    except MalformedPolicy as error:
        return refuse(request, "MalformedPolicy", str(error))
    for statement in statements:
        if fault := _policy_fault(statement, _bucket(request)):
            return refuse(request, "MalformedPolicy", fault)
    return await forward(request)


@overlay.on("PutBucketLogging")
async def put_bucket_logging(request: Request, forward: Forward) -> Response:
    """Access logs go to a bucket of the same account and region.

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html.
    """
    target = _text(request.xml, "LoggingEnabled/TargetBucket") if request.xml is not None else ""
    if not target:
        return await forward(request)
    if target not in buckets:
        return refuse(request, "InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
    if bucket_region(target) != bucket_region(_bucket(request)):
        message = "The target bucket for logging must be in the same region as the source bucket"
        return refuse(request, "CrossLocationLoggingProhibited", message, status=403)
    return await forward(request)


@overlay.on("GetBucketRequestPayment")
async def get_request_payment(request: Request, _: Forward) -> Response:
    """Who pays for a bucket's requests, which ministack knows and has no route for: it lists objects instead.

    Source: docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html.
    """
    return Response(*request_payment_of(_bucket(request)))


@overlay.on("PutBucketLifecycleConfiguration")
async def put_bucket_lifecycle(request: Request, forward: Forward) -> Response:
    """Objects move down S3's storage classes, stay a while in each, and expire last.

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html.
    """
    rules = request.xml.findall("{*}Rule") if request.xml is not None else []
    if not rules:
        return refuse(request, "MalformedXML", "The XML you provided was not well-formed")
    for rule in rules:
        if fault := next(_lifecycle_faults(rule), None):
            return refuse(request, "InvalidArgument", fault)
    return await forward(request)


@overlay.on("CompleteMultipartUpload", "CopyObject", "PutObject")
async def put_object(request: Request, forward: Forward) -> Response:
    """A replica is encrypted with the key that the replication names for its region.

    Source: docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html.
    """
    response = await forward(request)
    bucket, _, key = request.path.lstrip("/").partition("/")
    stored = buckets.get(bucket, {}).get("objects", {}).get(key)
    if response.status != 200 or not stored or "_replica" not in stored:
        return response
    rule, _ = replication_rule_for(bucket, key, None)
    replica_key = ((rule or {}).get("Destination", {}).get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    if replica_key:
        _encrypt_replica(stored["_replica"][0], key, replica_key)
    return response


def _encrypt_replica(bucket: str, key: str, kms_key_id: str) -> None:
    replica = buckets[bucket]["objects"][key]
    if _KEY_HEADER in replica.get("preserved_headers", {}):
        replica["preserved_headers"] = {**replica["preserved_headers"], _KEY_HEADER: kms_key_id}


def _lifecycle_faults(rule: Element) -> Iterator[str]:
    days = dict(_transitions(rule))
    infrequent = [days[name] for name in ("STANDARD_IA", "ONEZONE_IA") if name in days]
    archived = [days[name] for name in ("GLACIER", "DEEP_ARCHIVE") if name in days]
    expiration = _text(rule, "Expiration/Days")
    if not any(rule.find(f"{{*}}{action}") is not None for action in _LIFECYCLE_ACTIONS):
        yield "At least one action needs to be specified in a rule"
    if any(day < 30 for day in infrequent):
        yield "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"
    if infrequent and archived and min(archived) < max(infrequent) + 30:
        yield "'Days' in the Transition action for StorageClass 'GLACIER' must be 30 days more than for 'STANDARD_IA'"
    if {"STANDARD_IA", "INTELLIGENT_TIERING"} <= days.keys() and days["STANDARD_IA"] >= days["INTELLIGENT_TIERING"]:
        yield "'Days' in the Transition action for 'INTELLIGENT_TIERING' must be greater than for 'STANDARD_IA'"
    if expiration and any(day >= int(expiration) for day in days.values()):
        yield "'Days' in the Expiration action must be greater than 'Days' in the Transition action"


def _transitions(rule: Element) -> Iterator[tuple[str, int]]:
    for transition in rule.findall("{*}Transition"):
        if days := _text(transition, "Days"):
            yield _text(transition, "StorageClass"), int(days)


def _policy_fault(statement: Statement, bucket: str) -> str | None:
    if not statement.principals:
        return "Missing required field Principal"
    if not all(action == "*" or action.lower().startswith("s3:") for action in statement.actions):
        return "Policy has invalid action"
    arn = f"arn:aws:s3:::{bucket}"
    if not statement.resources or not all(text == arn or text.startswith(f"{arn}/") for text in statement.resources):
        return "Policy has invalid resource"
    return None


def _text(element: Element, path: str) -> str:
    """The text at a path, in whatever namespace the sender wrote it."""
    return element.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or ""


def _bucket(request: Request) -> str:
    return request.path.lstrip("/").partition("/")[0]
