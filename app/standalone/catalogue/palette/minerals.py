"""Glass and stone."""

from __future__ import annotations

from standalone.catalogue.finish import Finish

MINERALS = {
    "clear-glass": Finish(
        material="glass",
        colour="clear",
        name="clear glass",
        shade="#eaf1ee",
        roughness=0.03,
        alpha=0.22,
        words=(
            "The glass is blown by mouth and cleared of its marks at the flame.",
            "Clear glass, a little heavier than it looks, catches every lamp in the room.",
            "A faint ripple in the glass shows that it was blown, not pressed.",
        ),
    ),
    "smoke-glass": Finish(
        material="glass",
        colour="grey",
        name="smoked glass",
        shade="#6d6862",
        roughness=0.03,
        alpha=0.5,
        words=(
            "The smoked glass is grey by daylight and brown by candlelight.",
            "Smoke-grey glass shows the stems inside as silhouettes.",
            "The tint is in the glass itself and can't wash off.",
        ),
    ),
    "amber-glass": Finish(
        material="glass",
        colour="yellow",
        name="amber glass",
        shade="#c0782a",
        roughness=0.03,
        alpha=0.48,
        words=(
            "The amber glass throws a warm patch of light onto the table.",
            "Amber glass turns a grey afternoon golden.",
            "The tint deepens towards the base, where the glass is thickest.",
        ),
    ),
    "sea-glass": Finish(
        material="glass",
        colour="green",
        name="sea-green glass",
        shade="#86b09b",
        roughness=0.03,
        alpha=0.42,
        words=(
            "The sea-green glass holds tiny bubbles, as recycled glass does.",
            "Old bottles give the glass its soft sea green.",
            "The green is darker at the rim, where you look through more of it.",
        ),
    ),
    "marble": Finish(
        material="marble",
        colour="white",
        name="white marble",
        shade="#ebe8e3",
        second="#8f8d8a",
        roughness=0.22,
        texture="marble",
        words=(
            "The white marble is honed, and its grey veins differ from piece to piece.",
            "Cool white marble with soft grey veins is sealed against stains.",
            "Each piece of marble is cut from the block and honed by hand.",
        ),
    ),
    "travertine": Finish(
        material="travertine",
        colour="natural",
        name="travertine",
        shade="#d8c5a8",
        second="#b49c79",
        roughness=0.6,
        texture="strata",
        words=(
            "The travertine keeps its fine pores and the bands of the spring it grew in.",
            "Honed travertine looks like a beach at low tide.",
            "The bands of the stone run straight across, cut after cut.",
        ),
    ),
    "terrazzo": Finish(
        material="terrazzo",
        colour="grey",
        name="terrazzo",
        shade="#d9d5cd",
        second="#7b6f64",
        roughness=0.35,
        texture="terrazzo",
        words=(
            "The terrazzo is cast with chips of marble and polished until they show.",
            "Chips of stone in warm greys are scattered through the terrazzo.",
            "The terrazzo is sealed and shrugs off spills.",
        ),
    ),
}
