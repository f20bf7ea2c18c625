"""Buckets: the settings of those that bootstrap makes, and emptying and deleting any of the environment's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explained
from shopctl.errors import AwsFailed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

NONCURRENT_DAYS = 90  # so long an overwritten state, or the marker that each unlock leaves, stays in the bucket

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class OwnBucket:
    """A bucket of shopctl's own. Objects under the prefix ``short_lived`` are of no use after a day."""

    name: str
    region: str
    tags: Mapping[str, str]
    short_lived: str | None = None


def bucket_exists(cloud: Cloud, name: str, region: str) -> bool:
    """Tell whether the account has the bucket, in that region.

    Raises: AwsFailed, also if the bucket is another account's or in another region.
    """
    with explained(f"looking for bucket {name}"):
        try:
            found = cloud.s3(region).head_bucket(Bucket=name, ExpectedBucketOwner=cloud.account)
        except ClientError as error:
            if error_code(error) in ("404", "NoSuchBucket"):
                return False
            if error_code(error) == "403":
                raise AwsFailed(
                    f"bucket {name} is another account's than {cloud.account}, or these credentials may not see it",
                    "Check the credentials and their permissions; if the name is taken, choose another project name.",
                ) from error
            raise
    if found.get("BucketRegion", region) != region:
        raise AwsFailed(
            f"bucket {name} is in {found['BucketRegion']}, but its name and env.yaml say {region}",
            "Keep the regions in env.yaml as they were when the environment was made.",
        )
    return True


def is_set_up(cloud: Cloud, bucket: OwnBucket) -> bool:
    """Tell whether the bucket exists with all of its settings. Reads only."""
    if not bucket_exists(cloud, bucket.name, bucket.region):
        return False
    with explained(f"reading the settings of bucket {bucket.name}"):
        return all(setting.is_in_force() for setting in _settings(cloud, bucket))


def set_up(cloud: Cloud, bucket: OwnBucket) -> None:
    """Make the bucket unless it is there, and put all of its settings in force. Can be repeated from any point."""
    with explained(f"making bucket {bucket.name}"):
        _create(cloud.s3(bucket.region), bucket)
        for setting in _settings(cloud, bucket):
            if not setting.is_in_force():
                setting.write()


def list_keys(cloud: Cloud, name: str, region: str, *, suffix: str) -> tuple[str, ...]:
    """Return the keys of the bucket's current objects that end so, sorted. Raises: AwsFailed."""
    with explained(f"listing bucket {name}"):
        pages = (
            cloud.s3(region).get_paginator("list_objects_v2").paginate(Bucket=name, ExpectedBucketOwner=cloud.account)
        )
        return tuple(item["Key"] for page in pages for item in page.get("Contents", ()) if item["Key"].endswith(suffix))


def empty_bucket(cloud: Cloud, name: str, region: str, progress: Progress) -> int:
    """Delete every version, delete marker and unfinished upload of a bucket; return how many. It can't be undone.

    Can be cut off and repeated; a bucket that is gone counts as empty. ``progress`` hears the count so far.
    Raises: AwsFailed, naming the first object that can't be deleted.
    """
    deleted = 0
    with explained(f"emptying bucket {name}"):
        try:
            for batch in _contents(cloud, name, region):
                deleted += len(batch)
                _delete(cloud, name, region, batch)
                progress(deleted)
            _abort_uploads(cloud, name, region)
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
    return deleted


def delete_bucket(cloud: Cloud, name: str, region: str, progress: Progress) -> None:
    """Empty the bucket and delete it; a bucket that is gone is fine. It can't be undone."""
    empty_bucket(cloud, name, region, progress)
    with explained(f"deleting bucket {name}"):
        try:
            cloud.s3(region).delete_bucket(Bucket=name, ExpectedBucketOwner=cloud.account)
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise


@dataclass(frozen=True, slots=True)
class _Setting:
    """One setting of a bucket: what is wanted, and how it is read and written."""

    wanted: object
    read: Callable[[], object]
    write: Callable[[], object]

    def is_in_force(self) -> bool:
        try:
            return self.read() == self.wanted
        except ClientError as error:
            # S3 answers a setting that was never made with a code of its own, such as NoSuchBucketPolicy.
            if error_code(error).startswith(("NoSuch", "OwnershipControlsNotFound", "ServerSideEncryption")):
                return False
            raise


def _settings(cloud: Cloud, bucket: OwnBucket) -> tuple[_Setting, ...]:
    """Return the settings in the order in which they are put in force: closed first, then filled in."""
    s3: Any = cloud.s3(bucket.region)  # untyped: one value is compared with the reply and sent in the request
    at = {"Bucket": bucket.name, "ExpectedBucketOwner": cloud.account}
    access = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    # SSE-S3 and no key of our own: these buckets come before any key, must be readable while a region's keys
    # are not, and hold what repairs a lost key. Policy and IAM bound the access.
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    policy, rules = _tls_only(bucket.name), _lifecycle_rules(bucket)
    tags = [{"Key": key, "Value": value} for key, value in sorted(bucket.tags.items())]
    return (
        _Setting(
            access,
            lambda: s3.get_public_access_block(**at)["PublicAccessBlockConfiguration"],
            lambda: s3.put_public_access_block(PublicAccessBlockConfiguration=access, **at),
        ),
        _Setting(
            owner,
            lambda: s3.get_bucket_ownership_controls(**at)["OwnershipControls"],
            lambda: s3.put_bucket_ownership_controls(OwnershipControls=owner, **at),
        ),
        _Setting(
            ["AES256"],
            lambda: _algorithms(s3.get_bucket_encryption(**at)),
            lambda: s3.put_bucket_encryption(ServerSideEncryptionConfiguration=encryption, **at),
        ),
        _Setting(
            "Enabled",
            lambda: s3.get_bucket_versioning(**at).get("Status"),
            lambda: s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **at),
        ),
        _Setting(
            policy,
            lambda: json.loads(s3.get_bucket_policy(**at)["Policy"]),
            lambda: s3.put_bucket_policy(Policy=json.dumps(policy), **at),
        ),
        _Setting(
            rules,
            lambda: sorted(s3.get_bucket_lifecycle_configuration(**at)["Rules"], key=lambda rule: rule["ID"]),
            lambda: s3.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": rules}, **at),
        ),
        _Setting(
            tags,
            lambda: sorted(s3.get_bucket_tagging(**at)["TagSet"], key=lambda tag: tag["Key"]),
            lambda: s3.put_bucket_tagging(Tagging={"TagSet": tags}, **at),
        ),
    )


def _algorithms(reply: dict[str, Any]) -> list[str]:
    rules = reply["ServerSideEncryptionConfiguration"]["Rules"]
    return [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules]


def _tls_only(name: str) -> dict[str, Any]:
    """Source: Amazon S3 user guide, "Security best practices", on aws:SecureTransport and s3:TlsVersion."""
    everything = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "DenyPlainHttp", **deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "DenyOldTls", **deny, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        ],
    }


def _lifecycle_rules(bucket: OwnBucket) -> list[dict[str, Any]]:
    """Return the rules, sorted by id. Markers and old versions would else pile up with each unlock and heartbeat."""
    history: dict[str, Any] = {
        "ID": "history",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    if bucket.short_lived is None:
        return [history]
    short_lived = {
        "ID": "short-lived",
        "Status": "Enabled",
        "Filter": {"Prefix": bucket.short_lived},
        "Expiration": {"Days": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    return [history, short_lived]


def _create(s3: S3Client, bucket: OwnBucket) -> None:
    # us-east-1 is the default and refuses to be named. Source: S3 API reference, CreateBucket
    place: Any = (
        {} if bucket.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    )
    try:
        s3.create_bucket(Bucket=bucket.name, **place)
    except ClientError as error:
        match error_code(error):
            case "BucketAlreadyOwnedByYou":
                return
            case "BucketAlreadyExists":
                raise AwsFailed(
                    f"the bucket name {bucket.name} is taken by another account",
                    "Choose another project name in env.yaml, before anything is deployed.",
                ) from error
            case _:
                raise


def _contents(cloud: Cloud, name: str, region: str) -> Iterator[list[ObjectIdentifierTypeDef]]:
    """Yield all versions and delete markers, at most 1,000 at a time: as many as one DeleteObjects takes."""
    pages = cloud.s3(region).get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=name, ExpectedBucketOwner=cloud.account):
        found = chain(page.get("Versions", ()), page.get("DeleteMarkers", ()))
        batch: list[ObjectIdentifierTypeDef] = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        if batch:
            yield batch


def _delete(cloud: Cloud, name: str, region: str, batch: list[ObjectIdentifierTypeDef]) -> None:
    reply = cloud.s3(region).delete_objects(
        Bucket=name, Delete={"Objects": batch, "Quiet": True}, ExpectedBucketOwner=cloud.account
    )
    for error in reply.get("Errors", ()):
        raise AwsFailed(
            f"s3://{name}/{error.get('Key')} can't be deleted: {error.get('Code')}: {error.get('Message')}",
            "Cure that, then run the same command again; what was deleted stays deleted.",
        )


def _abort_uploads(cloud: Cloud, name: str, region: str) -> None:
    s3 = cloud.s3(region)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name, ExpectedBucketOwner=cloud.account):
        for upload in page.get("Uploads", ()):
            s3.abort_multipart_upload(
                Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"], ExpectedBucketOwner=cloud.account
            )
