"""Pots for plants, shown with one."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View, fluted, vessel
from standalone.catalogue.meshes import Floats, Solid, Warp, box, circle, cut, filleted, lathe, rod, spline, sweep


def pot_with_saucer(look: Look) -> tuple[Part, ...]:
    """Draw the classic pot: a collar, sides that taper down, a saucer."""
    radius, height = look.vary("radius", 0.085, 0.1), look.vary("height", 0.155, 0.18)
    side = filleted([(radius * 0.66, 0.0), (radius * 0.9, height * 0.76),
        (radius * 0.91, height * 0.765, 0.002), (radius, height * 0.775, 0.004),
        (radius * 1.03, height)])  # fmt: skip
    saucer = lathe(
        vessel(spline([(radius * 0.72, 0.002), (radius * 0.9, 0.006), (radius * 0.98, 0.022)]), 0.005, 0.004)
    )
    pot, soil = _pot(look, _dense(side), height)
    lifted = [Part(part.solid.moved(y=0.008), part.finish) for part in (pot, soil, *blades(look, height * 0.85, 0.03))]
    return (Part(saucer, look.finish), *lifted)


def standing_pot(look: Look) -> tuple[Part, ...]:
    """Draw a cylinder in a wooden stand."""
    radius, height, lift = (
        look.vary("radius", 0.115, 0.13),
        look.vary("height", 0.2, 0.22),
        look.vary("lift", 0.15, 0.18),
    )
    side = _dense(filleted([(radius * 0.95, 0.0), (radius, 0.006, 0.004), (radius, height)]))
    raised = [
        Part(part.solid.moved(y=lift), part.finish)
        for part in (*_pot(look, side, height), *blades(look, height * 0.86, 0.045, 1.35))
    ]
    legs: list[Part] = []
    for i in range(4):
        a = np.radians(45 + 90 * i)
        x, z = (radius + 0.012) * float(np.cos(a)), (radius + 0.012) * float(np.sin(a))
        legs.append(Part(rod([(x, y, z) for y in np.linspace(0, lift + height * 0.45, 4)], 0.011, 18), "oak"))
    for turn in (45, 135):
        bar = box(2 * radius + 0.01, 0.02, 0.018, 0.004).turned("y", turn).moved(y=lift - 0.021)
        legs.append(Part(bar, "oak"))
    return (*raised, *legs)


def low_planter(look: Look) -> tuple[Part, ...]:
    """Draw a shallow bowl with a rosette of leaves."""
    radius, height = look.vary("radius", 0.12, 0.14), look.vary("height", 0.08, 0.095)
    side = spline(
        [(radius * 0.42, 0.002), (radius * 0.8, height * 0.3), (radius * 0.98, height * 0.72), (radius, height)]
    )
    return (*_pot(look, side, height), *rosette(look, height * 0.86, radius * 0.78))


def fluted_planter(look: Look) -> tuple[Part, ...]:
    """Draw a grooved pot with a column cactus."""
    radius, height = look.vary("radius", 0.09, 0.105), look.vary("height", 0.14, 0.165)
    side = spline(
        [(radius * 0.8, 0.002), (radius * 0.93, height * 0.16), (radius, height * 0.6), (radius * 0.97, height)]
    )
    return (*_pot(look, side, height, fluted(26, 0.06, 0.0, height * 0.9)), *cactus(look, height * 0.84, radius * 0.5))


def square_planter(look: Look) -> tuple[Part, ...]:
    """Draw a box of a pot with rounded corners."""
    width, height = look.vary("width", 0.17, 0.2), look.vary("height", 0.16, 0.19)
    outer = box(width, height, width, 0.012, 0.04)
    inner = box(width - 0.02, height, width - 0.02, 0.01, 0.04).moved(y=0.012)
    soil = box(width - 0.019, 0.02, width - 0.019, 0.004, 0.04).moved(y=height * 0.8)
    return (Part(cut(outer, inner), look.finish), Part(soil, "soil"), *rosette(look, height * 0.88, width * 0.46, 1.15))


def blades(look: Look, base: float, spread: float, scale: float = 1.0) -> tuple[Part, ...]:
    """Return the upright leaves of a snake plant."""
    leaves: list[Part] = []
    for i in range(9):
        angle = 2.4 * i + look.vary("turn", 0, 6)
        tall = scale * (0.15 + 0.15 * look.vary(f"blade{i}", 0, 1))
        out = spread * (0.25 + 0.75 * i / 9)
        lean = look.vary(f"lean{i}", 0.1, 0.3)
        share = np.linspace(0, 1, 12)
        reach = out + lean * tall * share**2
        path = np.stack([reach * np.cos(angle), base - 0.03 + (tall + 0.03) * share, reach * np.sin(angle)], axis=1)
        width = scale * 0.017 * np.clip(np.sin(np.pi * (0.16 + 0.84 * share)) ** 0.7, 0.02, 1)
        leaves.append(Part(_leaf(path, width, 0.16), "leaf"))
    return tuple(leaves)


def rosette(look: Look, base: float, reach: float, scale: float = 1.0) -> tuple[Part, ...]:
    """Return the thick leaves of an agave, in a spiral."""
    leaves: list[Part] = []
    count = 19
    for i in range(count):
        angle = 2.39996 * i + look.vary("turn", 0, 6)
        up = np.radians(18 + 62 * i / count)
        length = scale * reach * (0.95 - 0.45 * i / count)
        share = np.linspace(0, 1, 9)
        out = length * share * np.cos(up) + 0.006
        rise = length * (share * np.sin(up) + 0.16 * share**2)
        path = np.stack([out * np.cos(angle), base + rise + 0.002, out * np.sin(angle)], axis=1)
        width = length * 0.26 * np.clip(np.sin(np.pi * (0.2 + 0.8 * share)) ** 0.8, 0.02, 1)
        leaves.append(Part(_leaf(path, width, 0.26), "agave"))
    return tuple(leaves)


def cactus(look: Look, base: float, radius: float) -> tuple[Part, ...]:
    """Return a ribbed cactus with a smaller one beside it."""
    parts: list[Part] = []
    for x, z, size, tall in ((-0.012, 0.0, 1.0, look.vary("tall", 2.4, 3.2)), (radius * 1.05, 0.015, 0.55, 1.6)):
        r, h = radius * size, radius * size * tall
        body = spline([(r * 0.8, base - 0.01), (r, base + h * 0.3), (r * 0.96, base + h * 0.72),
            (r * 0.6, base + h * 0.95), (0.0, base + h)], 7)  # fmt: skip
        parts.append(Part(lathe(body, 90, fluted(12, 0.16, base - 0.08, base + h * 1.06)).moved(x, 0, z), "cactus"))
    return tuple(parts)


def _leaf(path: Floats, width: Floats, flat: float) -> Solid:
    """Return a leaf along a path: broad across the way that it leans, thin along it."""
    out = path[-1] - path[0]
    angle = np.degrees(np.arctan2(out[2], out[0]))
    # Drawn leaning to +x, so that its broad side lies along z, and turned to where it grows afterwards.
    flat_path = np.stack([np.hypot(path[:, 0], path[:, 2]), path[:, 1], np.zeros(len(path))], axis=1)
    return sweep(flat_path, circle(1.0, 14, flat), width).turned("y", -float(angle))


def _pot(look: Look, side: Floats, height: float, warp: Warp | None = None) -> tuple[Part, ...]:
    wall = 0.008 if look.surface.material in {"terracotta", "terrazzo"} else 0.006
    body = lathe(vessel(side, wall, 0.01), 156 if warp else 72, warp)
    inside = float(np.interp(height * 0.86, side[:, 1], side[:, 0])) * (0.97 if warp else 1) - wall * 0.6
    soil = lathe(spline([(0.0, height * 0.8), (inside * 0.98, height * 0.82),
        (inside * 0.7, height * 0.875), (0.0, height * 0.88)]))  # fmt: skip
    return Part(body, look.finish), Part(soil, "soil")


def _dense(line: Floats) -> Floats:
    """Return the line with points close enough together for a vessel's wall to follow it."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    even = np.unique(np.concatenate([along, np.linspace(0, along[-1], 26)]).round(6))
    return np.stack([np.interp(even, along, line[:, axis]) for axis in (0, 1)], axis=1)


_RIM = View(-26, 20, (0.0, 0.42, 0.6), 2.0)
_SIZES = (("Ø 18 cm", 1.0), ("Ø 24 cm", 1.5), ("Ø 30 cm", 2.1))
SHELF = Shelf(
    slug="planters",
    name="Planters",
    forms=(
        Form(
            noun="Pot & Saucer", draw=pot_with_saucer, finishes=("clay", "sand", "charcoal", "oat"),
            style="mediterranean", size="small", price=24, variants=_SIZES, above=13, detail=_RIM,
            opens=(
                "The pot every gardener draws from memory: a collar, tapering sides and a saucer of its own.",
                "A {material} pot with a saucer that catches what you pour too much.",
            ),
        ),
        Form(
            noun="Standing Planter", draw=standing_pot, finishes=("chalk", "charcoal", "moss", "clay"),
            style="scandinavian", size="large", price=79, variants=(("white-oiled stand", 1.0), ("oak stand", 1.0)),
            above=10, detail=_RIM,
            opens=(
                "A {material} cylinder lifted off the floor by a stand of solid oak.",
                "Four oak legs hold this {material} pot at the height where leaves get light.",
            ),
        ),
        Form(
            noun="Low Planter", draw=low_planter, finishes=("slate", "clay", "oat", "terrazzo"),
            style="modern", size="medium", price=38, variants=(("Ø 26 cm", 1.0), ("Ø 34 cm", 1.4)), above=20,
            detail=_RIM,
            opens=(
                "A shallow {material} bowl for succulents, moss or a small landscape.",
                "Low and wide, this {material} bowl suits plants with short roots.",
            ),
        ),
        Form(
            noun="Fluted Planter", draw=fluted_planter, finishes=("blush", "chalk", "indigo", "sand"),
            style="classic", size="small", price=29, variants=(("Ø 20 cm", 1.0), ("Ø 26 cm", 1.45)), above=14,
            detail=_RIM,
            opens=(
                "Fine grooves run up the sides of this {material} pot and stop below the rim.",
                "A {material} pot, fluted like a pie tin and just as cheerful.",
            ),
        ),
        Form(
            noun="Square Planter", draw=square_planter, finishes=("terrazzo", "white-steel", "rust-steel",
            "travertine"),
            style="modern", size="medium", price=45, variants=(("18 cm", 1.0), ("28 cm", 1.7)), above=18, detail=_RIM,
            opens=(
                "A square {material} planter with rounded corners that lines up along a windowsill.",
                "Four equal sides in {finish}: put three in a row, and it is a hedge.",
            ),
        ),
    ),
    uses=(
        "The plant in the picture is not part of the delivery.",
        "It is deep enough for roots and light enough to follow the sun.",
        "Herbs do well in it, and so do forgotten succulents.",
        "It stands indoors all year and outdoors until the frost.",
        "A plug in the base keeps the floor dry and comes out for the garden.",
        "It is a present that goes on growing.",
    ),
    care={
        "terracotta": ("Bare clay evens out the moisture for the roots.", "Soak it before planting."),
        "stoneware": ("The glaze keeps water marks away.",),
        "porcelain": ("The glaze keeps water marks away.",),
        "terrazzo": ("It is sealed inside.",),
        "travertine": ("It is sealed inside.",),
        "steel": ("The coat inside keeps rust away.",),
    },
)  # fmt: skip
