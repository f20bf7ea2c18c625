"""Clocks for the wall and for the mantelpiece, all at ten past ten."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Place, Shelf, View
from standalone.catalogue.meshes import Floats, Solid, box, cut, extruded, filleted, hoop, lathe, rod

HOUR, MINUTE = 305.0, 60.0  # degrees after twelve


def framed_clock(look: Look) -> tuple[Part, ...]:
    """Draw a round dial in a turned wooden frame."""
    radius = look.vary("radius", 0.145, 0.165)
    frame = lathe(filleted([(0.0, 0.0), (radius, 0.0, 0.004), (radius * 1.02, 0.026, 0.01),
        (radius * 0.95, 0.04, 0.008), (radius * 0.88, 0.03, 0.004), (radius * 0.87, 0.014),
        (0.0, 0.014)]), 88)  # fmt: skip
    return (Part(_upright(frame), look.finish), *_face(radius * 0.86, 0.016, "dial"),
        *_bars(radius * 0.74, 0.016, 0.028, "hands"), *_hands(radius * 0.8, 0.02, "hands"))  # fmt: skip


def bar_clock(look: Look) -> tuple[Part, ...]:
    """Draw a plain coloured disc with raised bars."""
    radius = look.vary("radius", 0.145, 0.17)
    disc = lathe(
        filleted([(0.0, 0.0), (radius, 0.0, 0.003), (radius, 0.016, 0.005), (radius * 0.6, 0.016), (0.0, 0.016)]), 88
    )
    marks = "dial" if look.finish in {"black-steel", "rust-steel", "blue-steel", "sage-steel"} else "hands"
    return (
        Part(_upright(disc), look.finish),
        *_bars(radius * 0.82, 0.016, 0.034, marks),
        *_hands(radius * 0.82, 0.02, marks),
    )


def square_clock(look: Look) -> tuple[Part, ...]:
    """Draw a square with round corners and dots for the hours."""
    width = look.vary("width", 0.26, 0.3)
    outer, inner = _rounded_square(width, width * 0.2), _rounded_square(width * 0.86, width * 0.15)
    frame = extruded([outer, inner], 0.03).moved(z=0.015)
    dial = box(width * 0.88, width * 0.88, 0.027, 0.001, 0.012).moved(0, -width * 0.44, 0.0135)
    dots = []
    for i in range(12):
        a = np.radians(30 * i)
        dot = lathe(filleted([(0.0, 0.0), (0.0055, 0.0), (0.0055, 0.0006, 0.0003), (0.0, 0.0007)]), 20)
        dots.append(Part(_upright(dot).moved(width * 0.34 * np.sin(a), width * 0.34 * np.cos(a), 0.0269), "hands"))
    return (Part(frame, look.finish), Part(dial, "dial"), *dots, *_hands(width * 0.37, 0.031, "hands"))


def mantel_clock(look: Look) -> tuple[Part, ...]:
    """Draw a block with a round top that stands on its own."""
    width, deep = look.vary("width", 0.19, 0.23), look.vary("deep", 0.06, 0.075)
    radius = width / 2
    angle = np.linspace(0, np.pi, 33)
    low = radius * 0.86
    arch = np.stack([radius * np.cos(angle), low + radius * np.sin(angle)], axis=1)
    outline = np.vstack([[[-radius, 0.0], [radius, 0.0]], arch])
    well = _upright(lathe(filleted([(0.0, 0.0), (radius * 0.72, 0.0), (radius * 0.72, 0.05), (0.0, 0.05)]), 64))
    body = cut(extruded([outline], deep), well.moved(0, low + radius * 0.02, deep / 2 - 0.008), grain=0)
    ring = _upright(hoop(radius * 0.72, 0.0, 0.0032)).moved(0, low + radius * 0.02, deep / 2)
    inner = (
        *_face(radius * 0.71, 0.0, "dial"),
        *_bars(radius * 0.62, 0.0, 0.016, "hands"),
        *_hands(radius * 0.62, 0.004, "hands"),
    )
    raised = [Part(part.solid.moved(0, low + radius * 0.02, deep / 2 - 0.007), part.finish) for part in inner]
    return (Part(body, look.finish), Part(ring, "brass"), *raised)


def ray_clock(look: Look) -> tuple[Part, ...]:
    """Draw a small dial with rays all round it."""
    radius = look.vary("radius", 0.08, 0.095)
    disc = lathe(filleted([(0.0, 0.0), (radius, 0.0, 0.003), (radius, 0.024, 0.008), (0.0, 0.024)]), 72)
    rays: list[Part] = []
    count = 24
    for i in range(count):
        a = np.radians(360 / count * i)
        sin, cos = float(np.sin(a)), float(np.cos(a))
        long = radius * (2.35 if i % 2 == 0 else 1.8)
        steps = np.linspace(radius * 0.7, long, 5)
        rays.append(Part(rod([(r * sin, r * cos, 0.012) for r in steps], 0.0035, 12, 0.0022), "brass"))
        tip = lathe(np.stack([0.0095 * np.cos(np.linspace(-np.pi / 2, np.pi / 2, 13)),
            0.0095 * np.sin(np.linspace(-np.pi / 2, np.pi / 2, 13))], axis=1).round(7), 18)  # fmt: skip
        if i % 2 == 0:
            rays.append(Part(tip.moved(long * sin, long * cos, 0.012), look.finish))
    return (
        Part(_upright(disc), look.finish),
        *rays,
        *_bars(radius * 0.8, 0.024, 0.014, "dial"),
        *_hands(radius * 0.8, 0.027, "dial"),
    )


def _upright(solid: Solid) -> Solid:
    """Return a turned solid with its axis towards the viewer."""
    return solid.turned("x", 90)


def _face(radius: float, at: float, finish: str) -> tuple[Part, ...]:
    dial = lathe(
        np.array(
            [[0.0, 0.0], [radius * 0.5, 0.0], [radius, 0.0], [radius, 0.001], [radius * 0.5, 0.001], [0.0, 0.001]]
        ),
        72,
    )
    return (Part(_upright(dial).moved(z=at - 0.001), finish),)


def _bars(radius: float, at: float, long: float, finish: str) -> tuple[Part, ...]:
    bars: list[Part] = []
    for i in range(12):
        length = long if i % 3 == 0 else long * 0.6
        bar = box(0.0052 if i % 3 == 0 else 0.0036, length, 0.0009, 0.0003).moved(0, radius - length, at + 0.0003)
        bars.append(Part(bar.turned("z", -30.0 * i), finish))
    return tuple(bars)


def _hands(reach: float, at: float, finish: str) -> tuple[Part, ...]:
    hour = box(0.0085, reach * 0.68, 0.0018, 0.0008).moved(0, -reach * 0.12, at).turned("z", -HOUR)
    minute = box(0.006, reach * 1.06, 0.0018, 0.0008).moved(0, -reach * 0.14, at + 0.003).turned("z", -MINUTE)
    second = box(0.0018, reach * 1.1, 0.0014, 0.0006).moved(0, -reach * 0.22, at + 0.0055).turned("z", -205.0)
    cap = _upright(lathe(filleted([(0.0, 0.0), (0.0085, 0.0), (0.0085, 0.008, 0.002), (0.0, 0.008)]), 24)).moved(z=at)
    return Part(hour, finish), Part(minute, finish), Part(second, "red-hand"), Part(cap, finish)


def _rounded_square(width: float, radius: float) -> Floats:
    half = width / 2
    outline = filleted([(0.0, -half), (half, -half, radius), (half, half, radius),
        (-half, half, radius), (-half, -half, radius), (0.0, -half)], 10)  # fmt: skip
    return outline[:-1]


_DIAL = View(-30, 10, (0.35, 0.72, 0.9), 2.3)
SHELF = Shelf(
    slug="clocks",
    name="Clocks",
    forms=(
        Form(
            noun="Wall Clock", draw=framed_clock, finishes=("oak", "walnut", "black-ash", "ash"),
            style="scandinavian", size="medium", price=89, variants=(("Ø 32 cm", 1.0), ("Ø 42 cm", 1.35)),
            place=Place.WALL, above=8, detail=_DIAL,
            opens=(
                "A pale dial in a turned {material} frame, easy to read from across the room.",
                "The {material} frame is turned from one ring and holds a plain paper dial.",
            ),
        ),
        Form(
            noun="Bar Clock", draw=bar_clock, finishes=("sage-steel", "black-steel", "white-steel", "rust-steel"),
            style="modern", size="medium", price=59, variants=(("Ø 31 cm", 1.0),), place=Place.WALL, above=8,
            detail=_DIAL,
            opens=(
                "Twelve bars on a disc of {finish} tell the time, and a red second hand proves it.",
                "A disc, twelve bars and three hands, pressed and coated like a good kitchen pan.",
            ),
        ),
        Form(
            noun="Square Clock", draw=square_clock, finishes=("blue-steel", "walnut", "brass", "steel"),
            style="modern", size="medium", price=75, variants=(("28 cm", 1.0),), place=Place.WALL, above=8,
            detail=_DIAL,
            opens=(
                "A square with round corners in {finish}, with a dot for every hour.",
                "Neither round nor square: a wall clock in {finish} with dots in place of numbers.",
            ),
        ),
        Form(
            noun="Mantel Clock", draw=mantel_clock, finishes=("walnut", "oak", "marble", "black-ash"),
            style="classic", size="small", price=98, variants=(("one size", 1.0),), above=10,
            detail=View(-28, 12, (0.3, 0.75, 0.9), 2.2),
            opens=(
                "An arch of solid {material} with a small dial set into its face.",
                "The mantel clock, put simply: a {material} arch, a brass ring, two hands and a dial.",
            ),
        ),
        Form(
            noun="Sunburst Clock", draw=ray_clock, finishes=("walnut", "black-ash", "oak", "rust-steel"),
            style="classic", size="large", price=125, variants=(("Ø 42 cm", 1.0),), place=Place.WALL, above=8,
            detail=View(-30, 10, (0.3, 0.7, 0.9), 2.2),
            opens=(
                "Twenty-four brass rays stand round a small dial of {finish}, every other one with a bead.",
                "A sun for the wall: brass rays, {material} beads and a dial no larger than a saucer.",
            ),
        ),
    ),
    uses=(
        "The movement sweeps without a tick, so it may spend the night in a bedroom.",
        "One AA battery keeps it going for more than a year.",
        "It reads as a picture until somebody asks the time.",
        "Put it where everybody can see it and nobody can be late.",
        "It runs true to ten seconds a month.",
        "It is quiet enough for a study and clear enough for a kitchen.",
    ),
    care={
        "oak": ("Dust it with a soft cloth.",), "walnut": ("Dust it with a soft cloth.",),
        "ash": ("Dust it with a soft cloth.",), "steel": ("It wipes clean with a damp cloth.",),
        "brass": ("Polish it only if you like it bright.",), "marble": ("Wipe the stone with water only.",),
    },
)  # fmt: skip
