"""Shoppers turn a product around: its model is really drawn, within the policy, from this host alone."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Route, expect
from sqlalchemy import update

from app_support import models
from app_support.browser import ARTEFACTS, PHONE, Visit, chromium, serving, visiting
from app_support.identity import PASSWORD, has_account
from app_support.pictures import hang_pictures
from shop.accounts.people import Role
from shop.catalogue.models import Product
from shop.config import Config
from shop.models3d.service import GLB, State, model_key, poster_key
from shop.shop import Shop
from shop.storage import FolderStorage
from shop.uploads.picture import look_at
from shop.uploads.promise import Purpose
from shop.web.headers import VIEWER_STYLE
from shop.worker import Worker

CUP = models.cup(texture_side=256)
DRAWN_MS = 60_000  # a software renderer on a busy machine
VIEWERS_FILES = ("model-viewer", "meshopt-decoder", "viewer", ".glb")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(shop: Shop, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a shop where the plain mug has a compressed model, and the tall one the same as uploaded."""
    hang_pictures(shop)
    shop.models.process(shop.models.submit("plain-mug", shop.uploads.keep(CUP, Purpose.MODEL), "x"))
    shop.models.set_poster("plain-mug", shop.uploads.keep(models.picture("PNG"), Purpose.POSTER))
    shop.storage.put(model_key("tall-mug"), CUP, GLB)
    shop.storage.put(poster_key("tall-mug"), models.picture("WEBP"), "image/webp")
    with shop.database.write() as session:
        session.execute(update(Product).where(Product.slug == "tall-mug").values(has_model=True))
    shop.catalogue.has_changed()
    with serving(config, tmp_path_factory.mktemp("payments")) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a page asked for: the paths of the shop's own files, and whatever it wanted from elsewhere."""

    own: list[str]
    foreign: list[str]


def watched(page: Page, url: str) -> Traffic:
    """Write down what the page asks for, and let nothing reach another host."""
    traffic = Traffic([], [])

    def pass_on(route: Route) -> None:
        asked = route.request.url
        if asked.startswith(url):
            traffic.own.append(urlsplit(asked).path)
            route.continue_()
        else:
            traffic.foreign.append(asked)
            route.abort()

    page.route("**/*", pass_on)
    return traffic


@contextmanager
def shopping(browser: Browser, url: str, *, has_script: bool = True) -> Iterator[Visit]:
    """Open a tab on a phone, for somebody with the patience that a software renderer needs."""
    with visiting(browser, url, PHONE, has_script=has_script) as visit:
        visit.page.set_default_timeout(DRAWN_MS)
        yield visit


def shown(visit: Visit, slug: str, name: str) -> NDArray[np.int16]:
    """Ask for the model, wait until it is drawn, keep a picture of it, and return the pixels of its frame."""
    page = visit.page
    page.goto(f"/products/{slug}")
    page.get_by_role("button", name="View in 3D").click()
    frame = page.locator(".viewer.is-live")
    frame.wait_for()
    page.wait_for_timeout(500)  # the poster fades
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return pixels(frame.locator("model-viewer").screenshot(path=ARTEFACTS / f"viewer-{name}.png"))


def seen_from(page: Page) -> float:
    """The angle that the model is seen from."""
    return float(page.evaluate("document.querySelector('model-viewer').getCameraOrbit().theta"))


def pixels(png: bytes) -> NDArray[np.int16]:
    """The colours of a picture."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int16)


def cup_share(picture: NDArray[np.int16]) -> float:
    """How much of the picture has the colour of the cup: much more red than green and blue."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return float(((red - green > 60) & (red - blue > 60)).mean())


def test_a_model_is_drawn_within_the_policy_and_from_this_host_alone_and_compressed_as_before(
    browser: Browser, url: str
) -> None:
    with shopping(browser, url) as visit:
        traffic = watched(visit.page, url)
        picture = shown(visit, "plain-mug", "compressed")
        assert cup_share(picture) > 0.05
        assert cup_share(picture[:20]) == cup_share(picture[:, :20]) == 0  # it stands free, all around
        is_other = np.abs(picture - picture[-4, 4]).max(axis=-1) > 40
        assert is_other.mean() > 0.05  # than the background
        uncompressed = shown(visit, "tall-mug", "as-uploaded")
        assert traffic.foreign == []
        assert visit.complaints == []
    assert abs(cup_share(picture) - cup_share(uncompressed)) < 0.01
    assert np.abs(picture - uncompressed).mean() < 2  # of 255


def test_nothing_of_the_viewer_is_loaded_until_it_is_asked_for(browser: Browser, url: str) -> None:
    with shopping(browser, url) as visit:
        traffic = watched(visit.page, url)
        visit.page.goto("/products/plain-mug")
        visit.page.get_by_role("button", name="View in 3D").scroll_into_view_if_needed()
        visit.page.wait_for_load_state("networkidle")
        assert [path for path in traffic.own if "vendor/" in path or path.endswith(".glb")] == []
        assert any(path.endswith("poster.webp") for path in traffic.own)
        traffic.own.clear()
        visit.page.goto("/products/desk-lamp")
        visit.page.wait_for_load_state("networkidle")
        assert [path for path in traffic.own if any(part in path for part in VIEWERS_FILES)] == []


def test_the_viewer_is_asked_for_and_turned_by_keyboard_and_has_a_name(browser: Browser, url: str) -> None:
    with shopping(browser, url) as visit:
        page = visit.page
        page.goto("/products/plain-mug")
        page.get_by_role("button", name="View in 3D").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".viewer-status")).to_contain_text("arrow keys", timeout=DRAWN_MS)
        expect(page.get_by_role("img", name="Plain mug in 3D")).to_be_focused(timeout=DRAWN_MS)
        before = seen_from(page)
        page.keyboard.press("ArrowRight")
        until = time.monotonic() + DRAWN_MS / 1000
        while seen_from(page) == before and time.monotonic() < until:
            page.wait_for_timeout(100)
        assert seen_from(page) != before
        assert visit.barriers() == []


def test_without_script_there_is_a_picture(browser: Browser, url: str) -> None:
    with shopping(browser, url, has_script=False) as visit:
        visit.page.goto("/products/plain-mug")
        expect(visit.page.locator(".viewer img")).to_be_visible(timeout=DRAWN_MS)
        expect(visit.page.locator(".viewer button")).to_be_hidden(timeout=DRAWN_MS)


def test_a_model_that_does_not_come_leaves_the_picture_and_can_be_asked_for_again(browser: Browser, url: str) -> None:
    with shopping(browser, url) as visit:
        page = visit.page
        page.route("**/*.glb", lambda route: route.abort())
        page.goto("/products/plain-mug")
        page.get_by_role("link", name="View in 3D").click()  # the small picture asks for it as well
        expect(page.locator(".viewer-status")).to_contain_text("can’t be shown", timeout=DRAWN_MS)
        expect(page.locator(".viewer img")).to_be_visible(timeout=DRAWN_MS)
        page.unroute("**/*.glb")
        page.get_by_role("button", name="View in 3D").click()
        page.locator(".viewer.is-live").wait_for()


def test_the_policy_allows_the_viewer_one_style_sheet_and_no_other(browser: Browser, url: str) -> None:
    def without_digest(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"].replace(VIEWER_STYLE, "")
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    with shopping(browser, url) as visit:
        visit.page.route("**/products/plain-mug", without_digest)
        assert cup_share(shown(visit, "plain-mug", "without-style")) == 0  # and without it nothing is seen
        told = [text for text in visit.complaints if "style-src" in text]
        assert len(told) == 1
        assert VIEWER_STYLE in told[0]  # the browser itself says which digest is missing


def test_a_merchant_uploads_a_model_reads_what_is_wrong_and_draws_its_poster(
    browser: Browser, url: str, shop: Shop
) -> None:
    has_account(shop, "merchant@example.org", Role.CATALOGUE)
    with shopping(browser, url) as visit:
        page = visit.page
        page.goto("/sign-in")
        page.get_by_label("E-mail", exact=True).fill("merchant@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("/account")
        media = "/admin/products/glass-cup/media"
        page.goto(media)
        for body in (models.with_nan(), CUP):
            page.get_by_label("A new version").set_input_files(
                FilePayload(name="cup.glb", mimeType="model/gltf-binary", buffer=body)
            )
            page.get_by_role("button", name="Upload the model").click()
            page.wait_for_url(f"{media}?done=1")
            page.goto(media)
        Worker(shop).deliver()
        assert {version.state for version in shop.models.versions("glass-cup")} == {State.READY, State.REFUSED}
        page.goto(media)
        expect(page.get_by_text("Accessor element at index 6 is NaN")).to_be_visible(timeout=DRAWN_MS)
        assert visit.faults("admin-media") == []

        picture = FilePayload(name="cup.png", mimeType="image/png", buffer=models.picture("PNG"))
        page.get_by_label("Another picture").set_input_files(picture)
        page.locator("[data-upload=picture]").get_by_label("What it shows").fill("The cup on a table")
        page.get_by_role("button", name="Add the picture").click()
        page.wait_for_url(f"{media}?done=1")
        page.goto(media)
        expect(page.get_by_role("img", name="The cup on a table")).to_be_visible(timeout=DRAWN_MS)

        before = shop.storage.get(poster_key("glass-cup"))
        page.get_by_role("button", name="View in 3D").click()
        page.locator(".viewer.is-live").wait_for()
        page.get_by_role("button", name="Use the view above").click()
        page.wait_for_url(f"{media}?done=1")
        poster = shop.storage.get(poster_key("glass-cup"))
        assert poster is not None
        assert poster != before
        assert cup_share(pixels(poster)) > 0.05
        assert visit.complaints == []
    assert isinstance(shop.storage, FolderStorage)
    key = shop.pictures.of_product("glass-cup").pictures[-1].key
    stored = look_at(shop.storage.get(key) or b"")
    assert stored is not None
    assert (stored.kind, stored.width) == ("image/webp", 320)
