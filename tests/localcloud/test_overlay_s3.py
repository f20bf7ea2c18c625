"""Buckets of the local cloud refuse the settings that S3 refuses, and replicate as S3 does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.refusal import code_of, refusal

HOME, OTHER = "eu-central-1", "eu-west-1"
KEY = "arn:aws:kms:{}:000000000000:key/00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def s3(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("s3", HOME)


@pytest.fixture(scope="module")
def other(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("s3", OTHER)


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    return make(s3, "settings", HOME)


def make(s3: Any, name: str, region: str, *, versioned: bool = False) -> str:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def lifecycle(*transitions: tuple[str, int], expire: int | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"ID": "whole-bucket", "Status": "Enabled", "Filter": {}}
    if transitions:
        rule["Transitions"] = [{"StorageClass": name, "Days": days} for name, days in transitions]
    if expire is not None:
        rule["Expiration"] = {"Days": expire}
    return {"Rules": [rule]}


def policy(resource: str, **changes: Any) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": resource} | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_new_bucket_blocks_public_access(s3: Any) -> None:
    make(s3, "new", HOME)
    block = s3.get_public_access_block(Bucket="new")["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}


def test_making_a_bucket_again_changes_nothing(shared_cloud: LocalCloud) -> None:
    virginia = shared_cloud.client("s3", "us-east-1")  # where S3 lets its owner make a bucket twice
    virginia.create_bucket(Bucket="again")
    virginia.delete_public_access_block(Bucket="again")
    virginia.create_bucket(Bucket="again")
    assert code_of(virginia.get_public_access_block, Bucket="again") == "NoSuchPublicAccessBlockConfiguration"


@pytest.mark.parametrize(
    "wrong",
    [
        lifecycle(("STANDARD_IA", 29)),
        lifecycle(("STANDARD_IA", 30), ("GLACIER", 59)),
        lifecycle(("INTELLIGENT_TIERING", 30), ("STANDARD_IA", 60)),
        lifecycle(("GLACIER", 90), expire=90),
        lifecycle(),
    ],
    ids=["too early", "too short a stay", "back to a dearer class", "moved after its end", "nothing to do"],
)
def test_a_lifecycle_that_s3_cannot_keep_is_refused(s3: Any, bucket: str, wrong: dict[str, Any]) -> None:
    answer = refusal(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=wrong)
    assert answer[0] == "InvalidArgument"


@pytest.mark.parametrize(
    "right",
    [
        lifecycle(("INTELLIGENT_TIERING", 0)),
        lifecycle(("STANDARD_IA", 30), ("GLACIER", 60), expire=61),
        lifecycle(expire=1),
    ],
    ids=["at once", "one after the other", "only an end"],
)
def test_a_lifecycle_that_s3_can_keep_is_accepted(s3: Any, bucket: str, right: dict[str, Any]) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=right)
    (kept,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert kept.get("Transitions", []) == right["Rules"][0].get("Transitions", [])


@pytest.mark.parametrize(
    "text",
    ["{", policy("arn:aws:s3:::elsewhere/*"), policy("arn:aws:s3:::settings/*", Action="ec2:RunInstances"),
     policy("arn:aws:s3:::settings/*", Effect="Perhaps"), policy("arn:aws:s3:::settingsandmore/*")],
    ids=["no JSON", "another bucket", "another service", "no effect", "a longer name"],
)  # fmt: skip
def test_a_policy_that_s3_cannot_read_is_refused(s3: Any, bucket: str, text: str) -> None:
    assert code_of(s3.put_bucket_policy, Bucket=bucket, Policy=text) == "MalformedPolicy"


def test_a_policy_of_this_bucket_is_accepted(s3: Any, bucket: str) -> None:
    text = policy("arn:aws:s3:::settings/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text


ALB_LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
    "Action": "s3:PutObject",
}
CDN = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::000000000000:distribution/*"}},
}


@pytest.mark.parametrize("changes", [ALB_LOGS, CDN], ids=["a load balancer's logs", "the CDN"])
def test_a_closed_bucket_lets_aws_s_own_services_in(s3: Any, changes: dict[str, Any]) -> None:
    name = make(s3, f"closed-{'logs' if changes is ALB_LOGS else 'cdn'}", HOME)
    text = policy(f"arn:aws:s3:::{name}/*", **changes)
    s3.put_bucket_policy(Bucket=name, Policy=text)
    assert s3.get_bucket_policy(Bucket=name)["Policy"] == text


def test_a_closed_bucket_is_opened_to_nobody_else(s3: Any) -> None:
    name = make(s3, "closed", HOME)
    text = policy(f"arn:aws:s3:::{name}/*", Effect="Allow")
    assert code_of(s3.put_bucket_policy, Bucket=name, Policy=text) == "AccessDenied"
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=text)
    assert s3.get_bucket_policy(Bucket=name)["Policy"] == text


def test_a_bucket_s_owner_pays_unless_told(s3: Any) -> None:
    name = make(s3, "paid", HOME)
    assert s3.get_bucket_request_payment(Bucket=name)["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket=name, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=name)["Payer"] == "Requester"
    assert code_of(s3.get_bucket_request_payment, Bucket="nowhere-to-be-found") == "NoSuchBucket"


def test_access_logs_go_to_a_bucket_of_the_same_region_only(s3: Any, other: Any, bucket: str) -> None:
    make(s3, "logs-here", HOME)
    make(other, "logs-there", OTHER)

    def logging(target: str) -> dict[str, Any]:
        return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "s3/"}}

    put = s3.put_bucket_logging
    assert code_of(put, Bucket=bucket, BucketLoggingStatus=logging("nowhere")) == "InvalidTargetBucketForLogging"
    assert code_of(put, Bucket=bucket, BucketLoggingStatus=logging("logs-there")) == "CrossLocationLoggingProhibited"
    put(Bucket=bucket, BucketLoggingStatus=logging("logs-here"))
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == "logs-here"
    put(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)


@pytest.fixture(scope="module")
def replicated(s3: Any, other: Any) -> str:
    """A bucket under the key of its region, whose objects are copied under the key of the other's."""
    source, target = make(s3, "source", HOME, versioned=True), make(other, "target", OTHER, versioned=True)
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY.format(HOME)}
    rules = [{"ApplyServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket=source, ServerSideEncryptionConfiguration={"Rules": rules})
    rule = {
        "ID": "to-the-other-region",
        "Priority": 0,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Bucket": f"arn:aws:s3:::{target}",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY.format(OTHER)},
        },
    }
    role = "arn:aws:iam::000000000000:role/replication"
    s3.put_bucket_replication(Bucket=source, ReplicationConfiguration={"Role": role, "Rules": [rule]})
    return source


def test_a_replica_is_encrypted_with_the_key_of_its_own_region(s3: Any, other: Any, replicated: str) -> None:
    s3.put_object(Bucket=replicated, Key="a", Body=b"hello")
    original, replica = s3.head_object(Bucket=replicated, Key="a"), other.head_object(Bucket="target", Key="a")
    assert (original["ReplicationStatus"], original["SSEKMSKeyId"]) == ("COMPLETED", KEY.format(HOME))
    assert (replica["ReplicationStatus"], replica["SSEKMSKeyId"]) == ("REPLICA", KEY.format(OTHER))


def test_a_replica_written_in_parts_or_copied_is_encrypted_likewise(s3: Any, other: Any, replicated: str) -> None:
    upload = s3.create_multipart_upload(Bucket=replicated, Key="parts")["UploadId"]
    where = {"Bucket": replicated, "Key": "parts", "UploadId": upload}
    tag = s3.upload_part(**where, PartNumber=1, Body=b"hello")["ETag"]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
    s3.copy_object(Bucket=replicated, Key="copy", CopySource=f"{replicated}/parts")
    keys = {other.head_object(Bucket="target", Key=key)["SSEKMSKeyId"] for key in ("parts", "copy")}
    assert keys == {KEY.format(OTHER)}


def test_a_deletion_follows_to_the_other_region(s3: Any, other: Any, replicated: str) -> None:
    s3.put_object(Bucket=replicated, Key="gone", Body=b"hello")
    s3.delete_object(Bucket=replicated, Key="gone")
    assert code_of(other.head_object, Bucket="target", Key="gone") == "404"


def test_a_replicated_bucket_keeps_its_versions(s3: Any, replicated: str) -> None:
    suspended = {"Status": "Suspended"}
    call = s3.put_bucket_versioning
    assert code_of(call, Bucket=replicated, VersioningConfiguration=suspended) == "InvalidBucketState"
    assert s3.get_bucket_versioning(Bucket=replicated)["Status"] == "Enabled"


def test_a_bucket_that_is_not_replicated_may_suspend_its_versions(s3: Any) -> None:
    make(s3, "suspended", HOME, versioned=True)
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket="suspended")["Status"] == "Suspended"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
