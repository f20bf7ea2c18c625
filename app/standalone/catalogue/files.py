"""The files of an article: its pictures in two sizes, and its model with a poster where it has one."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from standalone.catalogue.assortment import Article
from standalone.catalogue.models import glb
from standalone.catalogue.studio.camera import PIXELS
from standalone.catalogue.studio.studio import Studio

SMALL = 400
QUALITY = 90
EFFORT = 2  # of WebP's 0 to 6: a smaller file costs more time
WEBP, GLB = "image/webp", "model/gltf-binary"


@dataclass(frozen=True, slots=True)
class File:
    """Something for the storage."""

    key: str
    body: bytes
    content_type: str


def picture_key(slug: str, number: int) -> str:
    """Return the key of a product's picture, counted from 1. Pure."""
    return f"products/{slug}/{number}.webp"


def files_of(article: Article) -> tuple[File, ...]:
    """Draw an article and return its files. The same article gives the same bytes, on one kind of machine."""
    parts = article.form.made(article.look)
    studio = Studio(parts, article.form.place)
    files: list[File] = []
    for number, shot in enumerate(article.shots, start=1):
        large, small = _encoded(studio.picture(shot.view))
        files.append(File(picture_key(article.slug, number), large, WEBP))
        files.append(File(f"products/{article.slug}/{number}-{SMALL}.webp", small, WEBP))
    if article.has_model:
        files.append(File(f"models/{article.slug}/poster.webp", files[0].body, WEBP))
        files.append(File(f"models/{article.slug}/model.glb", glb(parts, article.name), GLB))
    return tuple(files)


def _encoded(pixels: NDArray[np.uint8]) -> tuple[bytes, bytes]:
    large = Image.fromarray(pixels)
    small = large.reduce(PIXELS // SMALL)
    return _webp(large), _webp(small)


def _webp(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return file.getvalue()
