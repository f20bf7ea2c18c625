"""Linen and wool."""

from __future__ import annotations

from standalone.catalogue.finish import Finish

CLOTHS = {
    "linen": Finish(
        material="linen",
        colour="natural",
        name="natural linen",
        shade="#dacdb4",
        second="#b8a88a",
        roughness=0.95,
        texture="weave",
        words=(
            "The linen is woven undyed, with slubs that show when the light is on.",
            "Natural linen turns the light soft and warm.",
        ),
    ),
    "wool": Finish(
        material="wool",
        colour="grey",
        name="grey wool",
        shade="#8d8a86",
        second="#605d5a",
        roughness=0.98,
        texture="weave",
        words=(
            "The wool felt is dense and warm, and springs back after sitting.",
            "Grey wool hides crumbs until you find the brush.",
            "The cover is woven from undyed wool of two greys.",
        ),
    ),
    "rust-wool": Finish(
        material="wool",
        colour="red",
        name="rust wool",
        shade="#a4553b",
        second="#783a27",
        roughness=0.98,
        texture="weave",
        words=(
            "The wool is piece-dyed in a warm rust red.",
            "A rust-red cover makes the seat the first thing you see.",
            "The wool is tightly woven and does not pill.",
        ),
    ),
    "moss-wool": Finish(
        material="wool",
        colour="green",
        name="moss wool",
        shade="#5d6547",
        second="#3f4630",
        roughness=0.98,
        texture="weave",
        words=(
            "Moss-green wool with a trace of yellow looks grown rather than dyed.",
            "The green wool is woven in a small mill on the coast.",
            "The cover comes off for cleaning.",
        ),
    ),
    "cream-wool": Finish(
        material="wool",
        colour="cream",
        name="cream wool",
        shade="#e0d6c3",
        second="#c3b59c",
        roughness=0.98,
        texture="weave",
        words=(
            "Cream wool with a deep texture softens the shape.",
            "The undyed wool is the colour the sheep had.",
            "The cover is looped, soft and dense.",
        ),
    ),
}
