"""Files from outside are bounded, looked at, drawn anew, and shown as pictures or not at all."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import time
from pathlib import Path

import boto3
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image

from app_support import models
from app_support.identity import PASSWORD, has_account, sign_in, signed_in
from shop.accounts.people import Role
from shop.accounts.seal import Seal
from shop.aws import Door
from shop.problems import Invalid, Unavailable
from shop.shop import Shop
from shop.storage import S3Storage
from shop.uploads.picture import Kind, Picture, look_at
from shop.uploads.pictures import drawn_anew
from shop.uploads.promise import MAX_BYTES, Purpose, Uploads
from shop.web.headers import policy

PNG = models.picture("PNG")
SCRIPT = b"<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("body", "picture"),
    [
        (PNG, Picture(Kind.PNG, 320, 240)),
        (models.picture("JPEG", 33, 77), Picture(Kind.JPEG, 33, 77)),
        (
            models.picture("JPEG", 500, 20, progressive=True, exif=b"Exif\0\0" + bytes(9000)),
            Picture(Kind.JPEG, 500, 20),
        ),
        (models.picture("WEBP", 120, 90), Picture(Kind.WEBP, 120, 90)),
        (models.picture("WEBP", 121, 91, lossless=True), Picture(Kind.WEBP, 121, 91)),
        (models.picture("WEBP", 50, 60, exif=b"Exif\0\0II*\0"), Picture(Kind.WEBP, 50, 60)),
        (models.picture("GIF"), None),
        (models.picture("BMP"), None),
        (models.picture("TIFF"), None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<?xml version='1.0'?><svg/>", None),
        (SCRIPT, None),
        (b"", None),
        (PNG[:20], None),
        (models.picture("JPEG")[:20], None),
        (models.picture("WEBP")[:22], None),
        (models.png_claiming(0, 100), None),
        (b"\xff\xd8\xff" + b"\xff" * 1000, None),
        (b"\xff\xd8\xff\xe0\x00\x00" * 50, None),
    ],
    ids=itertools.count(),
)
def test_a_picture_is_told_by_its_bytes(body: bytes, picture: Picture | None) -> None:
    assert look_at(body) == picture


def test_a_picture_is_drawn_anew_upright_smaller_and_without_what_it_carried() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "at home, 48.2082 N"
    body = models.picture("JPEG", 1600, 900, exif=exif.tobytes()) + b"PK\x03\x04" + SCRIPT
    large, small = drawn_anew(body, 800, 400)
    assert look_at(large) == Picture(Kind.WEBP, 450, 800)
    assert look_at(small) == Picture(Kind.WEBP, 225, 400)
    assert b"at home" in body
    for made in (large, small):
        assert b"at home" not in made
        assert SCRIPT not in made
        assert not Image.open(io.BytesIO(made)).getexif()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<svg/>", "choose a PNG, JPEG or WebP picture"),
        (SCRIPT + PNG, "choose a PNG, JPEG or WebP picture"),
        (b"GIF89a" + SCRIPT, "choose a PNG, JPEG or WebP picture"),
        (models.png_claiming(30_000, 30_000), "it has 30,000 × 30,000 pixels; each side may have 64 to 8,192"),
        (models.picture("PNG", 20, 200), "it has 20 × 200 pixels"),
        (models.png_claiming(8_000, 8_000), "damaged"),
        (models.noise_picture(100)[:5_000], "damaged"),
        (models.picture("WEBP")[:200], "damaged"),
    ],
    ids=["svg", "script first", "gif", "endless", "narrow", "bomb", "cut PNG", "cut WebP"],
)
def test_what_is_no_fit_picture_is_refused_with_the_reason(body: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        drawn_anew(body, 800)
    assert words in refused.value.detail
    assert refused.value.errors[0].startswith("file: ")


@pytest.fixture(scope="module")
def people(app: APIFlask, shop: Shop) -> dict[str, FlaskClient]:
    """Browsers of people who have signed in."""
    has_account(shop, "other@shop.test")
    other = app.test_client()
    sign_in(other, "other@shop.test")
    return {
        "shopper": signed_in(app, "shopper@shop.test"),
        "merchant": signed_in(app, "merchant@shop.test", Role.CATALOGUE),
        "clerk": signed_in(app, "clerk@shop.test", Role.ORDERS),
        "other": other,
    }


def sent(browser: FlaskClient, body: bytes, purpose: str = "portrait") -> str:
    """Send a file as the page's script does, and return the token of the promise."""
    promised = browser.post("/api/uploads", json={"purpose": purpose}).get_json()
    answer = browser.post(
        promised["url"],
        data={**promised["fields"], "file": (io.BytesIO(body), "x")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 204, answer.text
    return str(promised["token"])


def shown(browser: FlaskClient) -> str:
    """The address of the picture on the account's page."""
    found = re.search(r'class="portrait" src="([^"]+)"', browser.get("/account/picture").text)
    assert found is not None
    return found[1]


def test_a_portrait_sent_past_the_application_is_shown_under_a_name_that_says_nothing(
    people: dict[str, FlaskClient], shop: Shop
) -> None:
    browser = people["shopper"]
    token = sent(browser, PNG)
    assert browser.post("/account/picture", data={"token": token}).status_code == 303
    address = shown(browser)
    assert re.fullmatch(r"/media/people/[0-9a-z]{26}\.webp", address)
    picture = browser.get(address)
    assert picture.content_type == "image/webp"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert look_at(picture.data) == Picture(Kind.WEBP, 320, 240)
    uploaded = f"uploads/portrait/{address[-31:-5].upper()}"
    assert shop.storage.get(uploaded) is None  # what was sent is gone
    assert browser.post("/account/picture", data={"token": token}).status_code == 422  # and the promise is used up
    assert browser.post("/account/picture", data={"token": sent(browser, models.picture("JPEG"))}).status_code == 303
    assert browser.get(address).status_code == 404  # the old one is not kept
    assert browser.post("/account/picture/remove").status_code == 303
    assert "portrait" not in re.sub(r"data-upload=\S+", "", browser.get("/account/picture").text)


def test_without_script_the_picture_goes_with_the_form(people: dict[str, FlaskClient]) -> None:
    browser = people["other"]
    form = {"file": (io.BytesIO(PNG), "../../../etc/cron.d/../me.php\x00.png", "text/html")}
    assert browser.post("/account/picture", data=form, content_type="multipart/form-data").status_code == 303
    assert re.fullmatch(r"/media/people/[0-9a-z]{26}\.webp", shown(browser))


@pytest.mark.parametrize(
    "body", [b"<svg onload='alert(1)'/>", SCRIPT, b"", PNG[:100]], ids=["svg", "script", "empty", "cut"]
)
def test_a_form_with_a_bad_picture_is_shown_again_with_the_reason(people: dict[str, FlaskClient], body: bytes) -> None:
    form = {"file": (io.BytesIO(body), "me.png", "image/png")}
    answer = people["shopper"].post("/account/picture", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text


def test_a_picture_of_a_product_is_shown_in_two_sizes_with_its_words(
    people: dict[str, FlaskClient], shop: Shop
) -> None:
    browser, media = people["merchant"], "/admin/products/desk-lamp/media"
    token = sent(browser, models.picture("JPEG", 1200, 1200), "picture")
    assert "alt-error" in browser.post(f"{media}/pictures", data={"token": token, "alt": " "}).text
    form = {"token": token, "alt": 'The lamp, "on" <at> night'}
    assert browser.post(f"{media}/pictures", data=form).status_code == 303
    picture = shop.pictures.of_product("desk-lamp").pictures[-1]
    assert picture.alt == form["alt"]
    assert re.fullmatch(r"products/desk-lamp/[0-9a-z]{26}\.webp", picture.key)
    assert look_at(shop.storage.get(picture.key) or b"") == Picture(Kind.WEBP, 800, 800)
    assert look_at(shop.storage.get(picture.key[:-5] + "-400.webp") or b"") == Picture(Kind.WEBP, 400, 400)
    assert "&lt;at&gt;" in browser.get(media).text
    assert browser.post(f"{media}/pictures/remove", data={"key": picture.key}).status_code == 303
    assert shop.storage.get(picture.key) is None
    assert browser.post(f"{media}/pictures/remove", data={"key": picture.key}).status_code == 404
    assert browser.post(f"{media}/pictures/remove", data={"key": "products/plain-mug/1.webp"}).status_code == 404


def test_the_same_arrival_is_shown_once(shop: Shop) -> None:
    arrival = shop.uploads.keep(PNG, Purpose.PICTURE)
    keys = {shop.pictures.add_to_product("paper-lamp", arrival, "A lamp") for _ in range(2)}
    assert [picture.key for picture in shop.pictures.of_product("paper-lamp").pictures].count(keys.pop()) == 1
    assert keys == set()


@pytest.mark.parametrize(
    ("who", "purpose", "status"),
    [("shopper", "portrait", 200), ("merchant", "model", 200), ("shopper", "model", 403), ("clerk", "picture", 403),
     ("shopper", "poster", 403), ("shopper", "secret", 422)],
)  # fmt: skip
def test_only_who_may_use_a_file_is_promised_a_place_for_it(
    people: dict[str, FlaskClient], who: str, purpose: str, status: int
) -> None:
    answer = people[who].post("/api/uploads", json={"purpose": purpose})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("path", ["", "/pictures", "/pictures/remove", "/model", "/poster"])
@pytest.mark.parametrize(("who", "status"), [("shopper", 404), ("clerk", 403), (None, 401)])
def test_only_who_looks_after_the_catalogue_changes_it(
    app: APIFlask, people: dict[str, FlaskClient], who: str | None, status: int, path: str
) -> None:
    browser = people[who] if who else app.test_client()
    address = f"/admin/products/plain-mug/media{path}"
    answer = browser.post(address, data={"token": "x"}) if path else browser.get(address)
    assert answer.status_code in {status, 303 if who is None else status}  # or on to the sign-in


def test_guests_are_promised_nothing(client: FlaskClient) -> None:
    assert client.post("/api/uploads", json={"purpose": "portrait"}).status_code == 401


def test_a_promise_is_for_one_person_one_purpose_and_one_hour(people: dict[str, FlaskClient], shop: Shop) -> None:
    token = sent(people["shopper"], PNG)
    merchants = sent(people["merchant"], PNG, "picture")
    for browser, wrong in (
        (people["other"], token),
        (people["shopper"], token[:-1]),
        (people["shopper"], token.replace("portrait", "model")),
        (people["merchant"], merchants),
        (people["shopper"], "x"),
        (people["shopper"], '{"id":"../../secret","purpose":"portrait","by":"","expires":9999999999}.x'),
    ):
        assert browser.post("/account/picture", data={"token": wrong}).status_code == 422
    seal = Seal(shop.config.secret_key.get_secret_value().encode(), "upload")
    owner = shop.accounts.by_password("shopper@shop.test", PASSWORD)
    with pytest.raises(Invalid, match="time is over"):
        Uploads(shop.storage, seal, lambda: time.time() + 3601).collect(token, Purpose.PORTRAIT, owner)
    nothing = people["shopper"].post("/api/uploads", json={"purpose": "portrait"}).get_json()["token"]
    answer = people["shopper"].post("/account/picture", data={"token": nothing})
    assert "did not arrive" in answer.text or answer.status_code == 422
    assert people["shopper"].post("/account/picture", data={"token": token}).status_code == 303


def test_a_file_beyond_its_bound_is_refused_wherever_it_comes_in(people: dict[str, FlaskClient], shop: Shop) -> None:
    limit = MAX_BYTES[Purpose.PORTRAIT]
    form = {"file": (io.BytesIO(PNG + bytes(limit)), "me.png")}
    answer = people["shopper"].post("/account/picture", data=form, content_type="multipart/form-data")
    assert answer.status_code in {413, 422}
    with pytest.raises(AssertionError, match=r"422|413"):
        sent(people["shopper"], PNG + bytes(limit))
    with pytest.raises(Invalid, match=r"10\.0 MB"):
        shop.uploads.keep(bytes(limit + 1), Purpose.PORTRAIT)


def test_what_was_uploaded_is_seen_by_nobody_before_it_was_looked_at(
    people: dict[str, FlaskClient], shop: Shop
) -> None:
    arrival = shop.uploads.keep(SCRIPT, Purpose.PORTRAIT)
    assert people["shopper"].get(f"/media/{arrival.key}").status_code == 404
    for path in ("people/../uploads/portrait/x", "..%2f..%2fsecret-key", "people/%2e%2e/%2e%2e/secret-key"):
        assert people["shopper"].get(f"/media/{path}").status_code == 404


def test_a_machine_without_node_says_that_it_takes_no_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shop.models3d.node.MODULES", tmp_path / "none")
    with pytest.raises(Unavailable, match="make setup"):
        drawn_anew(PNG, 800)


def test_a_page_may_send_files_to_the_bucket_and_nowhere_else(shop: Shop, people: dict[str, FlaskClient]) -> None:
    own = people["shopper"].get("/account/picture").headers["Content-Security-Policy"]
    assert "connect-src 'self' blob:;" in own
    session = boto3.Session("AKIAEXAMPLE", "opens nothing", region_name="eu-west-1")
    uploads = Uploads(S3Storage("media", "uploads", None, Door(lambda: session.client("s3"))), Seal(b"key", "upload"))
    assert re.fullmatch(r"https://uploads\.s3\.(eu-west-1\.)?amazonaws\.com", uploads.origin())
    assert f"connect-src 'self' blob: {uploads.origin()};" in policy(shop.config, uploads.origin())
    promised = uploads.promise(Purpose.MODEL, "somebody").upload
    assert promised.url.startswith(uploads.origin())
    conditions = json.loads(base64.b64decode(promised.fields["policy"]))["conditions"]
    assert ["content-length-range", 1, MAX_BYTES[Purpose.MODEL]] in conditions
