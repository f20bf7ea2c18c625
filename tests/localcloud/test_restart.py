"""An acknowledged write survives the death of the local cloud at any moment."""

from __future__ import annotations

import base64
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.checkpoint import CheckpointFailed, ForeignState, StateFile
from localcloud.client import LocalCloud
from localcloud.faults import Kill
from localcloud.picture import Changes, Entry
from support.cloud_process import Server
from support.population import BUCKET, LARGE, REGIONS, describe, fill

HOME = REGIONS[0]


def test_every_service_answers_after_a_kill_as_it_did_before(server: Server) -> None:
    secrets = fill(cloud := server.start())
    before = describe(cloud)
    server.kill()
    cloud = server.start(port=int(cloud.endpoint.rpartition(":")[2]))
    after = describe(cloud)
    assert after == before

    kms = cloud.client("kms", HOME)
    assert kms.decrypt(CiphertextBlob=base64.b64decode(secrets["sealed"]))["Plaintext"] == b"kept"
    signature = base64.b64decode(secrets["signature"])
    kms.verify(
        KeyId=secrets["signing_key"], Message=b"kept", Signature=signature, SigningAlgorithm="RSASSA_PSS_SHA_256"
    )
    sqs = cloud.client("sqs", HOME)
    queue = sqs.get_queue_url(QueueName="shop-local-jobs")["QueueUrl"]
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "kept"
    s3 = cloud.client("s3", HOME)
    part = s3.list_parts(Bucket=BUCKET, Key="parts", UploadId=secrets["upload"])["Parts"][0]
    s3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=secrets["upload"],
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})  # fmt: skip
    assert s3.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == LARGE * 5


def test_what_was_deleted_stays_deleted(server: Server) -> None:
    ec2 = server.start().client("ec2", HOME)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.delete_vpc(VpcId=vpc)
    server.kill()
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        server.start().client("ec2", HOME).describe_vpcs(VpcIds=[vpc])


def test_a_region_s_defaults_are_the_same_after_a_kill_although_only_read(server: Server) -> None:
    before = server.start().client("ec2", "eu-west-3").describe_vpcs()["Vpcs"]
    server.kill()
    assert server.start().client("ec2", "eu-west-3").describe_vpcs()["Vpcs"] == before


def test_no_acknowledged_object_is_missing_or_torn_after_kills_among_concurrent_writes(server: Server) -> None:
    server.start().client("s3", HOME).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME}
    )
    server.kill()
    acknowledged: dict[str, bytes] = {}
    for turn in range(3):
        write_until_killed(server, turn, acknowledged)
    s3 = server.start().client("s3", HOME)
    assert len(acknowledged) > 30
    assert {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in acknowledged} == acknowledged


def write_until_killed(server: Server, turn: int, acknowledged: dict[str, bytes]) -> None:
    """Four writers at once, until the cloud is killed under them; notes what was acknowledged."""
    cloud = server.start()

    def write(writer: int) -> None:
        s3 = cloud.client("s3", HOME)
        for number in range(10_000):
            key, body = f"{turn}/{writer}/{number}", bytes([number % 256]) * (200 if number % 5 else 20_000)
            try:
                s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            except (BotoCoreError, ClientError):
                return
            acknowledged[key] = body

    writers = [threading.Thread(target=write, args=[number]) for number in range(4)]
    before = len(acknowledged)
    for writer in writers:
        writer.start()
    while len(acknowledged) < before + 15 + turn * 10:
        time.sleep(0.001)
    server.kill()
    for writer in writers:
        writer.join()


def test_an_effect_that_was_not_acknowledged_is_either_wholly_there_or_not_at_all(server: Server) -> None:
    cloud = server.start()
    cloud.inflict(Kill(moment="before"), service="ec2", operation="CreateVpc")
    ec2 = cloud.client("ec2", HOME)
    known = vpc_count(cloud)
    with pytest.raises(BotoCoreError):
        ec2.create_vpc(CidrBlock="10.9.0.0/16")
    server.wait()
    cloud = server.start()
    assert vpc_count(cloud) == known
    cloud.inflict(Kill(moment="after"), service="ec2", operation="CreateVpc")
    with pytest.raises(BotoCoreError):
        cloud.client("ec2", HOME).create_vpc(CidrBlock="10.9.0.0/16")
    server.wait()
    assert vpc_count(server.start()) == known + 1


def vpc_count(cloud: LocalCloud) -> int:
    return len(cloud.client("ec2", HOME).describe_vpcs()["Vpcs"])


def test_a_clean_stop_keeps_the_state_too_and_leaves_no_runtime_file(server: Server) -> None:
    server.start().client("sqs", HOME).create_queue(QueueName="kept")
    server.stop()
    assert not server.place.runtime_file.exists()
    assert "kept" in server.start().client("sqs", HOME).list_queues()["QueueUrls"][0]


def test_nothing_is_written_outside_the_home_directory(server: Server) -> None:
    fill(server.start())
    server.stop()
    assert {path.name for path in server.place.folder.iterdir()} == {"log.txt", "lock", "port", "state.sqlite", "tmp"}
    assert server.place.state.stat().st_mode & 0o077 == 0


def test_a_full_disk_refuses_writes_loses_nothing_and_lets_go_when_there_is_room_again(server: Server) -> None:
    cloud = server.start()
    s3 = cloud.client("s3", HOME)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME})
    s3.put_object(Bucket=BUCKET, Key="before", Body=b"kept")
    process = psutil.Process(server.runtime.pid)
    process.rlimit(psutil.RLIMIT_FSIZE, (1_000_000, psutil.RLIM_INFINITY))
    with pytest.raises(ClientError, match="can't be saved"):
        s3.put_object(Bucket=BUCKET, Key="refused", Body=LARGE * 2)
    assert s3.get_object(Bucket=BUCKET, Key="before")["Body"].read() == b"kept"
    process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
    s3.put_object(Bucket=BUCKET, Key="after", Body=LARGE * 2)
    server.kill()
    s3 = server.start().client("s3", HOME)
    assert s3.get_object(Bucket=BUCKET, Key="before")["Body"].read() == b"kept"
    assert s3.get_object(Bucket=BUCKET, Key="after")["Body"].read() == LARGE * 2


def test_large_bytes_are_stored_once_and_dropped_when_nothing_names_them(tmp_path: Path) -> None:
    path = tmp_path / "state"
    file = StateFile(path)
    entry = Entry(b"value", frozenset({b"digest"}))
    file.write(Changes(entries={("store", "a"): entry, ("store", "b"): entry}, blobs={b"digest": LARGE}))
    assert dict(file.entries()) == {("store", "a"): entry, ("store", "b"): entry}
    assert file.blob(b"digest") == LARGE
    file.keep_blobs(frozenset())
    assert missing(lambda: file.blob(b"digest"))
    file.close()


def missing(read: Any) -> bool:
    try:
        read()
    except TypeError:
        return True
    return False


def test_a_checkpoint_that_fails_leaves_the_one_before_whole(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state")
    file.write(Changes(entries={("store", "a"): Entry(b"old")}))
    limit_to_current_size(file)
    with pytest.raises(CheckpointFailed, match="full"):
        file.write(Changes(entries={("store", "a"): Entry(b"new")}, blobs={b"digest": LARGE}))
    assert dict(file.entries()) == {("store", "a"): Entry(b"old")}


def limit_to_current_size(file: StateFile) -> None:
    """Let SQLite answer as it does on a full disk."""
    database = file._database  # noqa: SLF001 - the limit holds for one connection only
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")


def test_state_of_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state"
    file = StateFile(path)
    file._database.execute("PRAGMA user_version = 99")  # noqa: SLF001 - as another version would have written it
    file.close()
    with pytest.raises(ForeignState, match="format 99"):
        StateFile(path)
