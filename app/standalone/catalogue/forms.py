"""The words of the range: a shelf has forms, a form is drawn in a look, and what is drawn are parts."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from standalone.catalogue.finish import Finish
from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.meshes import Floats, Solid


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A solid with its surface, by the name of the finish."""

    solid: Solid
    finish: str


@dataclass(frozen=True, slots=True)
class Look:
    """What makes one piece of a form differ from the next: its finish, and a seed for its measures."""

    finish: str
    seed: str

    @property
    def surface(self) -> Finish:
        """The finish itself."""
        return FINISHES[self.finish]

    def vary(self, what: str, low: float, high: float) -> float:
        """Return a measure between two limits: the same for the same piece, always."""
        share = zlib.crc32(f"{self.seed}/{what}".encode()) / 0xFFFFFFFF
        return low + (high - low) * share


class Place(Enum):
    """Where a piece is photographed."""

    FLOOR = "floor"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class View:
    """How a camera stands: degrees round the piece and above its foot, and what part of it fills the picture."""

    round: float
    above: float
    at: tuple[float, float, float] = (0.0, 0.5, 0.0)  # -1 to 1 across, 0 to 1 up, -1 to 1 deep, within its bounds
    zoom: float = 1.0


Draw = Callable[[Look], tuple[Part, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A design that is made in several finishes. ``opens`` are the first sentences that fit it."""

    noun: str
    draw: Draw
    finishes: tuple[str, str, str, str]
    style: str
    size: str
    price: int  # whole units of the currency, of the first variant in a plain finish
    variants: tuple[tuple[str, float], ...]
    opens: tuple[str, str]
    place: Place = Place.FLOOR
    above: float = 16.0  # degrees, of the first picture
    detail: View = field(default=View(-28, 24, (0.1, 0.78, 0.3), 2.3))

    def made(self, look: Look) -> tuple[Part, ...]:
        """Return the parts of a piece, set down on the floor or hung with its back at the wall."""
        parts = self.draw(look)
        lowest = np.min([part.solid.points.min(axis=0) for part in parts], axis=0)
        x, y, z = (0.0, -lowest[1], 0.0) if self.place is Place.FLOOR else (0.0, 0.0, -lowest[2])
        return tuple(Part(part.solid.moved(x, y, z), part.finish) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A category with its designs, what its pieces are good for, and how each material is cared for there."""

    slug: str
    name: str
    forms: tuple[Form, Form, Form, Form, Form]
    uses: tuple[str, ...]
    care: Mapping[str, tuple[str, ...]]


def vessel(outer: Floats, wall: float, base: float, lift: float = 0.002) -> Floats:
    """Return the profile of a hollow vessel: foot ring, outside (from foot to rim), rounded rim, inside, floor."""
    tangent = np.gradient(outer, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    inner = outer - wall * np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    floor = outer[0, 1] + base
    # Where the outside leans out flat, as a bowl's does, its inside begins above the floor.
    inner = inner[(inner[:, 1] > floor + wall) & (inner[:, 0] > wall)]
    middle, spoke = (outer[-1] + inner[-1]) / 2, (outer[-1] - inner[-1]) / 2
    over = np.array([-spoke[1], spoke[0]])
    arc = np.linspace(0, np.pi, 8)[1:-1, None]
    rim = middle + np.cos(arc) * spoke + np.sin(arc) * over
    low = inner[0]
    bend = min(low[0] * 0.5, max(low[1] - floor, wall) * 1.6)
    turn = np.linspace(0, np.pi / 2, 7)[1:, None]
    corner = np.hstack([low[0] - bend * (1 - np.cos(turn)), low[1] - (low[1] - floor) * np.sin(turn)])
    foot, ground = outer[0, 0], outer[0, 1] - lift
    ring = min(0.012, foot * 0.25)
    under = filleted_foot(foot, ground, ring, lift)
    return np.vstack([under, outer, rim, inner[::-1], corner, [[0.0, floor]]])


def filleted_foot(radius: float, ground: float, ring: float, lift: float) -> Floats:
    """Return the underside of a vessel, from the axis to the edge of its foot. Pure."""
    inner = radius - ring
    return np.array([
        [0.0, ground + lift], [inner - lift, ground + lift], [inner, ground + lift * 0.4], [inner + lift, ground],
        [radius - lift * 1.2, ground], [radius - lift * 0.3, ground + lift * 0.3],
    ])  # fmt: skip


TABLEWARE = {
    "stoneware": (
        "It is safe in the oven, the microwave and the dishwasher.",
        "Fired at 1,240 degrees, it takes the dishwasher in its stride.",
        "Stoneware stays warm for long, and goes from oven to table.",
    ),
    "porcelain": (
        "Thin as it is, the porcelain is hard and takes the dishwasher for years.",
        "Porcelain does not take on colour or smell, whatever is served in it.",
        "It is safe in the microwave and the dishwasher.",
    ),
    "enamel": (
        "Wash it by hand or in the machine, but keep it out of the microwave.",
        "It is safe over a flame and in the dishwasher, though not in the microwave.",
    ),
    "oak": ("Wash it by hand and oil it twice a year.", "Rinse it, dry it, and let it stand on its rim overnight."),
    "walnut": ("Wash it by hand and rub it with oil now and then.", "Wipe it clean and keep it away from long baths."),
    "ash": ("Wash it by hand and oil it when it looks dry.", "Hand wash only; a drop of oil keeps it young."),
    "glass": ("Rinse it by hand, and it will stay clear.", "It is safe in the top rack of the dishwasher."),
}


def split(solid: Solid, finish: str, below: str, height: float) -> tuple[Part, Part]:
    """Return a solid as two parts: what is above a height, and what is below it."""
    is_low = solid.points[solid.corners][..., 1].max(axis=1) < height
    return Part(_some(solid, ~is_low), finish), Part(_some(solid, is_low), below)


def _some(solid: Solid, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Solid:
    used, corners = np.unique(solid.corners[chosen], return_inverse=True)
    return Solid(solid.points[used], corners.reshape(-1, 3), solid.normals[used], solid.uv[used])


def fluted(count: int, depth: float, low: float, high: float, twist: float = 0.0) -> Callable[[Floats], Floats]:
    """Return a warp that presses grooves into a turned solid between two heights, fading out at both.

    ``depth`` is a share of the radius; ``twist`` are the turns that a groove makes on its way up.
    """

    def warp(grid: Floats) -> Floats:
        x, y, z = np.moveaxis(grid, -1, 0)
        share = np.clip((y - low) / (high - low), 0, 1)
        fade = np.clip(8 * share, 0, 1) * np.clip(8 * (1 - share), 0, 1)
        wave = 0.5 - 0.5 * np.cos(count * np.arctan2(z, x) + 2 * np.pi * twist * share)
        factor = 1 - depth * fade * wave
        return np.stack([x * factor, y, z * factor], axis=-1)

    return warp


def oval(long: float, wide: float) -> Callable[[Floats], Floats]:
    """Return a warp that stretches a turned solid along x and z."""
    return lambda grid: grid * (long, 1.0, wide)
