"""Side tables and coffee tables."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View, fluted
from standalone.catalogue.joinery import Legs
from standalone.catalogue.meshes import Solid, box, circle, filleted, hoop, lathe, sweep


def three_legged_table(look: Look) -> tuple[Part, ...]:
    """Draw a round top on three leaning legs."""
    radius, height = look.vary("radius", 0.22, 0.25), look.vary("height", 0.48, 0.52)
    legs = Legs(count=3, top=radius * 0.5, low=radius * 0.92, height=height - 0.02, thin=0.015, thick=0.02)
    return (Part(_disc(radius, height, 0.024), look.finish), *legs.parts(look.finish))


def pedestal_table(look: Look) -> tuple[Part, ...]:
    """Draw a stone top on a steel stem and foot."""
    radius, height = look.vary("radius", 0.2, 0.225), look.vary("height", 0.5, 0.56)
    foot = lathe(filleted([(0.0, 0.0), (radius * 0.72, 0.0, 0.002), (radius * 0.72, 0.008, 0.003),
        (0.024, 0.014, 0.02), (0.0145, 0.05, 0.02), (0.0145, height - 0.05, 0.02),
        (0.05, height - 0.022, 0.004), (0.0, height - 0.02)]))  # fmt: skip
    metal = "brass" if look.finish in {"marble", "walnut"} else "black-steel"
    return (Part(_disc(radius, height, 0.022), look.finish), Part(foot, metal))


def shelf_table(look: Look) -> tuple[Part, ...]:
    """Draw a square coffee table with a lower shelf."""
    width, height = look.vary("width", 0.64, 0.72), look.vary("height", 0.36, 0.4)
    side = width / 2 - 0.035
    parts = [Part(box(width, 0.026, width, 0.005, 0.09).moved(y=height - 0.026), look.finish)]
    parts.append(Part(box(width - 0.09, 0.016, width - 0.09, 0.003, 0.09).moved(y=0.11), look.finish))
    for x in (-side, side):
        parts.extend(Part(box(0.045, height - 0.025, 0.045, 0.006).moved(x, 0, z), look.finish) for z in (-side, side))
        parts.append(Part(box(0.02, 0.05, 2 * side - 0.04, 0.003).moved(x, height - 0.076, 0), look.finish))
        parts.append(Part(box(2 * side - 0.04, 0.05, 0.02, 0.003).moved(0, height - 0.076, x), look.finish))
    return tuple(parts)


def tray_table(look: Look) -> tuple[Part, ...]:
    """Draw a steel tray in a frame of thin rods."""
    radius, height = look.vary("radius", 0.2, 0.23), look.vary("height", 0.46, 0.52)
    tray = lathe(filleted([(0.0, height - 0.05), (radius, height - 0.05, 0.012),
        (radius + 0.006, height, 0.001), (radius + 0.0035, height + 0.001, 0.001),
        (radius - 0.004, height - 0.0465, 0.01), (0.0, height - 0.0465)]), 88)  # fmt: skip
    ring = hoop(radius * 0.94, height - 0.058, 0.006)
    low = hoop(radius * 0.94, 0.006, 0.006)
    rods = [Part(_rod_at(45 + 90 * i, radius * 0.94, height - 0.056), look.finish) for i in range(4)]
    return (Part(tray, look.finish), Part(ring, look.finish), Part(low, look.finish), *rods)


def drum_table(look: Look) -> tuple[Part, ...]:
    """Draw a fluted drum with a smooth top."""
    radius, height = look.vary("radius", 0.19, 0.22), look.vary("height", 0.4, 0.46)
    profile = filleted([(0.0, 0.0), (radius * 0.97, 0.0, 0.004), (radius * 0.97, 0.012),
        (radius * 0.97, height - 0.034), (radius * 0.97, height - 0.03, 0.002), (0.0, height - 0.03)])  # fmt: skip
    profile = np.vstack([profile[:8], [(radius * 0.97, y) for y in np.linspace(0.02, height - 0.045, 12)], profile[8:]])
    drum = lathe(profile, 168, fluted(28, 0.045, 0.0, height))
    return (Part(drum, look.finish), Part(_disc(radius * 1.03, height, 0.028), look.finish))


def _disc(radius: float, top: float, thick: float) -> Solid:
    edge = min(0.006, thick * 0.4)
    rings = [(radius * share, 0.0) for share in (0.35, 0.6, 0.8)]
    under = [(r, top - thick) for r, _ in rings]
    over = [(r, top) for r, _ in reversed(rings)]
    return lathe(filleted([(0.0, top - thick), *under, (radius, top - thick, edge), (radius, top, edge),
        *over, (0.0, top)]), 88)  # fmt: skip


def _rod_at(degrees: float, radius: float, height: float) -> Solid:
    angle = np.radians(degrees)
    x, z = radius * float(np.cos(angle)), radius * float(np.sin(angle))
    return sweep(np.array([[x, y, z] for y in np.linspace(0.004, height, 6)]), circle(0.006, 14))


_TOP = View(-30, 24, (0.3, 0.95, 0.5), 2.3)
SHELF = Shelf(
    slug="tables",
    name="Side tables",
    forms=(
        Form(
            noun="Side Table", draw=three_legged_table, finishes=("oak", "black-ash", "walnut", "ash"),
            style="scandinavian", size="medium", price=179, variants=(("Ø 46 cm", 1.0), ("Ø 55 cm", 1.25)), above=15,
            detail=_TOP,
            opens=(
                "A round {material} top on three leaning legs, light enough to follow you round the room.",
                "Three tapered legs and a soft-edged top: a side table in solid {material}.",
            ),
        ),
        Form(
            noun="Pedestal Table", draw=pedestal_table, finishes=("marble", "travertine", "terrazzo", "walnut"),
            style="modern", size="medium", price=229, variants=(("one size", 1.0),), above=14, detail=_TOP,
            opens=(
                "A slice of {material} on one slender stem, steadied by a broad foot.",
                "The foot is wide, the stem is thin, and the {material} on top does the talking.",
            ),
        ),
        Form(
            noun="Coffee Table", draw=shelf_table, finishes=("walnut", "ash", "oak", "black-ash"),
            style="japanese", size="large", price=349, variants=(("68 cm", 1.0), ("80 cm", 1.2)), above=20,
            detail=View(-30, 22, (0.7, 0.85, 0.7), 2.3),
            opens=(
                "A low, square table in {material} with a second shelf for the books that are being read.",
                "Square legs, flush joints and a shelf below: a coffee table in solid {material}.",
            ),
        ),
        Form(
            noun="Tray Table", draw=tray_table, finishes=("sage-steel", "rust-steel", "white-steel", "blue-steel"),
            style="modern", size="small", price=119, variants=(("one size", 1.0),), above=18, detail=_TOP,
            opens=(
                "A deep steel tray that lifts out of its frame, carries breakfast and comes back.",
                "Four rods, two rings and a tray: a table in {finish} that weighs four kilograms.",
            ),
        ),
        Form(
            noun="Drum Table", draw=drum_table, finishes=("oak", "travertine", "walnut", "terrazzo"),
            style="classic", size="medium", price=259, variants=(("low, 42 cm", 1.0), ("high, 52 cm", 1.15)), above=18,
            detail=View(-26, 20, (0.2, 0.9, 0.8), 2.2),
            opens=(
                "A fluted drum in {material} with a smooth top, heavy enough never to slide.",
                "Twenty-eight flutes run round this {material} drum and stop just below its top.",
            ),
        ),
    ),
    uses=(
        "It finds its place beside the sofa, and another beside the bed.",
        "Its height suits an armrest, so a glass is where the hand expects it.",
        "Put a lamp on it and it becomes a corner to read in.",
        "It stands steady on carpets, boards and stone.",
        "A pair of different heights looks better than a single one.",
    ),
    care={
        "oak": ("Use coasters, and oil it once a year.",),
        "walnut": ("Use coasters, and keep it out of harsh sun.",),
        "ash": ("Use coasters, and wipe it along the grain.",),
        "marble": ("Wipe up wine and lemon at once; the stone is sealed, but it is stone.",),
        "travertine": ("Wipe it with water and mild soap.",),
        "terrazzo": ("Wipe it with water and mild soap.",),
        "steel": ("It wipes clean with a damp cloth.", "Felt rings protect the floor."),
    },
)  # fmt: skip
