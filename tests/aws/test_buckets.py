"""Own buckets are closed and stay so; emptied ones are empty, versions, markers and uploads included."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from localcloud.client import LocalCloud
from localcloud.faults import Error, LostReply
from shopctl.aws.buckets import OwnBucket, bucket_exists, delete_bucket, empty_bucket, is_set_up, list_keys, set_up
from shopctl.aws.cloud import Cloud
from shopctl.errors import AwsFailed
from shopctl.spec import EnvSpec

REGION = "eu-west-1"


@pytest.fixture
def bucket(spec: EnvSpec) -> OwnBucket:
    return OwnBucket(f"{spec.name}-own", REGION, {"Project": "shop", "Stack": "bootstrap"}, short_lived="beats/")


def fill(cloud: Cloud, name: str, count: int) -> None:
    s3 = cloud.s3(REGION)
    for number in range(count):
        s3.put_object(Bucket=name, Key=f"key {number} ü", Body=b"1")
    s3.put_object(Bucket=name, Key="key 0 ü", Body=b"2")
    s3.delete_object(Bucket=name, Key="key 0 ü")
    s3.create_multipart_upload(Bucket=name, Key="unfinished")


def test_a_bucket_is_made_with_all_its_settings_and_a_second_time_nothing_changes(
    cloud: Cloud, bucket: OwnBucket
) -> None:
    assert not is_set_up(cloud, bucket)
    set_up(cloud, bucket)
    set_up(cloud, bucket)
    s3 = cloud.s3(REGION)
    assert all(s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=bucket.name)["Status"] == "Enabled"
    assert '"aws:SecureTransport": "false"' in s3.get_bucket_policy(Bucket=bucket.name)["Policy"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
    assert [(rule["ID"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"]) for rule in rules] == [
        ("history", 90),
        ("short-lived", 1),
    ]
    assert is_set_up(cloud, bucket)


def test_a_setting_that_somebody_took_away_is_put_back(cloud: Cloud, bucket: OwnBucket) -> None:
    set_up(cloud, bucket)
    cloud.s3(REGION).delete_public_access_block(Bucket=bucket.name)
    assert not is_set_up(cloud, bucket)
    set_up(cloud, bucket)
    assert is_set_up(cloud, bucket)


def test_a_bucket_whose_making_lost_its_reply_is_taken_for_ones_own(
    cloud: Cloud, bucket: OwnBucket, faults: LocalCloud
) -> None:
    faults.inflict(LostReply(), service="s3", operation="CreateBucket", count=1)
    set_up(cloud, bucket)
    assert is_set_up(cloud, bucket)


def test_a_bucket_of_another_account_is_never_used(cloud: Cloud, bucket: OwnBucket, faults: LocalCloud) -> None:
    faults.inflict(Error(code="403", status=403), service="s3", operation="HeadBucket", count=1)
    with pytest.raises(AwsFailed, match="another account"):
        bucket_exists(cloud, bucket.name, REGION)
    faults.inflict(Error(code="BucketAlreadyExists", status=409), service="s3", operation="CreateBucket", count=1)
    with pytest.raises(AwsFailed, match="is taken by another account"):
        set_up(cloud, bucket)


def test_a_bucket_in_another_region_than_its_name_says_is_refused(cloud: Cloud, bucket: OwnBucket) -> None:
    set_up(cloud, bucket)
    with pytest.raises(AwsFailed, match=r"is in eu-west-1, but its name and env.yaml say eu-central-1"):
        bucket_exists(cloud, bucket.name, "eu-central-1")


def test_emptying_takes_versions_markers_and_uploads_in_batches(cloud: Cloud, bucket: OwnBucket) -> None:
    set_up(cloud, bucket)
    fill(cloud, bucket.name, 1001)
    counts: list[int] = []
    assert empty_bucket(cloud, bucket.name, REGION, counts.append) == 1003
    assert counts[-1] == 1003
    assert len(counts) == 2
    s3 = cloud.s3(REGION)
    left = s3.list_object_versions(Bucket=bucket.name)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket.name)


def test_a_deletion_that_was_cut_off_is_finished_by_the_next_and_a_third_finds_nothing(
    cloud: Cloud, bucket: OwnBucket, faults: LocalCloud
) -> None:
    set_up(cloud, bucket)
    fill(cloud, bucket.name, 3)
    status = faults.inflict(Error(code="AccessDenied", status=403), service="s3", operation="DeleteBucket")
    with pytest.raises(AwsFailed, match=f"deleting bucket {bucket.name}"):
        delete_bucket(cloud, bucket.name, REGION, lambda _count: None)
    faults.lift(status)
    delete_bucket(cloud, bucket.name, REGION, lambda _count: None)
    assert not bucket_exists(cloud, bucket.name, REGION)
    delete_bucket(cloud, bucket.name, REGION, lambda _count: None)


def test_keys_are_listed_by_how_they_end(cloud: Cloud, bucket: OwnBucket) -> None:
    set_up(cloud, bucket)
    for key in ("a/terraform.tfstate", "a/terraform.tfstate.tflock"):
        cloud.s3(REGION).put_object(Bucket=bucket.name, Key=key)
    assert list_keys(cloud, bucket.name, REGION, suffix="terraform.tfstate") == ("a/terraform.tfstate",)
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        cloud.s3(REGION).delete_bucket(Bucket=bucket.name)
