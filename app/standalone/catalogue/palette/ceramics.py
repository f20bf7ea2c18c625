"""Glazes and bare clay."""

from __future__ import annotations

from functools import partial

from standalone.catalogue.finish import Finish

_glaze = partial(Finish, texture="mottle", second="#6b5a48")

CERAMICS = {
    "oat": _glaze(
        material="stoneware",
        colour="cream",
        name="oat",
        shade="#d9cdb6",
        roughness=0.38,
        texture="speckle",
        second="#5c4a38",
        words=(
            "The oat glaze is freckled with iron from the clay, so no two pieces look quite alike.",
            "A creamy glaze lets specks of the dark clay show through.",
            "Iron in the clay draws fine freckles through the pale glaze.",
        ),
    ),
    "indigo": _glaze(
        material="stoneware",
        colour="blue",
        name="indigo",
        shade="#27405f",
        roughness=0.2,
        second="#16273d",
        words=(
            "The indigo glaze pools darker in the hollows and breaks lighter on the edges.",
            "Two coats of glaze give the blue its depth.",
            "Held to the window, the blue shows a trace of green.",
        ),
    ),
    "moss": _glaze(
        material="stoneware",
        colour="green",
        name="moss",
        shade="#6f7a55",
        roughness=0.34,
        texture="speckle",
        second="#3f452c",
        words=(
            "The moss green comes from copper and a little ash in the glaze.",
            "A satin glaze in moss green softens every edge.",
            "The green shifts from olive to sage with the light.",
        ),
    ),
    "charcoal": _glaze(
        material="stoneware",
        colour="black",
        name="charcoal",
        shade="#34322f",
        roughness=0.62,
        second="#1f1d1b",
        words=(
            "The charcoal surface is matt and feels like a smooth pebble.",
            "A dry, dark glaze keeps reflections away and puts the shape first.",
            "Deep charcoal makes whatever stands beside it look brighter.",
        ),
    ),
    "blush": _glaze(
        material="stoneware",
        colour="pink",
        name="blush",
        shade="#d3a695",
        roughness=0.45,
        second="#b98673",
        words=(
            "The blush tone is mixed from pink slip and a clear satin glaze.",
            "A warm blush glaze, never sugary, goes with wood and linen alike.",
            "The pink is dusty rather than sweet.",
        ),
    ),
    "honey": _glaze(
        material="stoneware",
        colour="yellow",
        name="honey",
        shade="#b5762a",
        roughness=0.18,
        second="#7c4713",
        words=(
            "The honey glaze runs in the kiln and gathers amber in every groove.",
            "A glossy amber glaze makes the clay beneath it glow.",
            "Where the glaze lies thick it turns the colour of dark honey.",
        ),
    ),
    "celadon": _glaze(
        material="porcelain",
        colour="green",
        name="celadon",
        shade="#b3c7b8",
        roughness=0.16,
        second="#9bb3a3",
        words=(
            "Celadon, the pale green of old porcelain, is fired with little air in the kiln.",
            "The celadon glaze is clear enough to show the white body beneath.",
            "The green is so light that it seems grey at dusk.",
        ),
    ),
    "chalk": _glaze(
        material="porcelain",
        colour="white",
        name="chalk",
        shade="#ece8e0",
        roughness=0.4,
        texture=None,
        words=(
            "The chalk white is satin rather than glossy, and kind to fingerprints.",
            "Plain white lets the light do the decorating.",
            "The white is warm, closer to milk than to snow.",
        ),
    ),
    "slate": _glaze(
        material="porcelain",
        colour="grey",
        name="slate",
        shade="#7c8589",
        roughness=0.3,
        second="#666f74",
        words=(
            "The slate grey is stained through the body, so a chip would not show.",
            "A cool grey with a hint of blue, calm in any light.",
            "The grey is quiet enough to live with for years.",
        ),
    ),
    "clay": _glaze(
        material="terracotta",
        colour="red",
        name="terracotta",
        shade="#b5694a",
        roughness=0.85,
        second="#944f35",
        words=(
            "The terracotta is left bare, warm to the eye and dry to the touch.",
            "Fired without glaze, the clay keeps the colour it had in the ground.",
            "The bare clay grows a soft patina over the years.",
        ),
    ),
    "sand": _glaze(
        material="terracotta",
        colour="natural",
        name="sand",
        shade="#d2b48f",
        roughness=0.85,
        texture="speckle",
        second="#a98a66",
        words=(
            "The sand-coloured clay is washed, sieved and fired bare.",
            "A pale clay body has the colour of dry sand.",
            "Fine grog gives the bare clay a soft grain.",
        ),
    ),
}
