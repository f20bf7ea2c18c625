"""The camera: where it stands, what it sees, and the backdrop that it always sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from standalone.catalogue.forms import View
from standalone.catalogue.studio import light
from standalone.catalogue.studio.rays import Floats, Ints
from standalone.catalogue.surfaces import linear, rgb

PIXELS = 800
BLOCK = 16  # pixels on a side, of the blocks that are looked at or passed over as a whole
BLOCKS = PIXELS // BLOCK
HALF_ANGLE = float(np.tan(np.radians(10.5)))  # half of what the lens sees: a portrait lens
FILL = 0.75  # of the frame, by a whole piece
BACKDROP = ("#efebe4", "#ddd6cb")  # in the middle and in the corners


@dataclass(frozen=True, slots=True)
class Camera:
    """Where it is, and its directions: to the right, up, and forward."""

    place: Floats
    right: Floats
    up: Floats
    forward: Floats

    def rays(self, pixels: Ints, x: float = 0.5, y: float = 0.5) -> Floats:
        """Return the directions of rays through pixels, counted row by row, at a place within each of them."""
        row, column = (part.astype(np.float32) for part in np.divmod(pixels.astype(np.int32), np.int32(PIXELS)))
        across = (column + x) * (2 * HALF_ANGLE / PIXELS) - HALF_ANGLE
        over = HALF_ANGLE - (row + y) * (2 * HALF_ANGLE / PIXELS)
        ways = self.forward + across[:, None] * self.right + over[:, None] * self.up
        return np.asarray(ways / np.sqrt(np.einsum("ij,ij->i", ways, ways))[:, None], np.float32)

    def covered(self, points: Floats, corners: Ints) -> Ints:
        """Return the pixels that triangles may be in, counted row by row: those of the blocks round each of them."""
        away = points - self.place
        depth = (away @ self.forward) * HALF_ANGLE
        shown = np.stack([1 + (away @ self.right) / depth, 1 - (away @ self.up) / depth], axis=1) / 2 * PIXELS
        places = shown[corners]
        low = np.clip((places.min(axis=1) - 1) // BLOCK, 0, BLOCKS).astype(np.int64)
        high = np.clip((places.max(axis=1) + 2) // BLOCK + 1, 0, BLOCKS).astype(np.int64)
        # Each triangle's blocks are a rectangle; the sums over marks at the corners of all of them fill them.
        marks = np.zeros((BLOCKS + 1, BLOCKS + 1), np.int64)
        for x, y, mark in ((low, low, 1), (high, low, -1), (low, high, -1), (high, high, 1)):
            np.add.at(marks, (y[:, 1], x[:, 0]), mark)
        blocks = marks.cumsum(axis=0).cumsum(axis=1)[:BLOCKS, :BLOCKS] > 0
        return np.flatnonzero(blocks.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1))


def aimed(points: Floats, view: View) -> Camera:
    """Return a camera that has the whole of the points in its picture, or a part of them from as near as wanted."""
    forward = -light.direction(view.round, view.above)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    low, high = points.min(axis=0), points.max(axis=0)
    aim, far = (low + high) / 2, float(np.ptp(points, axis=0).max()) * 4
    for _ in range(4):  # each time nearer to the middle and to the right distance
        away = points - aim
        depth = far + away @ forward
        x, y = away @ right / depth, away @ up / depth
        aim = aim + far * ((x.min() + x.max()) / 2 * right + (y.min() + y.max()) / 2 * up)
        far *= max(np.ptp(x), np.ptp(y)) / 2 / (HALF_ANGLE * FILL)
    if view.zoom != 1.0:
        across, over, deep = view.at
        aim = (low + high) / 2 + (high - low) / 2 * np.array([across, over * 2 - 1, deep])
    place = aim - forward * far / view.zoom
    return Camera(*(np.asarray(value, np.float32) for value in (place, right, up, forward)))


@cache
def backdrop() -> Floats:
    """Return the light of the empty backdrop: bright round the middle, a little darker in the corners."""
    y, x = np.mgrid[0:PIXELS, 0:PIXELS].astype(np.float32) / PIXELS - 0.5
    share = np.clip((x / 0.72) ** 2 + ((y + 0.06) / 0.78) ** 2, 0, 1)[..., None] ** 1.2
    middle, corner = (linear(rgb(shade)) for shade in BACKDROP)
    return np.asarray(middle + share * (corner - middle), np.float32)


def developed(image: Floats) -> NDArray[np.uint8]:
    """Return light as sRGB pixels. Pure."""
    curve = _curve()
    return curve[(np.clip(image, 0, 1) * (len(curve) - 1) + 0.5).astype(np.int32)]


@cache
def _curve() -> NDArray[np.uint8]:
    value = np.linspace(0, 1, 8192)
    shown = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    return (shown * 255 + 0.5).astype(np.uint8)
