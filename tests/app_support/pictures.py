"""Plain pictures for the few products of the tests, in the two sizes that pages ask for."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw
from sqlalchemy import select

from shop.catalogue.models import ProductImage
from shop.shop import Shop

COLOURS = ("#c9d6cf", "#e0d3c2", "#cfd3e0", "#e0cfcf", "#d8dcc6")


def hang_pictures(shop: Shop) -> None:
    """Put a picture under every key that the catalogue names: 800 pixels wide, and 400."""
    with shop.database.read() as connection:
        keys = connection.execute(select(ProductImage.key)).scalars().all()
    for number, key in enumerate(keys):
        picture = drawn(COLOURS[number % len(COLOURS)])
        shop.storage.put(key, webp(picture), "image/webp")
        shop.storage.put(key.replace(".webp", "-400.webp"), webp(picture.resize((400, 400))), "image/webp")


def drawn(colour: str) -> Image.Image:
    """Return a pot on a table."""
    picture = Image.new("RGB", (800, 800), colour)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 600, 800, 800), fill="#efece6")
    pen.ellipse((260, 280, 540, 660), fill="#5a6f66")
    pen.rectangle((340, 220, 460, 330), fill="#5a6f66")
    return picture


def webp(picture: Image.Image) -> bytes:
    """Return the picture as a file."""
    file = BytesIO()
    picture.save(file, "WEBP", quality=80)
    return file.getvalue()
