"""Shelves for the wall and for the floor."""

from __future__ import annotations

import numpy as np

from standalone.catalogue.forms import Form, Look, Part, Place, Shelf, View
from standalone.catalogue.meshes import Solid, box, circle, extruded, filleted, rod, sweep


def bracket_shelf(look: Look) -> tuple[Part, ...]:
    """Draw a board on two bent brackets."""
    width, deep = look.vary("width", 0.7, 0.82), look.vary("deep", 0.19, 0.22)
    board = box(width, 0.024, deep, 0.004, 0.05).moved(y=0.16, z=deep / 2)
    metal = "brass" if look.finish == "walnut" else "black-steel"
    parts = [Part(board, look.finish)]
    for x in (-width * 0.34, width * 0.34):
        path = np.array(
            [[x, y, 0.004] for y in np.linspace(0.0, 0.146, 6)]
            + [[x, 0.1555, z] for z in np.linspace(0.014, deep - 0.01, 6)]
        )
        bar = np.array([[-0.011, -0.0035], [0.011, -0.0035], [0.011, 0.0035], [-0.011, 0.0035]])
        parts.append(Part(sweep(path, bar[:, ::-1]), metal))
        brace = rod([(x, 0.03, 0.004), (x, 0.152, deep * 0.72)], 0.0045, 12)
        parts.append(Part(brace, metal))
    return tuple(parts)


def ladder_shelf(look: Look) -> tuple[Part, ...]:
    """Draw two leaning uprights with boards that grow deeper to the floor."""
    width, height = look.vary("width", 0.48, 0.56), look.vary("height", 1.66, 1.82)
    parts: list[Part] = []
    lean = 0.34
    for x in (-width / 2, width / 2):
        upright = box(0.028, height, 0.045, 0.006).turned("x", -np.degrees(np.arctan(lean / height)))
        parts.append(Part(upright.moved(x, 0.006, lean), look.finish))
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        y = height * share
        deep = 0.05 + lean * (1 - share) + 0.04
        parts.append(Part(box(width, 0.02, deep, 0.004).moved(0, y, lean * (1 - share) - deep / 2 + 0.04), look.finish))
    return tuple(parts)


def cube_case(look: Look) -> tuple[Part, ...]:
    """Draw a bookcase of square compartments, with a few things in it."""
    columns, rows = 2, 3
    cell, thick, deep = look.vary("cell", 0.33, 0.36), 0.02, 0.32
    width, height = columns * cell + (columns + 1) * thick, rows * cell + (rows + 1) * thick
    parts = [
        Part(box(thick, height, deep, 0.003, 0.09).moved(i * (cell + thick) - width / 2 + thick / 2), look.finish)
        for i in range(columns + 1)
    ]
    for column in range(columns):
        x = column * (cell + thick) + thick + cell / 2 - width / 2
        parts.extend(
            Part(box(cell + 0.002, thick, deep - 0.002, 0.003, 0.09).moved(x, j * (cell + thick)), look.finish)
            for j in range(rows + 1)
        )
    parts.append(
        Part(box(width - 0.01, height - 0.01, 0.008, 0.002, 0.09).moved(0, 0.005, -deep / 2 + 0.006), look.finish)
    )
    parts.extend(_books(look, -width / 2 + thick + 0.02, thick + cell + thick, 0.02))
    parts.extend(_books(look, thick / 2 + 0.04, thick, 0.01))
    return tuple(parts)


def ledge_shelf(look: Look) -> tuple[Part, ...]:
    """Draw a picture ledge with a lip in front."""
    width = look.vary("width", 0.62, 0.76)
    thick, deep, tall = 0.012, 0.105, 0.075
    outline = filleted([(0.0, 0.0), (deep, 0.0, 0.003), (deep, 0.032, 0.005),
        (deep - thick, 0.032, 0.005), (deep - thick, thick, 0.004), (thick, thick, 0.004),
        (thick, tall, 0.005), (0.0, tall)])  # fmt: skip
    rail = extruded([outline], width).turned("y", -90)
    frame = _frame(0.2, 0.26).turned("x", -7).moved(-width * 0.2, thick, 0.052)
    small = _frame(0.14, 0.18).turned("x", -8).moved(width * 0.16, thick, 0.056)
    return (Part(rail, look.finish), Part(frame, "hands"),
        Part(small, "oak" if look.finish != "oak" else "walnut"),
        Part(_sheet(0.2, 0.26).turned("x", -7).moved(-width * 0.2, thick, 0.052), "dial"),
        Part(_sheet(0.14, 0.18).turned("x", -8).moved(width * 0.16, thick, 0.056), "sand"))  # fmt: skip


def rail_shelf(look: Look) -> tuple[Part, ...]:
    """Draw three boards between two wire ladders."""
    width, height = look.vary("width", 0.58, 0.66), look.vary("height", 0.68, 0.76)
    deep = 0.2
    metal = "white-steel" if look.finish in {"oak", "ash"} else "black-steel"
    parts: list[Part] = []
    for x in (-width / 2, width / 2):
        uprights = [rod([(x, 0.0, z), (x, height, z)], 0.004, 12) for z in (0.006, deep)]
        steps = [
            sweep(np.array([[x, y, z] for z in np.linspace(0.004, deep + 0.002, 4)]), circle(0.0032, 10))
            for y in np.linspace(0.02, height - 0.02, 9)
        ]
        parts.extend(Part(wire, metal) for wire in (*uprights, *steps))
    for share in (0.06, 0.46, 0.86):
        board = box(width + 0.03, 0.017, deep - 0.012, 0.003, 0.05).moved(0, height * share, deep / 2 + 0.003)
        parts.append(Part(board, look.finish))
    parts.extend(_books(look, -width * 0.38, height * 0.06 + 0.017, deep / 2, 0.8))
    return tuple(parts)


def _books(look: Look, x: float, y: float, z: float, scale: float = 1.0) -> list[Part]:
    """Return a few books that stand in a row."""
    books: list[Part] = []
    colours = ("clay", "dial", "slate", "sand", "moss", "charcoal")
    for i in range(6):
        thick = look.vary(f"book{i}", 0.016, 0.036) * scale
        tall, deep = look.vary(f"tall{i}", 0.19, 0.25) * scale, look.vary(f"deep{i}", 0.13, 0.17) * scale
        books.append(Part(box(thick - 0.0015, tall, deep, 0.002, 0.08).moved(x + thick / 2, y, z), colours[i]))
        x += thick
    return books


def _frame(width: float, height: float) -> Solid:
    outer = np.array([[-width / 2, 0], [width / 2, 0], [width / 2, height], [-width / 2, height]])
    inner = (outer - (0, height / 2)) * (1 - 0.024 / width, 1 - 0.024 / height) + (0, height / 2)
    return extruded([outer, inner], 0.014)


def _sheet(width: float, height: float) -> Solid:
    return box(width - 0.02, height - 0.02, 0.004, 0.001, 0.012).moved(y=0.01)


_BOARD = View(-34, 14, (0.6, 0.75, 0.9), 2.4)
SHELF = Shelf(
    slug="shelves",
    name="Shelves",
    forms=(
        Form(
            noun="Wall Shelf", draw=bracket_shelf, finishes=("oak", "walnut", "ash", "black-ash"),
            style="scandinavian", size="small", price=89, place=Place.WALL, above=14, detail=_BOARD,
            variants=(("76 cm", 1.0), ("100 cm", 1.25), ("120 cm", 1.45)),
            opens=(
                "A solid {material} board on two braced brackets of bent metal.",
                "One board of {material}, two brackets and four screws: the shelf most people mean.",
            ),
        ),
        Form(
            noun="Ladder Shelf", draw=ladder_shelf, finishes=("ash", "oak", "black-ash", "walnut"),
            style="scandinavian", size="large", price=219, variants=(("one size", 1.0),), above=10,
            detail=View(-30, 12, (0.2, 0.5, 0.6), 2.6),
            opens=(
                "Two leaning {material} uprights hold five boards that grow deeper towards the floor.",
                "It leans against the wall like a ladder and holds more than you would think.",
            ),
        ),
        Form(
            noun="Bookcase", draw=cube_case, finishes=("walnut", "black-ash", "oak", "ash"),
            style="modern", size="large", price=389, above=12, detail=View(-30, 14, (-0.3, 0.5, 0.9), 2.4),
            variants=(("2 by 3", 1.0), ("2 by 4", 1.3)),
            opens=(
                "Six square compartments in {material} veneer on a solid frame, with a back that keeps it true.",
                "A bookcase of six cubes in {finish}, each wide enough for records.",
            ),
        ),
        Form(
            noun="Picture Ledge", draw=ledge_shelf, finishes=("white-steel", "oak", "black-steel", "walnut"),
            style="modern", size="small", price=39, place=Place.WALL, above=12, detail=_BOARD,
            variants=(("70 cm", 1.0), ("110 cm", 1.4)),
            opens=(
                "A narrow {material} ledge with a lip in front, for pictures that like to change places.",
                "Frames lean on this {material} ledge and need no nails of their own.",
            ),
        ),
        Form(
            noun="Wire Shelf", draw=rail_shelf, finishes=("oak", "walnut", "ash", "black-ash"),
            style="modern", size="medium", price=159, place=Place.WALL, above=12,
            detail=View(-32, 14, (0.6, 0.8, 0.9), 2.4),
            variants=(("three boards", 1.0), ("four boards", 1.25)),
            opens=(
                "Three {material} boards hang between two wire ladders, at any height you like.",
                "Wire ladders of powder-coated steel carry three boards of {material}.",
            ),
        ),
    ),
    uses=(
        "Screws and plugs for masonry are in the box.",
        "It holds books, plants and the bowl with the keys.",
        "It looks finished with nothing on it and better with something.",
        "Mount two above one another, and a wall becomes a library.",
        "It carries 25 kilograms for each metre.",
        "It fits a hall, a kitchen or the wall above a desk.",
    ),
    care={
        "oak": ("Dust it, and oil it when it looks dry.",),
        "walnut": ("Dust it, and oil it when it looks dry.",),
        "ash": ("Wipe it with a soft, dry cloth.",),
        "steel": ("It wipes clean with a damp cloth.",),
    },
)  # fmt: skip
