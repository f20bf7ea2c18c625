"""Candle holders, some of them lit."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Shelf, View, vessel
from standalone.catalogue.meshes import Floats, Solid, box, circle, cut, cut_by, filleted, lathe, rod, spline, sweep

TAPER = 0.0108  # the radius of a dinner candle


def candlestick(look: Look) -> tuple[Part, ...]:
    """Draw a turned stick with a drip pan."""
    height, foot = look.vary("height", 0.17, 0.22), look.vary("foot", 0.042, 0.05)
    knob = look.vary("knob", 0.013, 0.018)
    stick = lathe(spline([(foot, 0.0), (foot * 1.01, 0.006), (foot * 0.8, 0.014), (0.012, 0.03),
        (0.0085, height * 0.32), (knob, height * 0.44), (0.0085, height * 0.56), (0.008, height * 0.78),
        (0.013, height * 0.85), (0.026, height * 0.875), (0.0268, height * 0.895),
        (0.0145, height * 0.905), (0.0145, height), (0.0115, height), (0.0112, height * 0.94)], 5))  # fmt: skip
    return (Part(stick, look.finish), *_taper(height * 0.94, 0.17))


def chamberstick(look: Look) -> tuple[Part, ...]:
    """Draw a saucer with a socket and a loop for the finger."""
    radius = look.vary("radius", 0.06, 0.068)
    dish = lathe(vessel(spline([(radius * 0.68, 0.002), (radius * 0.86, 0.006), (radius, 0.02)]), 0.0026, 0.003))
    socket = lathe(filleted([(0.0, 0.003), (0.024, 0.003, 0.008), (0.0145, 0.014, 0.008),
        (0.0145, 0.04, 0.001), (0.017, 0.042, 0.001), (0.0112, 0.043, 0.001), (0.0112, 0.03),
        (0.0, 0.03)]))  # fmt: skip
    angle = np.linspace(0.35 * np.pi, 1.9 * np.pi, 22)
    loop = np.stack([radius + 0.012 - 0.016 * np.cos(angle), 0.02 + 0.016 * np.sin(angle), 0 * angle], axis=1)
    return (Part(dish, look.finish), Part(socket, look.finish),
        Part(sweep(loop, circle(0.0028, 14, 1.0)), look.finish), *_taper(0.03, 0.15))  # fmt: skip


def pierced_cup(look: Look) -> tuple[Part, ...]:
    """Draw a cup for a tea light, pierced all round."""
    radius, height = look.vary("radius", 0.042, 0.048), look.vary("height", 0.085, 0.1)
    side = spline([(radius * 0.82, 0.002), (radius * 0.97, 0.012), (radius, height * 0.5), (radius * 0.92, height)])
    hole = rod([(radius * 0.7, 0, 0), (radius * 1.3, 0, 0)], 0.0042, 16)
    copies = []
    for row in range(5):
        y = height * (0.26 + 0.145 * row)
        for i in range(14):
            a = 2 * np.pi * (i + 0.5 * (row % 2)) / 14
            cos, sin = np.cos(a), np.sin(a)
            copies.append(np.array([[cos, 0, sin, 0], [0, 1, 0, y], [-sin, 0, cos, 0]], float))
    cup = cut_by(lathe(vessel(side, 0.003, 0.005), 84), hole, copies)
    candle = lathe(filleted([(0.0, 0.008), (0.019, 0.008), (0.019, 0.02, 0.001), (0.0, 0.0195)]), 40)
    return (Part(cup, look.finish), Part(candle, "wax"), *_flame(0.0245, 0.8))


def candle_block(look: Look) -> tuple[Part, ...]:
    """Draw a long block with three holes."""
    width, height = look.vary("width", 0.3, 0.36), look.vary("height", 0.048, 0.058)
    hole = lathe(filleted([(0.0, 0.0), (TAPER + 0.0006, 0.0), (TAPER + 0.0006, 0.04), (0.0, 0.04)]), 32)
    places = (-width * 0.32, 0.0, width * 0.32)
    block = cut(box(width, height, 0.062, 0.004, 0.04), *(hole.moved(x, height - 0.026) for x in places))
    talls = (0.16, 0.2, 0.18)
    candles = [
        Part(part.solid.moved(x=x), part.finish)
        for x, tall in zip(places, talls, strict=True)
        for part in _taper(height - 0.025, tall)
    ]
    return (Part(block, look.finish), *candles)


def pebble_holder(look: Look) -> tuple[Part, ...]:
    """Draw three pebbles on top of one another, with a candle in the last."""
    parts: list[Part] = []
    y = 0.0
    for i, radius in enumerate((look.vary("low", 0.048, 0.054), look.vary("middle", 0.036, 0.042), 0.029)):
        high = radius * look.vary(f"flat{i}", 0.62, 0.74)
        angle = np.linspace(-np.pi / 2, np.pi / 2, 26)
        pebble = np.stack([radius * np.abs(np.cos(angle)) ** 0.86, y + high + high * np.sin(angle)], axis=1)
        pebble[[0, -1], 0] = 0
        parts.append(Part(lathe(pebble), look.finish))
        y += 2 * high - 0.003
    collar = lathe(filleted([(0.0, y - 0.006), (0.0155, y - 0.006), (0.0155, y + 0.012, 0.0015),
        (0.0114, y + 0.012, 0.001), (0.0112, y), (0.0, y)]), 40)  # fmt: skip
    return (*parts, Part(collar, look.finish), *_taper(y, 0.15))


def _taper(base: float, tall: float) -> tuple[Part, ...]:
    wax = lathe(
        filleted([(0.0, base), (TAPER, base), (TAPER * 0.86, base + tall, 0.004), (0.0, base + tall - 0.001)]), 32
    )
    return Part(wax, "wax"), *_flame(base + tall, 1.0)


def _flame(at: float, size: float) -> tuple[Part, ...]:
    wick = rod([(0, at - 0.006, 0), (0, at + 0.007 * size, 0)], 0.0011, 10)
    body = spline([(0.0, 0.0), (0.0038, 0.004), (0.0046, 0.009), (0.0028, 0.018), (0.0006, 0.026), (0.0, 0.028)], 6)
    return Part(wick, "wick"), Part(_lathe_flame(body * size, at + 0.0055 * size), "flame")


def _lathe_flame(profile: Floats, at: float) -> Solid:
    return lathe(np.maximum(profile, (0.0, -1.0)), 24).moved(y=at)


_TOP = View(-26, 14, (0.0, 0.38, 0.2), 2.0)
SHELF = Shelf(
    slug="candle-holders",
    name="Candle holders",
    forms=(
        Form(
            noun="Candlestick", draw=candlestick, finishes=("brass", "walnut", "black-steel", "marble"),
            style="classic", size="medium", price=34, above=9, detail=_TOP,
            variants=(("18 cm", 1.0), ("24 cm", 1.2), ("30 cm", 1.4)),
            opens=(
                "A {material} candlestick with a knot in its stem and a pan that catches the drips.",
                "Foot, stem, knot and pan, turned in {material}: the candlestick as everybody knows it.",
            ),
        ),
        Form(
            noun="Chamberstick", draw=chamberstick, finishes=("cream-enamel", "brass", "blue-enamel", "sage-steel"),
            style="rustic", size="small", price=26, variants=(("single", 1.0), ("pair", 1.9)), above=16,
            detail=View(-26, 22, (0.2, 0.18, 0.3), 2.4),
            opens=(
                "A saucer, a socket and a loop for one finger: light to carry upstairs.",
                "The chamberstick comes from a time before switches, and the {material} from ours.",
            ),
        ),
        Form(
            noun="Pierced Tealight Cup", draw=pierced_cup, finishes=("chalk", "brass", "clay", "black-steel"),
            style="mediterranean", size="small", price=18, above=14, detail=View(-26, 14, (0.1, 0.6, 0.5), 2.2),
            variants=(("single", 1.0), ("set of 3", 2.7)),
            opens=(
                "Seventy small holes turn one tea light into a room full of dots.",
                "A {material} cup, pierced in five rows, that throws its pattern on the table.",
            ),
        ),
        Form(
            noun="Candle Block", draw=candle_block, finishes=("oak", "travertine", "walnut", "terrazzo"),
            style="scandinavian", size="large", price=42, variants=(("three candles", 1.0), ("five candles", 1.5)),
            above=14,
            detail=View(-30, 18, (0.3, 0.3, 0.4), 2.2),
            opens=(
                "A long block of {material} with holes for three candles, low enough to talk across.",
                "Three candles in a row, held by nothing more than a block of {material}.",
            ),
        ),
        Form(
            noun="Pebble Holder", draw=pebble_holder, finishes=("charcoal", "celadon", "blush", "oat"),
            style="japanese", size="small", price=29, variants=(("low", 0.9), ("tall", 1.0)), above=10, detail=_TOP,
            opens=(
                "Three {material} pebbles, one on the other, and a candle on top.",
                "It looks as if somebody had piled up stones on the beach and lit the last one.",
            ),
        ),
    ),
    uses=(
        "It turns supper into dinner.",
        "It takes the candles that every shop has.",
        "Put several of different heights together and leave the lamp off.",
        "A disc of felt below keeps the table safe.",
        "It looks finished even when the candle has burnt down.",
        "Keep a box of matches beside it, and it will be used.",
    ),
    care={
        "brass": ("Wax comes off with warm water; the shine comes back with a cloth.",),
        "steel": ("Wax comes off with warm water.",), "enamel": ("Wax comes off with warm water.",),
        "stoneware": ("Wax comes off with warm water.",), "porcelain": ("Wax comes off with warm water.",),
        "terracotta": ("Scrape wax off with a wooden stick.",), "oak": ("Scrape wax off with a wooden stick.",),
        "walnut": ("Scrape wax off with a wooden stick.",), "marble": ("Lift wax off with a plastic card.",),
        "travertine": ("Lift wax off with a plastic card.",), "terrazzo": ("Lift wax off with a plastic card.",),
    },
)  # fmt: skip
