"""Oiled wood."""

from __future__ import annotations

from functools import partial

from standalone.catalogue.finish import Finish

_wood = partial(Finish, texture="grain", roughness=0.5)

WOODS = {
    "oak": _wood(
        material="oak",
        colour="natural",
        name="oak",
        shade="#c69c6d",
        second="#a67c4e",
        words=(
            "The oak comes from managed forests and is finished with hard-wax oil.",
            "Oiled oak darkens a little with the years and takes knocks in its stride.",
            "The grain of the oak runs the long way, as it should.",
        ),
    ),
    "walnut": _wood(
        material="walnut",
        colour="brown",
        name="walnut",
        shade="#6f4a30",
        second="#4b2f1d",
        words=(
            "The walnut is chosen board by board for its quiet, even grain.",
            "Walnut shows warm browns with a violet trace in fresh light.",
            "Three coats of oil bring out the depth of the walnut.",
        ),
    ),
    "ash": _wood(
        material="ash",
        colour="cream",
        name="ash",
        shade="#dcc6a0",
        second="#c4a87c",
        words=(
            "The ash is pale and springy, with a clear, lively grain.",
            "White-oiled ash keeps its light tone for years.",
            "Ash is tough for its weight, which is why tool handles are made of it.",
        ),
    ),
    "black-ash": _wood(
        material="ash",
        colour="black",
        name="black-stained ash",
        shade="#2d2a27",
        second="#1c1a18",
        words=(
            "Black stain lets the open grain of the ash show as a fine relief.",
            "The ash is stained black and oiled, never lacquered.",
            "Stained ash reads black from afar and shows its rings up close.",
        ),
    ),
}
