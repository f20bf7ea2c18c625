"""Vases, from a single stem to an armful."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View, fluted, split, vessel
from standalone.catalogue.meshes import Floats, Solid, Warp, circle, lathe, spline, sweep


def bottle_vase(look: Look) -> tuple[Part, ...]:
    """Draw a bottle: round body, long neck."""
    radius, height = look.vary("radius", 0.062, 0.074), look.vary("height", 0.24, 0.29)
    neck = look.vary("neck", 0.016, 0.02)
    return _vase(look, spline([(radius * 0.66, 0.002), (radius * 0.96, height * 0.12),
        (radius, height * 0.26), (radius * 0.72, height * 0.46), (neck * 1.15, height * 0.62),
        (neck, height * 0.82), (neck * 1.18, height)]))  # fmt: skip


def amphora_vase(look: Look) -> tuple[Part, ...]:
    """Draw an amphora with two ears."""
    radius, height = look.vary("radius", 0.082, 0.094), look.vary("height", 0.27, 0.31)
    neck = radius * 0.44
    side = spline([(radius * 0.42, 0.002), (radius * 0.62, height * 0.16), (radius, height * 0.5),
        (radius * 0.86, height * 0.68), (neck, height * 0.82), (neck * 0.96, height * 0.92),
        (neck * 1.25, height)])  # fmt: skip
    ear = _ear(neck * 0.98, radius * 0.8, height * 0.93, height * 0.7)
    return (*_vase(look, side), Part(ear, look.finish), Part(ear.turned("y", 180), look.finish))


def fluted_vase(look: Look) -> tuple[Part, ...]:
    """Draw a tall vase with upright grooves."""
    radius, height = look.vary("radius", 0.06, 0.07), look.vary("height", 0.23, 0.27)
    side = spline([(radius * 0.78, 0.002), (radius * 0.86, height * 0.1), (radius, height * 0.55),
        (radius * 0.9, height * 0.86), (radius * 0.98, height)])  # fmt: skip
    return _vase(look, side, fluted(18, 0.075, 0.01, height * 0.93))


def globe_vase(look: Look) -> tuple[Part, ...]:
    """Draw a ball with a small mouth."""
    radius = look.vary("radius", 0.082, 0.1)
    mouth = look.vary("mouth", 0.022, 0.03)
    angle = np.linspace(np.radians(-66), np.arccos(mouth / radius), 34)
    ball = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    ball[:, 1] += 0.002 - ball[0, 1]
    lip = np.array([[mouth * 0.98, ball[-1, 1] + 0.006], [mouth * 1.06, ball[-1, 1] + 0.013]])
    return _vase(look, spline(np.vstack([ball[::3], lip]).tolist(), 4))


def twisted_vase(look: Look) -> tuple[Part, ...]:
    """Draw a vase whose facets turn on their way up."""
    radius, height = look.vary("radius", 0.058, 0.066), look.vary("height", 0.22, 0.25)
    side = spline([(radius * 0.7, 0.002), (radius * 0.95, height * 0.16), (radius, height * 0.42),
        (radius * 0.74, height * 0.78), (radius * 0.86, height)], 11)  # fmt: skip
    return _vase(look, side, fluted(9, 0.13, 0.002, height * 1.02, look.vary("twist", 0.9, 1.3)))


def _vase(look: Look, side: Floats, warp: Warp | None = None) -> tuple[Part, ...]:
    material = look.surface.material
    wall = {"porcelain": 0.003, "glass": 0.0032}.get(material, 0.0045)
    segments = 108 if warp else 72
    body = lathe(vessel(side, wall, 0.011 if material == "glass" else 0.007), segments, warp)
    if material == "stoneware":
        return split(body, look.finish, "bare-clay", 0.006)
    return (Part(body, look.finish),)


def _ear(top_radius: float, low_radius: float, top: float, low: float) -> Solid:
    path = spline([(top_radius - 0.003, top), (top_radius + 0.026, top + 0.006),
        (low_radius + 0.022, (top + low) / 2), (low_radius + 0.006, low + 0.006),
        (low_radius - 0.006, low - 0.004)], 12)  # fmt: skip
    return sweep(np.insert(path, 2, 0.0, axis=1), circle(0.0072, 16, 0.6))


_SIZES = (("small", 1.0), ("large", 1.55))
SHELF = Shelf(
    slug="vases",
    name="Vases",
    forms=(
        Form(
            noun="Bottle Vase", draw=bottle_vase, finishes=("smoke-glass", "indigo", "clear-glass", "blush"),
            style="scandinavian", size="medium", price=42, variants=_SIZES, above=10,
            detail=View(-26, 14, (0.0, 0.82, 0.2), 2.5),
            opens=(
                "A bottle of a vase: a round body that runs up into a slender neck.",
                "The long neck holds one branch exactly where you want it.",
            ),
        ),
        Form(
            noun="Amphora", draw=amphora_vase, finishes=("clay", "chalk", "charcoal", "sand"),
            style="mediterranean", size="large", price=64, variants=(("30 cm", 1.0), ("42 cm", 1.7)), above=11,
            detail=View(-20, 15, (0.2, 0.82, 0.2), 2.2),
            opens=(
                "Two ears, a high shoulder and a narrow foot: the oldest shape on the shelf.",
                "An amphora in {finish}, thrown in two parts and joined at the shoulder.",
            ),
        ),
        Form(
            noun="Fluted Vase", draw=fluted_vase, finishes=("celadon", "oat", "honey", "slate"),
            style="classic", size="large", price=48, variants=_SIZES, above=12,
            detail=View(-24, 18, (0.1, 0.75, 0.4), 2.4),
            opens=(
                "Eighteen grooves run up the sides of this {material} vase and fade out at the lip.",
                "Fluted like a column, the tall {material} vase catches light in stripes.",
            ),
        ),
        Form(
            noun="Globe Vase", draw=globe_vase, finishes=("amber-glass", "moss", "sea-glass", "chalk"),
            style="modern", size="medium", price=45, above=14, detail=View(-24, 24, (0.0, 0.85, 0.2), 2.3),
            variants=(("16 cm", 1.0), ("20 cm", 1.4), ("24 cm", 1.8)),
            opens=(
                "A ball with a small mouth, for three tulips or a handful of grasses.",
                "Round all over but for the place it stands on, the {material} globe keeps stems together.",
            ),
        ),
        Form(
            noun="Twisted Vase", draw=twisted_vase, finishes=("chalk", "blush", "charcoal", "celadon"),
            style="modern", size="medium", price=52, variants=(("single", 1.0), ("pair", 1.9)), above=12,
            detail=View(-24, 16, (0.1, 0.72, 0.4), 2.3),
            opens=(
                "Nine facets turn round this {material} vase on their way to the rim.",
                "The {material} body is twisted once while soft, and keeps the movement for good.",
            ),
        ),
    ),
    uses=(
        "It is a vase on days with flowers and a sculpture on all others.",
        "Dried grasses stand in it all winter.",
        "Fresh or dried, whatever stands in it looks chosen.",
        "Set it where low sun can reach it.",
        "It was drawn for a windowsill and has since been seen on pianos.",
        "One branch is enough; more is welcome.",
    ),
    care={
        "stoneware": ("The inside is glazed and watertight.", "Rinse it with warm water and a bottle brush."),
        "porcelain": ("The inside is glazed and watertight.", "A soft cloth is all it needs."),
        "terracotta": (
            "It comes with a glass tube for fresh flowers, because bare clay breathes.",
            "The inside is sealed, so that fresh flowers can stay a week.",
        ),
        "glass": ("A little vinegar brings back the shine.", "Rinse it with cool water and let it drain upside down."),
    },
)  # fmt: skip
