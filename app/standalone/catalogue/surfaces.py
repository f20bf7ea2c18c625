"""Textures, drawn from noise that repeats without a seam, and how they lie on a solid."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from standalone.catalogue.finish import Finish
from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.meshes import TILE, Floats, Solid, faceted

Shade = NDArray[np.float64]  # (…, 3) sRGB, 0 to 1
PIXELS = 256
JPEG_QUALITY = 84
# How many metres a texture covers before it repeats.
REACH = {
    "mottle": TILE, "speckle": TILE, "weave": TILE / 2, "leaf": TILE, "grain": 0.3, "marble": 0.5, "strata": 0.36,
    "terrazzo": 0.22,
}  # fmt: skip
THROUGHOUT = frozenset({"grain", "marble", "strata"})  # these run through the whole body, not along its skin


def rgb(shade: str) -> Shade:
    """Return the colour of ``#rrggbb``. Pure."""
    return np.array([int(shade[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def linear(shade: Shade) -> Shade:
    """Return light for an sRGB colour. Pure. Source: IEC 61966-2-1."""
    return np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)


def laid(solid: Solid, finish: Finish) -> tuple[Solid, Floats]:
    """Return the solid as the finish's texture needs it, and the texture's coordinates at its points."""
    if finish.texture is None:
        return solid, np.zeros((len(solid.points), 2))
    reach = REACH[finish.texture]
    if finish.texture in THROUGHOUT:
        long, side, other = np.argsort(-np.ptp(solid.points, axis=0), kind="stable")
        x, y, z = solid.points[:, long], solid.points[:, side], solid.points[:, other]
        # The year rings of a board lie askew to its faces; each piece comes from another place of the trunk.
        start = 0.37 * solid.points[0, 0] + 0.61 * solid.points[0, 1] + len(solid.points) * 0.0137
        return solid, np.stack([x + 0.05 * y + start, 0.66 * y + 0.75 * z + 0.5 * start], axis=1) / reach
    if finish.texture == "terrazzo":
        solid, facing = faceted(solid)
        rows = np.arange(len(solid.points))
        return solid, solid.points[rows[:, None], np.stack([(facing + 1) % 3, (facing + 2) % 3], axis=1)] / reach
    return solid, solid.uv / reach


@cache
def texture(name: str) -> Shade:
    """Return the texture of a finish as sRGB, row by row from the top."""
    finish = FINISHES[name]
    seed = sum(name.encode())
    drawn = DRAWN[finish.texture or "mottle"](seed)
    first, second = rgb(finish.shade), rgb(finish.second)
    if drawn.ndim == 3:  # chips of several colours: shares of (second, dark, light)
        third = np.clip(first * 1.08, 0, 1)
        mixed = first + drawn[..., :1] * (second - first) + drawn[..., 1:2] * (second * 0.55 - first)
        return np.asarray(np.clip(mixed + drawn[..., 2:] * (third - first), 0, 1))
    return np.asarray(np.clip(first + drawn[..., None] * (second - first), 0, 1))


@cache
def jpeg(name: str) -> bytes:
    """Return the texture of a finish as a file."""
    file = io.BytesIO()
    pixels = (texture(name) * 255 + 0.5).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return file.getvalue()


def _noise(seed: int, fall: float, across: float = 1.0, along: float = 1.0, low: float = 1.0) -> Floats:
    """Return noise from 0 to 1 that repeats at its borders.

    The higher ``fall``, the softer it is. ``along`` and ``across`` stretch it; ``low`` leaves out longer waves.
    """
    white = np.random.default_rng(seed).standard_normal((PIXELS, PIXELS))
    waves = np.fft.fftfreq(PIXELS) * PIXELS
    rate = np.hypot(waves[:, None] * across, waves[None, :] * along)
    weight = np.where(rate < low, 0.0, 1 / np.maximum(rate, 1) ** fall)
    field = np.fft.ifft2(np.fft.fft2(white) * weight).real
    return _even(field)


def _even(field: Floats) -> Floats:
    low, high = np.quantile(field, (0.01, 0.99))
    return np.asarray(np.clip((field - low) / (high - low), 0, 1))


def _mottle(seed: int) -> Floats:
    return 0.34 * _noise(seed, 1.6, low=2) ** 1.5


def _speckle(seed: int) -> Floats:
    fine = _noise(seed + 1, 0.2, low=40)
    large = _noise(seed + 2, 0.6, low=14)
    spots = np.clip((fine - 0.93) * 14, 0, 1) * 0.7 + np.clip((large - 0.965) * 40, 0, 1) * 0.85
    return np.clip(0.1 * _noise(seed, 1.5, low=2) + spots, 0, 1)


def _grain(seed: int) -> Floats:
    v = np.arange(PIXELS)[:, None] / PIXELS
    waver = _noise(seed, 2.2, across=1.0, along=4.5)
    rings = 9 * v + 2.4 * waver
    ring = (rings % 1.0) ** 2.6  # pale wood of spring darkens towards autumn, then the next year begins
    soft = np.clip((rings % 1.0) * 12, 0, 1)
    pores = np.clip((_noise(seed + 1, 0.35, across=0.6, along=14.0, low=8) - 0.62) * 2.2, 0, 1)
    return np.clip(0.62 * ring * soft + 0.3 * pores + 0.24 * _noise(seed + 2, 1.6, along=6.0), 0, 1)


def _weave(seed: int) -> Floats:
    warp = _noise(seed, 0.55, across=0.8, along=9.0, low=6)
    weft = _noise(seed + 1, 0.55, across=9.0, along=0.8, low=6)
    return 0.5 * warp + 0.5 * weft


def _marble(seed: int) -> Floats:
    field = _noise(seed, 1.9) + 0.22 * _noise(seed + 1, 1.4)
    vein = np.exp(-(((field - 0.62) / 0.022) ** 2)) + 0.5 * np.exp(-(((field - 0.4) / 0.012) ** 2))
    cloud = _noise(seed + 2, 1.8)
    return np.clip(0.75 * vein * _noise(seed + 3, 1.7) + 0.16 * cloud, 0, 1)


def _strata(seed: int) -> Floats:
    bands = _noise(seed, 1.1, across=0.9, along=9.0)
    holes = np.clip((_noise(seed + 1, 0.7, across=1.0, along=3.0, low=10) - 0.9) * 9, 0, 1)
    return np.clip(0.55 * bands + 0.75 * holes, 0, 1)


def _terrazzo(seed: int) -> Shade:
    random = np.random.default_rng(seed)
    count = 190
    places = random.uniform(0, PIXELS, (count, 2))
    sizes = PIXELS * np.clip(random.exponential(0.013, count) + 0.007, 0, 0.05)
    kinds = random.integers(0, 3, count)
    turns, longs = random.uniform(0, np.pi, count), random.uniform(0.6, 1.0, count)
    grid = np.stack(np.meshgrid(np.arange(PIXELS), np.arange(PIXELS), indexing="ij"), axis=-1).astype(float)
    shares = np.zeros((PIXELS, PIXELS, 3))
    for place, size, kind, turn, long in zip(places, sizes, kinds, turns, longs, strict=True):
        away = (grid - place + PIXELS / 2) % PIXELS - PIXELS / 2
        x = away[..., 0] * np.cos(turn) + away[..., 1] * np.sin(turn)
        y = away[..., 1] * np.cos(turn) - away[..., 0] * np.sin(turn)
        # Chips have about five straight edges.
        angle = np.arctan2(y, x * long)
        edge = size / np.cos((angle + turn) % (2 * np.pi / 5) - np.pi / 5) * 0.85
        inside = np.clip(edge - np.hypot(x * long, y) + 0.5, 0, 1)
        shares *= 1 - inside[..., None]
        shares[..., kind] += inside
    return shares * 0.8


def _leaf(seed: int) -> Floats:
    bands = _noise(seed, 0.9, across=6.0, along=0.8, low=5)
    return np.clip(bands * 1.2 - 0.2, 0, 1)


DRAWN: dict[str, Callable[[int], Floats]] = {
    "mottle": _mottle, "speckle": _speckle, "grain": _grain, "weave": _weave, "marble": _marble, "strata": _strata,
    "terrazzo": _terrazzo, "leaf": _leaf,
}  # fmt: skip
