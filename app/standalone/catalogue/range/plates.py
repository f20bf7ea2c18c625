"""Plates and platters."""

from __future__ import annotations

from standalone.catalogue.forms import TABLEWARE, Form, Look, Part, Shelf, View, oval, split, vessel
from standalone.catalogue.meshes import Floats, Warp, lathe, spline


def coupe_plate(look: Look) -> tuple[Part, ...]:
    """Draw a plate without a rim, turned up at the edge."""
    radius, height = look.vary("radius", 0.132, 0.138), look.vary("height", 0.021, 0.026)
    return _plate(look, spline([(0.075, 0.002), (0.098, 0.0048), (radius * 0.92, height * 0.46), (radius, height)]))


def rimmed_plate(look: Look) -> tuple[Part, ...]:
    """Draw a plate with a broad, flat rim."""
    radius, height = look.vary("radius", 0.134, 0.14), look.vary("height", 0.018, 0.022)
    well = radius * look.vary("well", 0.66, 0.72)
    return _plate(look, spline([(well * 0.86, 0.002), (well, 0.006), (well * 1.07, height * 0.78),
        (radius * 0.9, height * 0.95), (radius, height)]))  # fmt: skip


def side_plates(look: Look) -> tuple[Part, ...]:
    """Draw a small stack of plates."""
    radius, height = look.vary("radius", 0.085, 0.092), look.vary("height", 0.015, 0.018)
    one = _plate(look, spline([(0.05, 0.002), (0.068, 0.0045), (radius, height)]))
    return tuple(Part(part.solid.turned("y", 37 * i).moved(0.002 * (i % 2), 0.0078 * i, 0.0015 * i),
        part.finish) for i in range(4) for part in one)  # fmt: skip


def oval_platter(look: Look) -> tuple[Part, ...]:
    """Draw a long oval platter."""
    radius, height = look.vary("radius", 0.15, 0.165), look.vary("height", 0.024, 0.03)
    side = spline([(radius * 0.62, 0.002), (radius * 0.75, 0.0055), (radius * 0.93, height * 0.55), (radius, height)])
    return _plate(look, side, oval(1.18, look.vary("wide", 0.66, 0.74)))


def pasta_plate(look: Look) -> tuple[Part, ...]:
    """Draw a deep plate with a wide, sloping rim."""
    radius, height = look.vary("radius", 0.118, 0.126), look.vary("height", 0.04, 0.046)
    return _plate(look, spline([(0.05, 0.002), (0.066, 0.006), (0.079, height * 0.55),
        (0.087, height * 0.82), (radius * 0.92, height * 0.97), (radius, height)]))  # fmt: skip


def _plate(look: Look, side: Floats, warp: Warp | None = None) -> tuple[Part, ...]:
    material = look.surface.material
    wall = {"porcelain": 0.003, "oak": 0.007, "walnut": 0.007}.get(material, 0.0042)
    body = lathe(vessel(side, wall, wall), segments=96, warp=warp)
    if material == "stoneware":
        return split(body, look.finish, "bare-clay", 0.003)
    return (Part(body, look.finish),)


_RIM = View(-24, 30, (0.45, 0.7, 0.5), 2.4)
SHELF = Shelf(
    slug="plates",
    name="Plates",
    forms=(
        Form(
            noun="Dinner Plate", draw=coupe_plate, finishes=("oat", "charcoal", "celadon", "blush"),
            style="scandinavian", size="large", price=24, above=34, detail=_RIM,
            variants=(("single", 1.0), ("set of 2", 1.9), ("set of 4", 3.6), ("set of 6", 5.2)),
            opens=(
                "A {material} plate without a rim that turns up softly at the edge and keeps the sauce.",
                "One curve from the middle to the edge: the plate for every dinner.",
            ),
        ),
        Form(
            noun="Rimmed Plate", draw=rimmed_plate, finishes=("chalk", "slate", "cream-enamel", "indigo"),
            style="classic", size="large", price=27, variants=(("single", 1.0), ("set of 4", 3.6)), above=34,
            detail=_RIM,
            opens=(
                "A classic plate with a broad, flat rim that frames whatever is served.",
                "The wide rim of this {material} plate leaves room for a thumb and for a crust of bread.",
            ),
        ),
        Form(
            noun="Side Plate Set", draw=side_plates, finishes=("blush", "moss", "chalk", "blue-enamel"),
            style="scandinavian", size="small", price=38, variants=(("set of 4", 1.0), ("set of 6", 1.45)), above=30,
            detail=View(-26, 18, (0.4, 0.6, 0.6), 2.3),
            opens=(
                "Small {material} plates for bread, cake and second helpings, sold by the stack.",
                "A stack of small plates that see more of the day than the large ones.",
            ),
        ),
        Form(
            noun="Oval Platter", draw=oval_platter, finishes=("honey", "oat", "walnut", "indigo"),
            style="rustic", size="large", price=52, variants=(("36 cm", 1.0), ("44 cm", 1.4)), above=32, detail=_RIM,
            opens=(
                "A long oval {material} platter for a whole fish, or for a great many tomatoes.",
                "Oval, shallow and a little larger than you think you need: a platter for sharing.",
            ),
        ),
        Form(
            noun="Pasta Plate", draw=pasta_plate, finishes=("slate", "chalk", "charcoal", "moss"),
            style="modern", size="medium", price=25, above=32, detail=_RIM,
            variants=(("single", 1.0), ("set of 2", 1.9), ("set of 4", 3.6)),
            opens=(
                "A deep {material} plate with a sloping rim, half bowl and half plate.",
                "The hollow keeps the pasta hot and the wide rim holds the fork.",
            ),
        ),
    ),
    uses=(
        "Plain food looks considered on it.",
        "It is level, quiet and does not rattle when set down.",
        "It stacks close, so a dozen take no more room than a book.",
        "The surface stands up to knives.",
        "Put it under a potted plant between meals; nobody will mind.",
        "It goes with the bowls of the range, in the same tone or across.",
    ),
    care=TABLEWARE,
)  # fmt: skip
