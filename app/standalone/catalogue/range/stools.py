"""Stools to sit on, step on and put things on."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View
from standalone.catalogue.joinery import Legs
from standalone.catalogue.meshes import box, cut, cut_by, filleted, hoop, lathe, rod, spline


def milking_stool(look: Look) -> tuple[Part, ...]:
    """Draw a round seat, dished, on three splayed legs."""
    radius, height = look.vary("radius", 0.155, 0.175), look.vary("height", 0.43, 0.46)
    seat = lathe(
        filleted(
            [
                (0.0, height - 0.034),
                (radius * 0.9, height - 0.034, 0.01),
                (radius, height - 0.012, 0.014),
                (radius * 0.97, height, 0.008),
                (radius * 0.6, height - 0.007, 0.08),
                (0.0, height - 0.009),
            ]
        )
    )
    legs = Legs(count=3, top=radius * 0.62, low=radius * 1.08, height=height - 0.026, thin=0.0145, thick=0.019)
    return (Part(seat, look.finish), *legs.parts(look.finish))


def counter_stool(look: Look) -> tuple[Part, ...]:
    """Draw a high stool: wooden seat, steel legs, a ring for the feet."""
    radius, height = look.vary("radius", 0.165, 0.18), look.vary("height", 0.64, 0.68)
    seat = lathe(
        filleted([(0.0, height - 0.03), (radius, height - 0.03, 0.008), (radius, height, 0.012), (0.0, height)])
    )
    top, low = radius * 0.66, radius * 1.12
    legs = Legs(count=4, top=top, low=low, height=height - 0.022, thin=0.0105, thick=0.0105, first=45)
    share = 0.3
    ring = low + (top - low) * share
    foot = hoop(ring, height * share, 0.0085)
    return (Part(seat, look.finish), *legs.parts("black-steel"), Part(foot, "black-steel"))


def step_stool(look: Look) -> tuple[Part, ...]:
    """Draw two steps between two cheeks, with a slot to carry it by."""
    width, height = look.vary("width", 0.4, 0.44), look.vary("height", 0.4, 0.44)
    deep = 0.36
    slot = box(0.11, 0.06, 0.032, 0.015, 0.03).moved(y=height - 0.04)
    parts = [
        Part(cut(box(width, 0.024, 0.2, 0.004).moved(y=height - 0.024, z=-0.07), slot.moved(z=-0.07)), look.finish)
    ]
    parts.append(Part(box(width - 0.048, 0.024, 0.18, 0.004).moved(y=height * 0.47, z=0.09), look.finish))
    for side in (-1, 1):
        x = side * (width / 2 - 0.036)
        parts.append(Part(box(0.024, height - 0.026, 0.18, 0.004).moved(x, 0.001, -0.07), look.finish))
        parts.append(Part(box(0.024, height * 0.47 + 0.002, 0.165, 0.004).moved(x, 0.0, deep / 2 - 0.085), look.finish))
    parts.append(Part(box(width - 0.07, 0.05, 0.02, 0.004).moved(y=height * 0.6, z=-0.15), look.finish))
    return tuple(parts)


def padded_stool(look: Look) -> tuple[Part, ...]:
    """Draw a cushion on short wooden legs."""
    radius, low = look.vary("radius", 0.2, 0.23), look.vary("low", 0.2, 0.23)
    tall = 0.2
    cushion = lathe(spline([(0.0, low), (radius * 0.8, low), (radius * 0.97, low + 0.02),
        (radius * 1.01, low + tall * 0.5), (radius * 0.97, low + tall - 0.028),
        (radius * 0.82, low + tall - 0.004), (radius * 0.4, low + tall + 0.008),
        (0.0, low + tall + 0.01)], 6))  # fmt: skip
    seam = hoop(radius * 1.012, low + tall * 0.5, 0.0045)
    wood = "walnut" if look.finish in {"rust-wool", "moss-wool"} else "oak"
    legs = Legs(count=4, top=radius * 0.66, low=radius * 0.82, height=low + 0.012, thin=0.012, thick=0.02, first=45)
    return (Part(cushion, look.finish), Part(seam, look.finish), *legs.parts(wood))


def garden_stool(look: Look) -> tuple[Part, ...]:
    """Draw a ceramic drum with rows of round holes."""
    radius, height = look.vary("radius", 0.155, 0.17), look.vary("height", 0.42, 0.46)
    wall = 0.014
    outer = spline([(radius * 0.82, 0.0), (radius * 0.86, 0.012), (radius * 1.03, height * 0.35),
        (radius * 1.03, height * 0.65), (radius * 0.86, height - 0.014), (radius * 0.8, height)], 7)  # fmt: skip
    inner = (outer - (wall, 0))[outer[:, 1] < height - wall]
    drum = lathe(np.vstack([[[0.0, height - wall]], inner[::-1], outer, [[0.0, height]]]), 96)
    hole = rod([(radius * 0.7, 0, 0), (radius * 1.3, 0, 0)], 0.021, 24)
    copies = [_about(22.5 * i + 11.25 * (row % 2),
        y) for row, y in enumerate(height * np.array([0.36, 0.5, 0.64])) for i in range(16)]  # fmt: skip
    return (Part(cut_by(drum, hole, copies), look.finish),)


def _about(degrees: float, y: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin, 0], [0, 1, 0, y], [-sin, 0, cos, 0]], float)


_SEAT = View(-32, 26, (0.2, 0.9, 0.4), 2.2)
_WOODS = {
    "oak": ("Felt pads for the legs are included.", "Oil it once a year, and it will outlive the floor."),
    "walnut": ("Felt pads for the legs are included.", "Oil it once a year and keep it out of harsh sun."),
    "ash": ("Felt pads for the legs are included.", "Wipe it with a damp cloth along the grain."),
}
SHELF = Shelf(
    slug="stools",
    name="Stools",
    forms=(
        Form(
            noun="Milking Stool", draw=milking_stool, finishes=("oak", "walnut", "black-ash", "ash"),
            style="rustic", size="small", price=119, variants=(("45 cm", 1.0), ("30 cm", 0.85)), above=16, detail=_SEAT,
            opens=(
                "Three legs never wobble: a {material} stool with a dished seat.",
                "The old milking stool in {finish}, with a seat hollowed to fit and legs that lean out.",
            ),
        ),
        Form(
            noun="Counter Stool", draw=counter_stool, finishes=("walnut", "oak", "ash", "black-ash"),
            style="modern", size="large", price=169, above=12, detail=_SEAT,
            variants=(("counter, 66 cm", 1.0), ("bar, 76 cm", 1.1)),
            opens=(
                "A round {material} seat on four steel legs, with a ring where the feet want to be.",
                "Made for kitchen counters: a {material} seat, a steel frame and a foot ring.",
            ),
        ),
        Form(
            noun="Step Stool", draw=step_stool, finishes=("ash", "oak", "black-ash", "walnut"),
            style="scandinavian", size="medium", price=139, variants=(("one size", 1.0),), above=20,
            detail=View(-30, 30, (0.0, 0.92, 0.0), 2.2),
            opens=(
                "Two steps up to the top shelf, and a seat for the rest of the time, in solid {material}.",
                "A {material} step stool with a slot cut through the top, so that one hand can carry it.",
            ),
        ),
        Form(
            noun="Padded Stool", draw=padded_stool, finishes=("rust-wool", "wool", "cream-wool", "moss-wool"),
            style="modern", size="medium", price=189, variants=(("one size", 1.0),), above=16, detail=_SEAT,
            opens=(
                "A deep round cushion on four short wooden legs, as soft as it looks.",
                "Seat, footrest or a place for the cat: a cushion in {finish} on turned legs.",
            ),
        ),
        Form(
            noun="Garden Stool", draw=garden_stool, finishes=("celadon", "indigo", "chalk", "clay"),
            style="classic", size="medium", price=159, variants=(("one size", 1.0),), above=14,
            detail=View(-20, 14, (0.1, 0.6, 0.8), 2.3),
            opens=(
                "A barrel of {material}, pierced with rows of round holes, after old garden seats.",
                "Three rows of round holes let the light through this {material} barrel.",
            ),
        ),
    ),
    uses=(
        "It is a seat when guests come and a bedside table when they have gone.",
        "It carries 120 kilograms and weighs very little.",
        "Pull it up wherever a hand needs a place for a cup.",
        "Stand it in the hall, and shoes go on more easily.",
        "It tucks under most tables.",
        "Two of them and a tray make a coffee table.",
    ),
    care={
        **_WOODS,
        "wool": ("The cover can be taken off and dry-cleaned.", "Brush it now and then along the weave."),
        "porcelain": ("It may stay outside from spring to the first frost.", "Rain cleans it."),
        "stoneware": ("It may stay outside from spring to the first frost.", "Rain cleans it."),
        "terracotta": ("Bring it in before the first frost.",),
    },
)  # fmt: skip
