"""Bowls, turned and thrown."""

from __future__ import annotations

from standalone.catalogue.forms import TABLEWARE, Form, Look, Part, Shelf, View, split, vessel
from standalone.catalogue.meshes import Floats, lathe, spline


def cereal_bowl(look: Look) -> tuple[Part, ...]:
    """Draw a half-round bowl for one."""
    radius, height = look.vary("radius", 0.073, 0.08), look.vary("height", 0.056, 0.066)
    return _bowl(look, spline([(0.036, 0.002), (radius * 0.72, height * 0.22),
        (radius * 0.94, height * 0.6), (radius, height)]))  # fmt: skip


def serving_bowl(look: Look) -> tuple[Part, ...]:
    """Draw a wide, low bowl with a turned-out lip."""
    radius, height = look.vary("radius", 0.122, 0.135), look.vary("height", 0.072, 0.084)
    return _bowl(look, spline([(0.052, 0.002), (radius * 0.68, height * 0.26),
        (radius * 0.87, height * 0.7), (radius * 0.93, height * 0.93), (radius, height)]), 0.0045)  # fmt: skip


def noodle_bowl(look: Look) -> tuple[Part, ...]:
    """Draw a deep bowl on a high foot ring."""
    radius, height = look.vary("radius", 0.086, 0.094), look.vary("height", 0.086, 0.094)
    foot = look.vary("foot", 0.036, 0.041)
    return _bowl(look, spline([(foot, 0.002), (foot * 0.96, 0.013), (foot * 1.25, 0.021),
        (radius * 0.8, height * 0.52), (radius * 0.95, height * 0.82), (radius, height)]), 0.0038, 0.02)  # fmt: skip


def turned_bowl(look: Look) -> tuple[Part, ...]:
    """Draw a thick-walled wooden bowl that leans in at the rim."""
    radius, height = look.vary("radius", 0.125, 0.145), look.vary("height", 0.085, 0.1)
    side = spline([(radius * 0.42, 0.002), (radius * 0.78, height * 0.2), (radius, height * 0.62),
        (radius * 0.965, height)])  # fmt: skip
    return (Part(lathe(vessel(side, 0.0085, 0.012)), look.finish),)


def dip_bowls(look: Look) -> tuple[Part, ...]:
    """Draw three small bowls, two nested and one beside them."""
    radius, height = look.vary("radius", 0.045, 0.05), look.vary("height", 0.032, 0.037)
    side = spline([(radius * 0.55, 0.002), (radius * 0.86, height * 0.3), (radius, height)])
    one = _bowl(look, side, 0.003)
    places = ((-0.052, 0.0, 0.012, 0), (-0.052, height * 0.46, 0.012, 40), (0.054, 0.0, -0.008, 0))
    return tuple(
        Part(part.solid.turned("y", turn).moved(x, y, z), part.finish) for x, y, z, turn in places for part in one
    )


def _bowl(look: Look, side: Floats, wall: float = 0.0036, base: float = 0.006) -> tuple[Part, ...]:
    if look.surface.material == "porcelain":
        wall *= 0.8
    body = lathe(vessel(side, wall, base), segments=80)
    if look.surface.material == "stoneware":
        return split(body, look.finish, "bare-clay", 0.005)
    return (Part(body, look.finish),)


_RIM = View(-30, 34, (0.25, 0.8, 0.5), 2.3)
SHELF = Shelf(
    slug="bowls",
    name="Bowls",
    forms=(
        Form(
            noun="Breakfast Bowl", draw=cereal_bowl, finishes=("oat", "celadon", "indigo", "blush"),
            style="scandinavian", size="small", price=17, above=30, detail=_RIM,
            variants=(("single", 1.0), ("set of 2", 1.9), ("set of 4", 3.6)),
            opens=(
                "A half-round {material} bowl for one, deep enough to keep the milk in.",
                "The size of two cupped hands: a bowl for porridge, soup or berries.",
            ),
        ),
        Form(
            noun="Serving Bowl", draw=serving_bowl, finishes=("charcoal", "moss", "chalk", "honey"),
            style="modern", size="large", price=46, variants=(("26 cm", 1.0), ("32 cm", 1.45)), above=28, detail=_RIM,
            opens=(
                "A wide {material} bowl with a lip that turns out just enough to lift it by.",
                "Low, wide and generous: a bowl for the middle of the table.",
            ),
        ),
        Form(
            noun="Noodle Bowl", draw=noodle_bowl, finishes=("indigo", "charcoal", "oat", "slate"),
            style="japanese", size="medium", price=28, variants=(("single", 1.0), ("set of 2", 1.9)), above=24,
            detail=_RIM,
            opens=(
                "A deep {material} bowl on a high foot, so that hot broth does not reach the fingers.",
                "High foot, steep sides: this bowl is made for broth and the things that swim in it.",
            ),
        ),
        Form(
            noun="Turned Bowl", draw=turned_bowl, finishes=("oak", "walnut", "ash", "black-ash"),
            style="rustic", size="large", price=68, variants=(("25 cm", 1.0), ("30 cm", 1.4), ("35 cm", 1.85)),
            above=27, detail=_RIM,
            opens=(
                "A bowl turned from one piece of {material}, thick at the wall and soft at the rim.",
                "Every turned bowl begins as a block of {material} and ends with this one curve.",
            ),
        ),
        Form(
            noun="Dip Bowl Trio", draw=dip_bowls, finishes=("blush", "honey", "oat", "celadon"),
            style="scandinavian", size="small", price=26, variants=(("set of 3", 1.0), ("set of 6", 1.9)), above=30,
            detail=View(-24, 30, (0.5, 0.6, 0.2), 2.2),
            opens=(
                "Three small {material} bowls that nest in each other and come out for olives.",
                "A trio of little {material} bowls for salt, oil and everything that is dipped.",
            ),
        ),
    ),
    uses=(
        "It looks as good with lemons in it as with soup.",
        "Fill it, pass it round, and it comes back empty.",
        "The inside is smooth, so a spoon finds every corner.",
        "It is made to be seen on an open shelf.",
        "The weight sits low, so it stays where it is put.",
        "It suits a long table as well as a tray on the sofa.",
    ),
    care=TABLEWARE,
)  # fmt: skip
