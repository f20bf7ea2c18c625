"""The pictures of the shop in docs/pictures, taken of one that is open: ``python -m app_support.postcards URL``."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize

from app_support.browser import Look, Visit, chromium, visiting

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LIGHT = Look("desktop", "light")
SIZE = ViewportSize(width=1280, height=800)
MODEL = "calla-mushroom-lamp"
QUALITY = 86
ALL_SEEN = """() => [...document.images].every(
  (image) => image.getBoundingClientRect().top > innerHeight || (image.complete && image.naturalWidth > 0)
)"""


def main(url: str) -> None:
    """Take the pictures of the shop at the address."""
    with chromium() as browser, visiting(browser, url, LIGHT) as visit:
        visit.page.set_viewport_size(SIZE)
        visit.page.goto("/", wait_until="networkidle")
        visit.page.wait_for_function(ALL_SEEN)
        keep(visit, "shop")
        visit.page.goto(f"/products/{MODEL}", wait_until="networkidle")
        visit.page.get_by_role("link", name="View in 3D").click()
        visit.page.locator(".viewer.is-live").wait_for()
        visit.page.evaluate("scrollTo(0, 0)")
        visit.page.wait_for_timeout(1_000)  # the poster fades
        keep(visit, "product")


def keep(visit: Visit, name: str) -> None:
    """Keep what is on the screen."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Image.open(BytesIO(visit.page.screenshot())) as picture:
        picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main(sys.argv[1])
