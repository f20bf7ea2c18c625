"""The light of the studio: what shines from where, in samples for what is lit and in maps for what reflects.

A large softbox stands to the left of the camera, a narrow one behind the right shoulder of the piece, a soft ceiling
above; the floor throws warm light back. Directions point away from the piece; y is up, the camera stands towards +z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

WARM = np.array([1.0, 0.975, 0.945])
FLOOR = np.array([0.80, 0.765, 0.725])
ROUGHNESSES = (0.02, 0.12, 0.25, 0.4, 0.6, 0.85)
ROWS, COLUMNS = 192, 384  # of the maps: about a degree for each place
BLURRED = 6  # times coarser are maps of rough surfaces drawn


@dataclass(frozen=True, slots=True)
class Softbox:
    """A lit rectangle: where it hangs (degrees), how far it reaches to its sides and up, and how bright it is."""

    round: float
    above: float
    wide: float
    high: float
    power: float
    samples: tuple[int, int]

    def frame(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return its direction and the directions of its sides."""
        middle = direction(self.round, self.above)
        side = np.cross([0.0, 1.0, 0.0], middle)
        side /= np.linalg.norm(side)
        return middle, side, np.cross(middle, side)


KEY = Softbox(-62, 46, 0.46, 0.42, 9.0, (7, 6))
RIM = Softbox(124, 34, 0.22, 0.7, 5.0, (2, 3))
BOXES = (KEY, RIM)
BOUNDLESS = 64  # samples of everything that is no softbox


@dataclass(frozen=True, slots=True)
class Samples:
    """Directions, with the light that comes from each; those from ``floor_from`` on meet the floor."""

    directions: Floats
    light: Floats


def direction(around: float, above: float) -> NDArray[np.float64]:
    """Return the direction of two angles in degrees: round from +z towards +x, and above the horizon. Pure."""
    a, b = np.radians(around), np.radians(above)
    return np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])


def ambient(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what shines from a direction beside the softboxes: ceiling, walls, and the floor below. Pure."""
    up = directions[..., 1, None]
    front = directions[..., 2, None]
    ceiling = 0.5 + 0.5 * np.clip(up, 0, 1) ** 1.2 - 0.06 * np.clip(front, 0, 1) * (1 - np.clip(up, 0, 1))
    sky = ceiling * np.array([0.97, 0.985, 1.0])
    floor = 0.78 * FLOOR
    share = np.clip(up * 12 + 0.5, 0, 1)
    return np.asarray(sky * share + floor * (1 - share))


def radiance(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return all that shines from a direction, with soft edges of the softboxes. Pure."""
    total = ambient(directions)
    for one in BOXES:
        middle, side, over = one.frame()
        depth = directions @ middle
        x, y = directions @ side / np.maximum(depth, 1e-6), directions @ over / np.maximum(depth, 1e-6)
        edge = np.clip((one.wide - np.abs(x)) * 14, 0, 1) * np.clip((one.high - np.abs(y)) * 14, 0, 1)
        # A softbox is brighter in its middle.
        inside = np.where(depth > 0, edge * (1.12 - 0.35 * np.hypot(x / one.wide, y / one.high)), 0.0)
        total = total + inside[..., None] * one.power * WARM
    return total


@cache
def samples() -> Samples:
    """Return the whole light as directions and what each brings: radiance times solid angle, over pi."""
    ways, light = [], []
    for one in BOXES:
        middle, side, over = one.frame()
        across, up = one.samples
        x = ((np.arange(across) + 0.5) / across * 2 - 1) * one.wide
        y = ((np.arange(up) + 0.5) / up * 2 - 1) * one.high
        spots = middle + x[:, None, None] * side + y[None, :, None] * over
        spots = spots.reshape(-1, 3)
        far = np.linalg.norm(spots, axis=1)
        angle = 4 * one.wide * one.high / len(spots) / far**3
        ways.append(spots / far[:, None])
        light.append(one.power * angle[:, None] * WARM)
    even = fibonacci(BOUNDLESS)
    ways.append(even)
    light.append(ambient(even) * (4 * np.pi / BOUNDLESS))
    return Samples(np.vstack(ways).astype(np.float32), (np.vstack(light) / np.pi).astype(np.float32))


def fibonacci(count: int) -> NDArray[np.float64]:
    """Return directions spread evenly over the sphere. Pure."""
    i = np.arange(count) + 0.5
    y = 1 - 2 * i / count
    around = np.pi * (1 + 5**0.5) * i
    flat = np.sqrt(1 - y**2)
    return np.stack([flat * np.cos(around), y, flat * np.sin(around)], axis=1)


@cache
def reflections() -> Floats:
    """Return the light as maps, from mirror to matt: (roughness, row, column, colour), rows from zenith to nadir."""
    maps = [radiance(_sphere(ROWS, COLUMNS))]
    source = _sphere(ROWS // 4, COLUMNS // 4).reshape(-1, 3)
    light, weight = radiance(source), np.sqrt(1 - source[:, 1] ** 2)
    rows, columns = ROWS // BLURRED, COLUMNS // BLURRED
    near = _sphere(rows, columns).reshape(-1, 3) @ source.T
    for roughness in ROUGHNESSES[1:]:
        # The lobe of a rough surface, as a von Mises-Fisher distribution about the mirror's direction.
        lobe = np.exp((near - 1) * (0.5 / roughness**4 + 0.6)) * weight
        maps.append(_enlarged((lobe @ light / lobe.sum(axis=1, keepdims=True)).reshape(rows, columns, 3)))
    return np.stack(maps).astype(np.float32)


def _enlarged(field: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a map in full size. Over the poles it ends, round the sides it goes on."""
    field = np.concatenate([field[:, -2:], field, field[:, :2]], axis=1)
    size = field.shape[1] * BLURRED, ROWS
    layers = [
        Image.fromarray(layer.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
        for layer in np.moveaxis(field, -1, 0)
    ]
    return np.stack([np.asarray(layer)[:, 2 * BLURRED : -2 * BLURRED] for layer in layers], axis=-1)


def _sphere(rows: int, columns: int) -> NDArray[np.float64]:
    down = (np.arange(rows)[:, None] + 0.5) / rows * np.pi
    around = (np.arange(columns)[None, :] + 0.5) / columns * 2 * np.pi
    x, y, z = np.broadcast_arrays(np.sin(down) * np.sin(around), np.cos(down), np.sin(down) * np.cos(around))
    return np.stack([x, y, z], axis=-1)
