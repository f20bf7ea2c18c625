"""Boxes with and without lids."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View, oval
from standalone.catalogue.meshes import Solid, box, cut, filleted, lathe, rod


def lidded_jar(look: Look) -> tuple[Part, ...]:
    """Draw a round box with a lid and a knob."""
    radius, height = look.vary("radius", 0.06, 0.07), look.vary("height", 0.085, 0.1)
    body = lathe(filleted([(0.0, 0.0), (radius, 0.0, 0.005), (radius, height, 0.0015),
        (radius - 0.005, height, 0.0015), (radius - 0.005, 0.006, 0.005), (0.0, 0.006)]))  # fmt: skip
    lid = lathe(filleted([(0.0, height - 0.006), (radius - 0.006, height - 0.006),
        (radius - 0.006, height + 0.0006), (radius + 0.0015, height + 0.0006, 0.001),
        (radius + 0.0015, height + 0.009, 0.003), (0.0, height + 0.013)]))  # fmt: skip
    knob = lathe(
        filleted(
            [
                (0.0, height + 0.01),
                (0.006, height + 0.01),
                (0.0055, height + 0.018, 0.004),
                (0.014, height + 0.024, 0.004),
                (0.0125, height + 0.033, 0.006),
                (0.0, height + 0.035),
            ]
        ),
        48,
    )
    top = "oak" if look.surface.material in {"stoneware", "porcelain"} else look.finish
    metal = "brass" if top == look.finish else top
    return Part(body, look.finish), Part(lid, top), Part(knob, metal)


def notched_box(look: Look) -> tuple[Part, ...]:
    """Draw a long box whose lid has a notch for the thumb."""
    width, deep, height = (
        look.vary("width", 0.24, 0.28),
        look.vary("deep", 0.15, 0.17),
        look.vary("height", 0.075, 0.09),
    )
    hollow = box(width - 0.02, height, deep - 0.02, 0.003, 0.05).moved(y=0.01)
    notch = rod([(0, 0, deep * 0.3), (0, 0, deep * 0.8)], 0.02, 28)
    body = cut(box(width, height, deep, 0.003, 0.05), hollow, notch.moved(y=height + 0.006))
    lid = cut(box(width, 0.014, deep, 0.004, 0.05).moved(y=height + 0.001), notch.moved(y=height - 0.004))
    return Part(body, look.finish), Part(lid, look.finish)


def crate(look: Look) -> tuple[Part, ...]:
    """Draw an open crate of slats with hand holes."""
    width, deep, height = look.vary("width", 0.38, 0.42), look.vary("deep", 0.28, 0.31), 0.22
    slot = box(0.1, 0.03, 0.06, 0.0145, 0.02)
    end = cut(box(deep, height, 0.014, 0.002, 0.06), slot.moved(y=height - 0.062))
    parts = [Part(end.turned("y", 90).moved(x=side * (width / 2 - 0.007)), look.finish) for side in (-1, 1)]
    for y in (0.004, 0.078, 0.152):
        for side in (-1, 1):
            slat = box(width + 0.002, 0.06, 0.01, 0.002, 0.06).moved(0, y, side * (deep / 2 + 0.0045))
            parts.append(Part(slat, look.finish))
    parts.extend(
        Part(box(width - 0.03, 0.01, deep / 5 - 0.012, 0.002, 0.06).moved(0, 0.008, (i - 2) * deep / 5), look.finish)
        for i in range(5)
    )
    return tuple(parts)


def drawer_box(look: Look) -> tuple[Part, ...]:
    """Draw a small chest with three drawers."""
    width, height, deep = look.vary("width", 0.22, 0.26), look.vary("height", 0.2, 0.23), 0.19
    thick, gap = 0.011, 0.003
    room = (height - 4 * thick) / 3
    parts = [
        Part(box(thick, height, deep, 0.002, 0.05).moved(x=side * (width - thick) / 2), look.finish) for side in (-1, 1)
    ]
    parts.extend(
        Part(box(width - 2 * thick + 0.002, thick, deep - 0.001, 0.0015, 0.05).moved(y=i * (room + thick)), look.finish)
        for i in range(4)
    )
    parts.append(
        Part(box(width - 0.004, height - 0.004, 0.006, 0.001, 0.06).moved(0, 0.002, -deep / 2 + 0.004), look.finish)
    )
    pulled = (0.0, 0.034, 0.0)
    for i in range(3):
        y, z = thick + i * (room + thick) + gap, pulled[i]
        front = box(width - 2 * thick - 2 * gap, room - 2 * gap, 0.012, 0.002, 0.05)
        parts.append(Part(front.moved(0, y, deep / 2 - 0.008 + z), look.finish))
        if z:
            inside = box(width - 2 * thick - 4 * gap, room - 5 * gap, 0.06, 0.001, 0.05)
            hollow = box(width - 4 * thick, room, 0.05, 0.001, 0.05).moved(y=0.006)
            parts.append(Part(cut(inside, hollow).moved(0, y + gap, deep / 2 - 0.044 + z), "ash"))
        knob = lathe(filleted([(0.0, 0.0), (0.004, 0.0), (0.004, 0.006, 0.002), (0.0085, 0.011, 0.003),
            (0.007, 0.017, 0.004), (0.0, 0.018)]), 32).turned("x", 90)  # fmt: skip
        parts.append(Part(knob.moved(0, y + room / 2 - gap, deep / 2 + 0.003 + z), "brass"))
    return tuple(parts)


def oval_box(look: Look) -> tuple[Part, ...]:
    """Draw a bent-wood oval box with an overlapping lid."""
    radius, height = look.vary("radius", 0.085, 0.1), look.vary("height", 0.07, 0.085)
    wide = look.vary("wide", 0.68, 0.74)
    shape = oval(1.0, wide)
    body = lathe(filleted([(0.0, 0.0), (radius, 0.0, 0.001), (radius, height, 0.001),
        (radius - 0.003, height, 0.001), (radius - 0.003, 0.005), (0.0, 0.005)]), 96, shape)  # fmt: skip
    lid = lathe(filleted([(0.0, height + 0.001), (radius, height + 0.001),
        (radius, height - 0.022, 0.0005), (radius + 0.0035, height - 0.022, 0.001),
        (radius + 0.0035, height + 0.006, 0.0015), (0.0, height + 0.006)]), 96, shape)  # fmt: skip
    fingers = []
    for y in (0.014, 0.034, height - 0.013):
        for x in (-0.012, 0.012) if y < 0.05 else (0.0,):
            z = (radius + (0.0035 if y > 0.05 else 0)) * wide * float(np.sqrt(1 - (x / radius) ** 2))
            fingers.append(Part(_rivet().moved(x, y, z), "brass"))
    return (Part(body, look.finish), Part(lid, look.finish), *fingers)


def _rivet() -> Solid:
    return lathe(filleted([(0.0, -0.001), (0.0028, -0.001), (0.0028, 0.0006, 0.0006), (0.0, 0.001)]), 20).turned(
        "x", 90
    )


_LID = View(-28, 26, (0.1, 0.85, 0.4), 2.2)
SHELF = Shelf(
    slug="boxes",
    name="Boxes",
    forms=(
        Form(
            noun="Lidded Jar", draw=lidded_jar, finishes=("chalk", "walnut", "charcoal", "marble"),
            style="japanese", size="small", price=32, above=18, detail=_LID,
            variants=(("0.6 l", 1.0), ("1.0 l", 1.3), ("1.5 l", 1.6)),
            opens=(
                "A round {material} box with a well-fitting lid and a knob to lift it by.",
                "Straight sides, a lid that sits with a sigh, a small knob: a jar in {finish}.",
            ),
        ),
        Form(
            noun="Keepsake Box", draw=notched_box, finishes=("walnut", "oak", "black-ash", "ash"),
            style="modern", size="medium", price=58, variants=(("one size", 1.0),), above=24, detail=_LID,
            opens=(
                "A {material} box with a half-round notch, cut through lid and front, where the thumb goes.",
                "Letters fit flat in this {material} box, and one thumb is enough to open it.",
            ),
        ),
        Form(
            noun="Crate", draw=crate, finishes=("ash", "oak", "black-ash", "walnut"),
            style="rustic", size="large", price=49, variants=(("single", 1.0), ("set of 2", 1.85)), above=22,
            detail=View(-30, 20, (0.8, 0.8, 0.5), 2.2),
            opens=(
                "An open crate of {material} slats with a hand hole at each end.",
                "Slats, nails and two hand holes: a {material} crate for apples, records or firewood.",
            ),
        ),
        Form(
            noun="Drawer Box", draw=drawer_box, finishes=("oak", "walnut", "white-steel", "sage-steel"),
            style="classic", size="medium", price=98, variants=(("one size", 1.0),), above=16,
            detail=View(-26, 18, (0.1, 0.55, 0.9), 2.2),
            opens=(
                "Three small drawers with brass knobs in a case of {finish}.",
                "A chest for the desk: a {material} case, three drawers, and a place for every paper clip.",
            ),
        ),
        Form(
            noun="Oval Box", draw=oval_box, finishes=("ash", "walnut", "oak", "black-ash"),
            style="scandinavian", size="small", price=45, above=20, detail=_LID,
            variants=(("small", 1.0), ("medium", 1.25), ("large", 1.55), ("nest of 3", 3.4)),
            opens=(
                "A thin board of {material}, steamed, bent into an oval and riveted with brass.",
                "The lid of this bent {material} box slides over its side and stays there.",
            ),
        ),
    ),
    uses=(
        "Keys, letters, spices or secrets: it keeps them together.",
        "It brings order to a shelf without looking strict.",
        "Given with something inside, it is two presents.",
        "It is at home on a desk, a dresser or a windowsill.",
        "It grows more beautiful with the things it has held.",
        "It has no lock, but it keeps quiet.",
    ),
    care={
        "oak": ("Wipe it with a dry cloth.",), "walnut": ("Wipe it with a dry cloth.",),
            "ash": ("Wipe it with a dry cloth.",),
        "porcelain": ("The body may go in the dishwasher; the wooden lid may not.",),
        "stoneware": ("The body may go in the dishwasher; the wooden lid may not.",),
        "marble": ("Wipe the stone with water only.",), "steel": ("It wipes clean with a damp cloth.",),
    },
)  # fmt: skip
