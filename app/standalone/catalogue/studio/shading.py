"""How a surface looks from where the camera is: what it scatters, mirrors, emits and lets through."""

from __future__ import annotations

from functools import cache

import numpy as np

from standalone.catalogue.finish import Finish
from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.studio import light
from standalone.catalogue.studio.rays import LIGHT, NORMAL, OPEN, TEXTURE, Floats
from standalone.catalogue.surfaces import linear, rgb, texture

EXPOSURE = 0.54
KNEE, SHOULDER = np.float32(0.6), np.float32(0.42)


def shaded(name: str, finish: Finish, rows: Floats, ways: Floats) -> Floats:
    """Return the light that a surface sends back along rays, from the rows of what they met."""
    normal, facing = _towards(rows[:, NORMAL], ways)
    mirrored = ways + 2 * facing[:, None] * normal
    shade = _shade(name, finish, rows[:, TEXTURE])
    mirror = 0.04 + (shade - 0.04) * finish.metalness
    scale, offset = _reflectance(finish.roughness, np.maximum(facing, 0.03))
    gloss = (mirror * scale[:, None] + offset[:, None]) * _reflected(mirrored, finish.roughness)
    gloss *= np.minimum(rows[:, OPEN, None] * 1.15, 1)
    total = shade * (rows[:, LIGHT] * (1 - finish.metalness) + finish.glow) + gloss
    return toned(np.asarray(total * EXPOSURE, np.float32))


def glazed(finish: Finish, rows: Floats, ways: Floats) -> tuple[Floats, Floats]:
    """Return what a wall of glass lets through, by colour, and the light that it mirrors itself."""
    normal, facing = _towards(rows[:, NORMAL], ways)
    mirrored = ways + 2 * facing[:, None] * normal
    # Fresnel's law for glass, as Schlick approximates it.
    share = 0.04 + 0.96 * (1 - facing) ** 5
    gleam = toned(np.asarray(_reflected(mirrored, finish.roughness) * (share * 0.8 * EXPOSURE)[:, None], np.float32))
    # The flatter the way through the wall, the more glass there is on it.
    thick = finish.alpha * 0.55 / np.maximum(facing, 0.12)
    left = linear(rgb(finish.shade)) ** thick[:, None] * (1 - 0.5 * (1 - facing) ** 3)[:, None]
    return np.asarray(left, np.float32), gleam


def toned(value: Floats) -> Floats:
    """Return light as a print shows it: as it is up to a middle tone, then ever less bright. Pure."""
    over = np.maximum(value - KNEE, 0)
    return np.asarray(np.minimum(value, KNEE) + over / (1 + over / SHOULDER))


def _towards(normal: Floats, ways: Floats) -> tuple[Floats, Floats]:
    """Return unit normals on the side that rays come from, and how squarely the rays meet them."""
    square = np.einsum("ij,ij->i", normal, ways)
    length = np.sqrt(np.einsum("ij,ij->i", normal, normal))
    return normal * (-np.sign(square) / length)[:, None], np.abs(square) / length


def _shade(name: str, finish: Finish, uv: Floats) -> Floats:
    drawn = _linear_texture(name)
    if finish.texture is None:
        return drawn
    rows, columns = drawn.shape[:2]
    return _bilinear(drawn, -uv[:, 1] * rows - 0.5, uv[:, 0] * columns - 0.5)


@cache
def _linear_texture(name: str) -> Floats:
    finish = FINISHES[name]
    return np.asarray(linear(texture(name) if finish.texture else rgb(finish.shade)), np.float32)


def _reflected(ways: Floats, roughness: float) -> Floats:
    """Return the light that a surface of this roughness mirrors from a direction."""
    maps = light.reflections()
    level = int(np.argmin(np.abs(np.array(light.ROUGHNESSES) - roughness)))
    rows, columns = maps.shape[1:3]
    row = (np.arccos(np.clip(ways[:, 1], -1, 1)) * np.float32(rows / np.pi)).astype(np.int32)
    column = (np.arctan2(ways[:, 0], ways[:, 2]) * np.float32(columns / 2 / np.pi)).astype(np.int32) % columns
    return np.asarray(maps[level].reshape(-1, 3)[np.minimum(row, rows - 1) * columns + column])


def _bilinear(field: Floats, y: Floats, x: Floats) -> Floats:
    """Return a field that repeats at its borders, between its places."""
    rows, columns = field.shape[:2]
    low_y, low_x = np.floor(y), np.floor(x)
    share_y, share_x = (y - low_y)[:, None], (x - low_x)[:, None]
    top, left = low_y.astype(np.int32) % rows, low_x.astype(np.int32) % columns
    flat = field.reshape(-1, field.shape[-1])
    below, right = (top + 1) % rows * columns, (left + 1) % columns
    top *= columns
    upper = flat[top + left] * (1 - share_x) + flat[top + right] * share_x
    lower = flat[below + left] * (1 - share_x) + flat[below + right] * share_x
    return np.asarray(upper * (1 - share_y) + lower * share_y)


def _reflectance(roughness: float, facing: Floats) -> tuple[Floats, Floats]:
    """Return how a surface's own reflectance is scaled and raised.

    Source: Karis, "Physically Based Shading on Mobile" (2014), an approximation of the split sum.
    """
    a, b, c, d = 1 - roughness, 0.0425 - 0.0275 * roughness, 1.04 - 0.572 * roughness, 0.022 * roughness - 0.04
    low = np.minimum(a * a, np.exp2(-9.28 * facing)) * a + b
    return -1.04 * low + c, 1.04 * low + d
