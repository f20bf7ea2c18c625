"""Mugs and cups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from standalone.catalogue.forms import TABLEWARE, Form, Look, Part, Shelf, split, vessel
from standalone.catalogue.meshes import Floats, Solid, circle, hoop, lathe, spline, sweep


def straight_mug(look: Look) -> tuple[Part, ...]:
    """Draw a cylinder with a D-shaped handle."""
    radius, height = look.vary("radius", 0.040, 0.044), look.vary("height", 0.086, 0.098)
    side = spline([(radius - 0.004, 0.002), (radius - 0.0005, 0.008), (radius, 0.02), (radius, height)])
    return (
        *_body(look, side),
        Part(_handle(radius, Ear(low=height * 0.2, high=height * 0.82, reach=0.032, square=0.25)), look.finish),
    )


def round_mug(look: Look) -> tuple[Part, ...]:
    """Draw a mug with a belly and a wide ear."""
    radius, height = look.vary("radius", 0.046, 0.05), look.vary("height", 0.084, 0.092)
    side = spline([(radius * 0.62, 0.002), (radius * 0.9, height * 0.18), (radius, height * 0.45),
        (radius * 0.93, height * 0.78), (radius * 0.84, height)])  # fmt: skip
    return (
        *_body(look, side),
        Part(_handle(radius * 0.93, Ear(low=height * 0.26, high=height * 0.8, reach=0.031, square=0.05)), look.finish),
    )


def latte_mug(look: Look) -> tuple[Part, ...]:
    """Draw a tall cup that widens to the rim."""
    low, radius, height = look.vary("low", 0.029, 0.032), look.vary("radius", 0.043, 0.047), 0.118
    side = spline([(low, 0.002), (low + 0.004, 0.012), (low + 0.009, height * 0.5), (radius, height)])
    return (
        *_body(look, side),
        Part(
            _handle((low + radius) / 2, Ear(low=height * 0.3, high=height * 0.8, reach=0.034, square=0.3, lean=0.1)),
            look.finish,
        ),
    )


def espresso_cup(look: Look) -> tuple[Part, ...]:
    """Draw a small cup with a ring for one finger, on a saucer."""
    radius, height = look.vary("radius", 0.030, 0.033), look.vary("height", 0.052, 0.058)
    side = spline([(radius * 0.68, 0.002), (radius * 0.92, 0.009), (radius, height * 0.5), (radius * 1.01, height)])
    saucer = vessel(spline([(0.03, 0.002), (0.05, 0.0045), (0.062, 0.012)]), 0.0035, 0.003)
    parts = (
        *_body(look, side),
        Part(_handle(radius, Ear(low=height * 0.3, high=height * 0.86, reach=0.02, thick=0.0042)), look.finish),
    )
    return (Part(lathe(saucer), look.finish), *(Part(part.solid.moved(y=0.0052), part.finish) for part in parts))


def hand_mug(look: Look) -> tuple[Part, ...]:
    """Draw a beaker with a waist and no handle."""
    radius, height = look.vary("radius", 0.039, 0.043), look.vary("height", 0.092, 0.104)
    waist = look.vary("waist", 0.84, 0.9)
    side = spline([(radius * 0.78, 0.002), (radius * 0.97, 0.012), (radius, height * 0.25),
        (radius * waist, height * 0.58), (radius * 0.99, height)])  # fmt: skip
    return _body(look, side)


def _body(look: Look, side: Floats) -> tuple[Part, ...]:
    material = look.surface.material
    wall = {"porcelain": 0.0026, "enamel": 0.0018}.get(material, 0.0036)
    body = lathe(vessel(side, wall, 0.005))
    if material == "stoneware":
        return split(body, look.finish, "bare-clay", 0.0045)
    if material == "enamel":
        return Part(body, look.finish), Part(hoop(side[-1, 0] - wall / 2, side[-1, 1], 0.0021), "rim")
    return (Part(body, look.finish),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """A handle: where it leaves the side and comes back, its reach, and how square its shoulders are (0 to 1)."""

    low: float
    high: float
    reach: float
    square: float = 0.0
    thick: float = 0.0056
    lean: float = 0.0


def _handle(radius: float, ear: Ear) -> Solid:
    """Return a handle that grows out of a side of this radius."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 25)
    power = 1 - 0.55 * ear.square
    out = np.abs(np.cos(angle)) ** power
    up = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    middle, half = (ear.low + ear.high) / 2, (ear.high - ear.low) / 2
    y = middle + half * up
    x = radius - 0.0022 + ear.reach * out + ear.lean * (y - middle)
    path = np.stack([x, y, np.zeros_like(x)], axis=1)
    swell = 1 + 0.22 * np.abs(np.sin(angle)) ** 6
    return sweep(path, circle(ear.thick, 18, 0.62), swell)


_SETS = (("single", 1.0), ("set of 2", 1.9), ("set of 4", 3.6))
SHELF = Shelf(
    slug="mugs",
    name="Mugs & cups",
    forms=(
        Form(
            noun="Mug", draw=straight_mug, finishes=("oat", "indigo", "charcoal", "cream-enamel"),
            style="scandinavian", size="medium", price=18, variants=_SETS, above=20,
            opens=(
                "A straight {material} mug with a handle wide enough for three fingers.",
                "The everyday mug: upright sides, a sturdy handle and a rim that is pleasant to drink from.",
            ),
        ),
        Form(
            noun="Round Mug", draw=round_mug, finishes=("blush", "moss", "honey", "slate"),
            style="rustic", size="medium", price=21, variants=_SETS, above=20,
            opens=(
                "A round-bellied {material} mug that sits in both hands like a warm stone.",
                "The belly of this mug keeps tea hot and the ear stays cool.",
            ),
        ),
        Form(
            noun="Latte Mug", draw=latte_mug, finishes=("chalk", "celadon", "oat", "charcoal"),
            style="modern", size="large", price=23, variants=(("0.4 l", 1.0), ("0.4 l, set of 2", 1.9)), above=18,
            opens=(
                "A tall {material} cup that opens towards the rim and leaves room for foam.",
                "Slim at the foot and wide at the lip, this cup is made for milk and coffee in layers.",
            ),
        ),
        Form(
            noun="Espresso Cup", draw=espresso_cup, finishes=("slate", "chalk", "indigo", "blush"),
            style="modern", size="small", price=16, above=26,
            variants=(("with saucer", 1.0), ("set of 2", 1.9), ("set of 4", 3.6), ("set of 6", 5.2)),
            opens=(
                "A small, thick-walled {material} cup with its saucer, for coffee that is short and strong.",
                "One sip, one finger through the ring: an espresso cup in {finish}, with a saucer.",
            ),
        ),
        Form(
            noun="Beaker", draw=hand_mug, finishes=("celadon", "blue-enamel", "moss", "oat"),
            style="japanese", size="medium", price=15, variants=_SETS, above=20,
            opens=(
                "A {material} beaker without a handle, drawn in at the waist so that it sits safely in the hand.",
                "No handle, only a waist where the fingers go: a beaker for water, tea or juice.",
            ),
        ),
    ),
    uses=(
        "It holds the first coffee of the day and does not mind the last tea of the evening.",
        "It stands straight on a crowded desk and stacks neatly away in the cupboard.",
        "Give one to somebody who has just moved, and it will be the first thing unpacked.",
        "It is as much at home on the terrace as on the breakfast table.",
        "The foot is ground smooth, so it leaves no marks on the table.",
        "Mix it with the other colours; they were made to share a shelf.",
    ),
    care=TABLEWARE,
)  # fmt: skip
