"""What a piece stands on or hangs at, and the shadow that it throws there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from standalone.catalogue.forms import Place
from standalone.catalogue.studio import light
from standalone.catalogue.studio.camera import HALF_ANGLE, PIXELS, Camera
from standalone.catalogue.studio.rays import Floats, Ints

FINE, COARSE = 96, 36  # cells on a side: of the map close to the piece, and of the whole
PHASES = 4  # neighbouring cells ask for different samples of the light
Seen = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane through the origin, with its normal and its two directions."""

    normal: Floats
    across: Floats
    along: Floats


PLANES = {
    Place.FLOOR: Plane(*np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)),
    Place.WALL: Plane(*np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.float32)),
}


class Ground:
    """A plane with a map of how much of the light reaches it round a piece: 1 where nothing is in the way."""

    def __init__(self, place: Place, points: Floats, seen: Seen) -> None:
        self._plane = PLANES[place]
        self._seen = seen
        across, along = points @ self._plane.across, points @ self._plane.along
        self._middle = (float(across.min() + across.max()) / 2, float(along.min() + along.max()) / 2)
        self._lift = float(np.ptp(points, axis=0).max()) * 1e-3
        near = 0.62 * max(float(np.ptp(across)), float(np.ptp(along)))
        tall = float((points @ self._plane.normal).max())
        self._reach = max(near * 3, near + tall * 1.1)
        self._map = self._drawn(max(near, self._reach / 3))

    def brightness(self, places: Floats, ways: Floats) -> Floats:
        """Return how bright the ground is where ways meet it: 1 for those that go up, or far from the piece."""
        bright = np.ones(len(ways), np.float32)
        down = np.flatnonzero(ways @ self._plane.normal < -0.02)
        far = -(places[down] @ self._plane.normal) / (ways[down] @ self._plane.normal)
        met = places[down] + ways[down] * far[:, None]
        column = self._cell(met @ self._plane.across, self._middle[0])
        row = self._cell(met @ self._plane.along, self._middle[1])
        cells = len(self._map)
        inside = (column >= 0) & (column < cells) & (row >= 0) & (row < cells)
        bright[down[inside]] = self._map[row[inside], column[inside]]
        return bright

    def shadow(self, camera: Camera) -> Floats:
        """Return by how much the ground is darker, for each pixel of a picture: 0 to -1."""
        # From a pixel to the map is a projective map of the plane; Pillow takes it as eight numbers.
        step = 2 * HALF_ANGLE / PIXELS
        corner = camera.forward - camera.right * HALF_ANGLE + camera.up * HALF_ANGLE
        ways = np.stack([camera.right * step, -camera.up * step, corner], axis=1)
        down = self._plane.normal @ ways
        height = float(camera.place @ self._plane.normal)
        lines = []
        for axis, middle in zip((self._plane.across, self._plane.along), self._middle, strict=True):
            met = (axis @ camera.place - middle) * down - height * (axis @ ways)
            lines.append((met / self._reach + down) * len(self._map) / 2)
        matrix = np.array([*lines, down], np.float64)
        numbers = (matrix / matrix[2, 2]).ravel()[:8].tolist()
        dark = Image.fromarray(self._map - 1)
        return np.asarray(
            dark.transform((PIXELS, PIXELS), Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR)
        )

    def _cell(self, place: NDArray[np.floating[Any]], middle: float) -> Ints:
        cells = len(self._map)
        return np.floor((place - middle) / self._reach * cells / 2 + cells / 2).astype(np.int64)

    def _drawn(self, inner: float) -> Floats:
        """Return the whole map: coarse, with a fine one about the piece, fading out to its borders."""
        close, wide = self._asked(inner, FINE), self._asked(self._reach, COARSE)
        cells = round(FINE * self._reach / inner)
        whole = np.array(Image.fromarray(wide).resize((cells, cells), Image.Resampling.BICUBIC))
        start = (cells - FINE) // 2
        part = whole[start : start + FINE, start : start + FINE]
        part += _ramp(FINE, 10) * (close - part)
        return np.asarray(1 + _ramp(cells, cells * 0.12) * (whole - 1), np.float32)

    def _asked(self, reach: float, cells: int) -> Floats:
        """Return how bright each cell is. Neighbours ask for different samples, and share the answers."""
        given = light.samples()
        up = given.directions @ self._plane.normal
        ways = np.flatnonzero(up > 0.03)
        weight = (given.light.sum(axis=1) * up)[ways]
        step = (np.arange(cells) + 0.5) / cells * 2 - 1
        row, column = np.divmod(np.arange(cells * cells), cells)
        places = (self._middle[0] + reach * step[column])[:, None] * self._plane.across
        places = places + (self._middle[1] + reach * step[row])[:, None] * self._plane.along
        spots = (places + self._plane.normal * self._lift).astype(np.float32)
        result = np.empty(cells * cells, np.float32)
        for phase in range(PHASES):
            mine = np.flatnonzero(row % 2 * 2 + column % 2 == phase)
            own = ways[phase::PHASES]
            share = weight[phase::PHASES] / weight[phase::PHASES].sum()
            seen = self._seen(spots[mine].repeat(len(own), 0), np.tile(given.directions[own], (len(mine), 1)))
            result[mine] = seen.reshape(len(mine), len(own)) @ share
        return _shared(result.reshape(cells, cells))


def _ramp(cells: int, soft: float) -> Floats:
    """Return a square of ones that falls to zero at its borders. Pure."""
    line = np.clip(np.minimum(np.arange(cells), np.arange(cells)[::-1]) / soft, 0, 1)
    return np.minimum(line[:, None], line[None, :]).astype(np.float32)


def _shared(field: Floats) -> Floats:
    """Return a field whose cells have taken a part of their neighbours'. Pure."""
    for axis in (0, 1):
        wide = np.concatenate([field.take([0], axis), field, field.take([-1], axis)], axis)
        length = field.shape[axis]
        before, own, after = (wide.take(range(i, i + length), axis) for i in range(3))
        field = np.asarray(0.25 * before + 0.5 * own + 0.25 * after, np.float32)
    return field
