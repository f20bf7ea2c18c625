"""Table lamps, all of them switched on."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View, fluted
from standalone.catalogue.joinery import Legs
from standalone.catalogue.meshes import Solid, Warp, filleted, hoop, lathe, rod, spline


def mushroom_lamp(look: Look) -> tuple[Part, ...]:
    """Draw a metal dome on a slim stem."""
    dome, height = look.vary("dome", 0.125, 0.145), look.vary("height", 0.36, 0.42)
    low = height - dome * 0.78
    angle = np.linspace(0, np.pi / 2, 22)[:, None]
    skin = np.hstack([dome * np.cos(angle) ** 0.9, low + dome * 0.78 * np.sin(angle)])
    skin[-1, 0] = 0
    inside = (skin - (0, low)) * 0.982 + (0, low)
    return (
        Part(lathe(np.vstack([inside[::-1], skin])), look.finish),
        Part(_foot(look.vary("foot", 0.075, 0.088), 0.016), look.finish),
        Part(rod([(0, 0.012, 0), (0, height - 0.03, 0)], 0.0085), look.finish),
        Part(_bulb(0.032).moved(y=low + 0.03), "opal"),
    )


def drum_lamp(look: Look) -> tuple[Part, ...]:
    """Draw a thrown base under a linen drum."""
    radius, tall = look.vary("radius", 0.07, 0.082), look.vary("tall", 0.2, 0.24)
    base = lathe(spline([(radius * 0.62, 0.0), (radius * 0.66, 0.006), (radius, tall * 0.36),
        (radius * 0.9, tall * 0.6), (0.022, tall * 0.9), (0.019, tall)]))  # fmt: skip
    return (Part(base, look.finish), *_shade(0.125, 0.14, tall + 0.028, 0.17), *_stem(tall, "brass"))


def tripod_lamp(look: Look) -> tuple[Part, ...]:
    """Draw three wooden legs under a tapered shade."""
    tall, spread = look.vary("tall", 0.25, 0.29), look.vary("spread", 0.11, 0.13)
    legs = Legs(count=3, top=0.014, low=spread, height=tall, thin=0.0085, thick=0.011)
    hub = lathe(filleted([(0.0, tall - 0.02), (0.03, tall - 0.02, 0.004), (0.03, tall + 0.012, 0.004),
        (0.0, tall + 0.012)]))  # fmt: skip
    return (
        *legs.parts(look.finish),
        Part(hub, look.finish),
        *_shade(0.09, 0.145, tall + 0.03, 0.19),
        *_stem(tall, "black-steel"),
    )


def globe_lamp(look: Look) -> tuple[Part, ...]:
    """Draw an opal globe resting in a dish."""
    radius = look.vary("radius", 0.085, 0.105)
    cup = look.vary("cup", 0.055, 0.066)
    base = lathe(
        filleted(
            [
                (0.0, 0.0),
                (cup * 1.1, 0.0, 0.003),
                (cup * 1.1, 0.014, 0.003),
                (cup * 0.55, 0.02, 0.01),
                (cup * 0.5, 0.055, 0.01),
                (cup, 0.075, 0.002),
                (cup * 0.97, 0.079, 0.001),
                (0.0, 0.07),
            ]
        )
    )
    angle = np.linspace(-np.pi / 2, np.pi / 2, 40)
    middle = 0.071 + np.sqrt(radius**2 - (cup * 0.9) ** 2)
    globe = np.stack([radius * np.cos(angle), middle + radius * np.sin(angle)], axis=1)
    globe[[0, -1], 0] = 0
    return (Part(base, look.finish), Part(lathe(globe), "opal"))


def pleated_lamp(look: Look) -> tuple[Part, ...]:
    """Draw a turned column under a pleated shade."""
    tall = look.vary("tall", 0.22, 0.25)
    k = look.vary("knob", 0.03, 0.036)
    turned = lathe(spline([(0.07, 0.0), (0.071, 0.012), (0.058, 0.024), (0.02, 0.04), (k, tall * 0.34),
        (0.018, tall * 0.5), (k * 0.85, tall * 0.7), (0.016, tall * 0.9), (0.014, tall)]))  # fmt: skip
    return (Part(turned, look.finish), *_shade(0.075, 0.15, tall + 0.024, 0.165, 44), *_stem(tall, "brass"))


def _shade(top: float, low: float, at: float, tall: float, pleats: int = 0) -> tuple[Part, ...]:
    """Return a lit cloth shade, open above and below, with a thin hem."""
    wall = 0.0016
    height = np.linspace(0, tall, 10)
    skin = low + (top - low) * height / tall
    loop = np.vstack([np.stack([skin, at + height], axis=1),
        np.stack([skin - wall, at + height], axis=1)[::-1], ])  # fmt: skip
    warp: Warp | None = fluted(pleats, 0.055, at - 0.03, at + tall + 0.03) if pleats else None
    cloth = lathe(loop, 132 if pleats else 72, warp, ends=False)
    hems = () if pleats else tuple(Part(hoop(radius, y, 0.0018), "linen") for radius, y in ((low, at),
        (top, at + tall)))  # fmt: skip
    return (Part(cloth, "lit-linen"), *hems)


def _stem(tall: float, finish: str) -> tuple[Part, ...]:
    return (
        Part(rod([(0, tall - 0.004, 0), (0, tall + 0.07, 0)], 0.0075), finish),
        Part(_bulb(0.028).moved(y=tall + 0.1), "opal"),
    )


def _foot(radius: float, height: float) -> Solid:
    return lathe(filleted([(0.0, 0.0), (radius, 0.0, 0.003), (radius, height * 0.5, 0.005), (0.012, height)]))


def _bulb(radius: float) -> Solid:
    angle = np.linspace(-np.pi / 2, np.pi / 2, 16)
    profile = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    profile[[0, -1], 0] = 0
    return lathe(profile, 28)


_SHADE = View(-30, 8, (0.1, 0.72, 0.5), 2.1)
SHELF = Shelf(
    slug="lamps",
    name="Table lamps",
    forms=(
        Form(
            noun="Mushroom Lamp", draw=mushroom_lamp, finishes=("brass", "sage-steel", "black-steel", "rust-steel"),
            style="modern", size="medium", price=129, variants=(("with dimmer", 1.15), ("with switch", 1.0)), above=9,
            detail=_SHADE,
            opens=(
                "A domed {material} shade on a slim stem keeps the bulb out of sight and the light on the page.",
                "Stem, foot and dome: a reading lamp with nothing left to take away.",
            ),
        ),
        Form(
            noun="Drum Lamp", draw=drum_lamp, finishes=("indigo", "oat", "celadon", "charcoal"),
            style="classic", size="large", price=149, variants=(("one size", 1.0),), above=8, detail=_SHADE,
            opens=(
                "A thrown {material} base carries a linen drum that spreads the light evenly.",
                "The {material} body is glazed like a jar and lit like a lantern by its linen drum.",
            ),
        ),
        Form(
            noun="Tripod Lamp", draw=tripod_lamp, finishes=("oak", "walnut", "black-ash", "ash"),
            style="scandinavian", size="large", price=139, variants=(("one size", 1.0),), above=8, detail=_SHADE,
            opens=(
                "Three {material} legs meet in a turned hub and carry a tapered linen shade.",
                "A small tripod in {finish}, steady on carpets, under a shade of undyed linen.",
            ),
        ),
        Form(
            noun="Globe Lamp", draw=globe_lamp, finishes=("brass", "walnut", "marble", "black-steel"),
            style="modern", size="small", price=98, above=10, detail=View(-24, 14, (0.0, 0.25, 0.4), 2.2),
            variants=(("cord", 1.0), ("rechargeable", 1.35)),
            opens=(
                "An opal glass globe rests in a dish of {finish} and glows like a small moon.",
                "A ball of light on a {material} foot, as simple as that.",
            ),
        ),
        Form(
            noun="Pleated Lamp", draw=pleated_lamp, finishes=("walnut", "oak", "blush", "moss"),
            style="classic", size="medium", price=135, variants=(("one size", 1.0),), above=7, detail=_SHADE,
            opens=(
                "A pleated linen shade over a {material} column with two soft knobs.",
                "Pleats fold the light into stripes; the {material} column below keeps its calm.",
            ),
        ),
    ),
    uses=(
        "It takes an E14 bulb, and one of four watts is included.",
        "Put it where the evening happens: by the sofa, by the bed, on the sill.",
        "The textile cord is two metres long, with its switch within reach.",
        "It lights a book and leaves the rest of the room in peace.",
        "Warm white suits it best.",
        "It makes a corner out of a wall.",
    ),
    care={
        "brass": ("Dust it with a dry cloth; polish only if you prefer it bright.",),
        "steel": ("Dust it with a soft, dry cloth.",),
        "stoneware": ("The base wipes clean with a damp cloth.",),
        "porcelain": ("The base wipes clean with a damp cloth.",),
        "oak": ("A little oil once a year keeps the wood fresh.",),
        "walnut": ("A little oil once a year keeps the wood deep.",),
        "ash": ("A little oil once a year keeps the wood clear.",),
        "marble": ("Wipe the stone with water only.",),
    },
)  # fmt: skip
