"""Metal: bare, powder-coated and enamelled."""

from __future__ import annotations

from functools import partial

from standalone.catalogue.finish import Finish

_metal = partial(Finish, metalness=1.0)

METALS = {
    "brass": _metal(
        material="brass",
        colour="gold",
        name="brass",
        shade="#f0c878",
        roughness=0.28,
        words=(
            "The brass is brushed by hand and left to age.",
            "Unlacquered brass turns from gold to honey with use.",
            "A soft cloth brings back the shine of the brass, if you want it back.",
        ),
    ),
    "steel": _metal(
        material="steel",
        colour="grey",
        name="brushed steel",
        shade="#c3c4c4",
        roughness=0.32,
        words=(
            "The brushed steel hides small scratches well.",
            "Stainless steel keeps its cool, even sheen.",
            "The steel is ground in one direction, so light runs across it in a band.",
        ),
    ),
    "black-steel": _metal(
        material="steel",
        colour="black",
        name="black steel",
        shade="#262626",
        roughness=0.55,
        metalness=0.0,
        words=(
            "The steel is powder-coated in a deep matt black.",
            "A matt black coat makes the steel look drawn with a pen.",
            "Powder coating keeps the steel safe from rust and rings.",
        ),
    ),
    "sage-steel": _metal(
        material="steel",
        colour="green",
        name="sage steel",
        shade="#8c9a83",
        roughness=0.5,
        metalness=0.0,
        words=(
            "The steel is powder-coated in a soft sage green.",
            "Sage green looks fresh beside wood and calm beside white.",
            "The coat is baked on and hard to scratch.",
        ),
    ),
    "rust-steel": _metal(
        material="steel",
        colour="red",
        name="rust-red steel",
        shade="#9c4a33",
        roughness=0.5,
        metalness=0.0,
        words=(
            "The steel is powder-coated in a warm rust red.",
            "Rust red brings a spot of warmth to a pale room.",
            "The colour is baked on and does not flake.",
        ),
    ),
    "white-steel": _metal(
        material="steel",
        colour="white",
        name="white steel",
        shade="#e9e6df",
        roughness=0.45,
        metalness=0.0,
        words=(
            "The steel is powder-coated in a warm white.",
            "A warm white coat lets the metal step back into the wall.",
            "The coat wipes clean and does not yellow.",
        ),
    ),
    "blue-steel": _metal(
        material="steel",
        colour="blue",
        name="blue steel",
        shade="#3f5f7d",
        roughness=0.5,
        metalness=0.0,
        words=(
            "The steel is powder-coated in a smoky blue.",
            "Smoky blue is colour enough for a whole corner.",
            "The blue coat is baked on and wipes clean.",
        ),
    ),
    "cream-enamel": Finish(
        material="enamel",
        colour="cream",
        name="cream enamel",
        shade="#eee4cd",
        roughness=0.14,
        words=(
            "Enamel is glass melted onto steel: light, tough and cheerful.",
            "The cream enamel is fired twice and dipped by hand.",
            "Small marks in the enamel are signs of the hand that dipped it.",
        ),
    ),
    "blue-enamel": Finish(
        material="enamel",
        colour="blue",
        name="blue enamel",
        shade="#2e4a72",
        roughness=0.12,
        texture="speckle",
        second="#b9c6d6",
        words=(
            "White flecks float in the blue enamel like stars.",
            "The blue enamel is fired onto a steel core.",
            "Enamel does not mind the campfire or the dishwasher.",
        ),
    ),
}
