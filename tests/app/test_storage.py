"""Files are kept under their keys, in S3 and in a folder alike; nobody reaches what is not theirs."""

from __future__ import annotations

import base64
import json
import time
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from urllib3 import PoolManager

from app_support.aws import REGION, Cloud
from shop.config import Config, ConfigInvalid
from shop.problems import Invalid, Unavailable
from shop.shop import Shop
from shop.storage import FolderStorage, Storage, open_storage

PUBLIC, PRIVATE = "shop-images", "shop-uploads"
KEY = "products/plain-mug/1.webp"
PICTURE = b"RIFF\x00\x00\x00\x00WEBP"
HOSTILE = [
    "", "/", "/etc/passwd", "../secret", "products/../../secret", "products//1.webp", "products/./1.webp",
    "products/..", "products/.hidden", "products/1.webp/", "products\\..\\secret", "products/%2e%2e/secret",
    "products/1.webp\n", "products/1.webp\x00.png", "products/ümlaut.webp", "C:/windows", "s3://bucket/key",
    "~root/x", "a b", "a" * 201,
]  # fmt: skip


@pytest.fixture(scope="module")
def buckets(aws: Cloud) -> None:
    for bucket in (PUBLIC, PRIVATE):
        aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})


@pytest.fixture
def on_s3(aws: Cloud, buckets: None, config: Config) -> Config:
    return config.model_copy(
        update={
            "media_folder": None,
            "s3_bucket": PUBLIC,
            "s3_private_bucket": PRIVATE,
            "aws_region": REGION,
            "aws_endpoint_url": aws.url,
        }
    )


@pytest.fixture(params=["s3", "folder"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, on_s3: Config) -> Storage:
    return FolderStorage(tmp_path / "media", "secret") if request.param == "folder" else open_storage(on_s3)


def test_a_file_is_kept_replaced_and_removed(storage: Storage) -> None:
    assert (storage.get(KEY), storage.exists(KEY)) == (None, False)
    storage.put(KEY, PICTURE, "image/webp")
    storage.put(KEY, PICTURE * 2, "image/webp")
    assert (storage.get(KEY), storage.exists(KEY)) == (PICTURE * 2, True)
    storage.delete(KEY)
    storage.delete(KEY)
    assert (storage.get(KEY), storage.exists(KEY)) == (None, False)


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_that_the_shop_would_not_give_is_refused_before_anything_is_asked(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_bytes(b"of the machine")
    storage = FolderStorage(tmp_path / "media", "secret")
    for attempt in (storage.get, storage.exists, storage.delete, storage.url):
        with pytest.raises(Invalid):
            attempt(key)
    with pytest.raises(Invalid):
        storage.put(key, b"", "text/plain")
    with pytest.raises(Invalid):
        storage.signed_upload(key, "text/plain", 1, 1)
    assert (tmp_path / "secret").read_bytes() == b"of the machine"
    assert not (tmp_path / "media").exists()


def test_s3_refuses_the_same_keys(on_s3: Config) -> None:
    storage = open_storage(on_s3)
    for key in HOSTILE:
        with pytest.raises(Invalid):
            storage.get(key)
        with pytest.raises(Invalid):
            storage.signed_url(key, 60)


def test_pages_show_public_media_by_the_cdn_and_without_one_by_the_shop(on_s3: Config) -> None:
    assert open_storage(on_s3).url(KEY) == f"/media/{KEY}"
    with_cdn = on_s3.model_copy(update={"cloudfront_domain": "cdn.test"})
    assert open_storage(with_cdn).url(KEY) == f"https://cdn.test/images/{KEY}"


def test_what_the_cdn_serves_lies_where_its_path_leads_and_uploads_lie_elsewhere(aws: Cloud, on_s3: Config) -> None:
    storage = open_storage(on_s3)
    storage.put(KEY, PICTURE, "image/webp")
    storage.put("uploads/1/face.webp", PICTURE, "image/webp")
    kept = aws.client("s3").get_object(Bucket=PUBLIC, Key=f"images/{KEY}")
    assert (kept["ContentType"], kept["CacheControl"]) == ("image/webp", "public, max-age=3600")
    hidden = aws.client("s3").get_object(Bucket=PRIVATE, Key="uploads/1/face.webp")
    assert hidden["CacheControl"] == "private, no-store"


def test_an_upload_is_bound_to_its_key_its_type_its_size_and_its_time(on_s3: Config) -> None:
    upload = open_storage(on_s3).signed_upload("uploads/1/face.webp", "image/webp", 1000, 60)
    assert policy_of(upload.fields["policy"]) == [
        {"Content-Type": "image/webp"},
        {"Cache-Control": "private, no-store"},
        ["content-length-range", 1, 1000],
        {"bucket": PRIVATE},
        {"key": "uploads/1/face.webp"},
    ]


def test_a_private_file_is_read_by_a_signed_address_only(on_s3: Config) -> None:
    storage = open_storage(on_s3)
    storage.put("uploads/1/face.webp", PICTURE, "image/webp")
    address = storage.signed_url("uploads/1/face.webp", 60)
    assert PoolManager().request("GET", address).data == PICTURE
    assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == ["60"]


def test_on_aws_itself_buckets_have_their_own_hosts_in_their_region(
    on_s3: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    storage = open_storage(on_s3.model_copy(update={"aws_endpoint_url": None}))
    assert storage.signed_url("uploads/1", 60).startswith(f"https://{PRIVATE}.s3.{REGION}.amazonaws.com/uploads/1?")
    assert (
        storage.signed_upload("uploads/1", "image/webp", 9, 60).url == f"https://{PRIVATE}.s3.{REGION}.amazonaws.com/"
    )


def test_a_storage_that_is_away_or_shut_is_unavailable(on_s3: Config) -> None:
    away = open_storage(on_s3.model_copy(update={"aws_endpoint_url": "http://127.0.0.1:9"}))
    shut = open_storage(on_s3.model_copy(update={"s3_bucket": "of-nobody"}))
    began = time.monotonic()
    for storage in (away, shut):
        with pytest.raises(Unavailable) as refused:
            storage.get(KEY)
        assert refused.value.__cause__ is not None
        with pytest.raises(Unavailable):
            storage.ping()
    assert time.monotonic() - began < 5


def test_a_shop_without_a_storage_does_not_start(config: Config) -> None:
    with pytest.raises(ConfigInvalid, match="S3_BUCKET"):
        open_storage(config.model_copy(update={"media_folder": None}))


def test_the_shop_serves_public_files_of_its_folder(client: FlaskClient, shop: Shop) -> None:
    shop.storage.put(KEY, PICTURE, "image/webp")
    answer = client.get(f"/media/{KEY}")
    assert (answer.data, answer.content_type) == (PICTURE, "image/webp")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = client.get(f"/media/{KEY}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    part = client.get(f"/media/{KEY}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"RIFF")


@pytest.mark.parametrize("path", ["/media/", *(f"/media/{key}" for key in HOSTILE if key and "\n" not in key)])
def test_the_shop_serves_nothing_else_of_the_machine(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in {301, 308, 404}


def test_a_private_file_is_not_served_without_its_signature_or_after_its_time(
    client: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.storage.put("uploads/1/face.webp", PICTURE, "image/webp")
    shop.storage.put("uploads/2/face.webp", PICTURE, "image/webp")
    address = shop.storage.signed_url("uploads/1/face.webp", 60)
    assert client.get(address).data == PICTURE
    unsigned = "/media/uploads/1/face.webp"
    for forged in (unsigned, address.replace("/1/", "/2/"), address[:-1], f"{address}%00",
                   address.replace("expires=", "expires=9"), f"{unsigned}?expires=x&signature=ü"):  # fmt: skip
        assert client.get(forged).status_code == 404
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get(address).status_code == 404


def test_a_browser_sends_a_file_as_it_was_agreed_and_not_otherwise(client: FlaskClient, shop: Shop) -> None:
    agreed = dict(shop.storage.signed_upload("uploads/3/face.webp", "image/webp", len(PICTURE), 60).fields)

    def send(body: bytes, **changes: str) -> int:
        return client.post("/media", data={**agreed, **changes, "file": (BytesIO(body), "x")}).status_code

    assert send(PICTURE + b".") == 422
    assert send(b"") == 422
    assert send(PICTURE, key="uploads/4/face.webp") == 422
    assert send(PICTURE, key="products/plain-mug/1.webp") == 422
    assert send(PICTURE, **{"Content-Type": "text/html"}) == 422
    assert send(PICTURE, max_bytes="100000") == 422
    assert send(PICTURE, expires="x") == 422
    assert not shop.storage.exists("uploads/3/face.webp")
    assert send(PICTURE) == 204
    assert shop.storage.get("uploads/3/face.webp") == PICTURE


def policy_of(policy: str) -> object:
    """The conditions of a signed POST, without those of the signature itself."""
    conditions = json.loads(base64.b64decode(policy))["conditions"]
    return [it for it in conditions if not (isinstance(it, dict) and next(iter(it)).startswith("x-amz-"))]
