"""How heavy a model may be: so that a phone on a slow line shows it within seconds.

Source of the figures: Khronos 3D Commerce, Asset Creation Guidelines 1.0, section 99, mobile AR and web catalogues:
3 MB (under 3 s at 10 Mb/s), 150,000 triangles, 20 draw calls, textures of 2K.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shop.models3d.document import Document, Primitive
from shop.models3d.finding import Finding
from shop.models3d.gltf import Model
from shop.uploads.picture import look_at

MAX_BYTES = 3_000_000
MAX_TRIANGLES = 150_000
MAX_DRAW_CALLS = 20
MAX_TEXTURE_SIDE = 2048


@dataclass(frozen=True, slots=True)
class Figures:
    """What drawing a model costs. ``texture_side`` is the longest side of its largest texture, in pixels."""

    triangles: int
    draw_calls: int
    texture_side: int


def measure(model: Model) -> Figures:
    """Return what it costs to draw the model. Pure."""
    document, times = model.document, _times_drawn(model.document)
    textures = [look_at(model.head_of(image)) for image in document.images]
    return Figures(
        triangles=sum(
            number * sum(_triangles(document, primitive) for primitive in document.meshes[mesh].primitives)
            for mesh, number in times.items()
        ),
        draw_calls=sum(number * len(document.meshes[mesh].primitives) for mesh, number in times.items()),
        texture_side=max((max(found.width, found.height) for found in textures if found), default=0),
    )


def over_budget(figures: Figures) -> Iterator[Finding]:
    """Say what of the model is too much, by how much, and how to mend it. Pure."""
    if figures.triangles == 0:
        yield Finding("nothing_to_draw", "The scene of the model draws no triangle.", where="/scenes",
                      cure="Export the objects themselves, as triangles, in the scene that is shown.")  # fmt: skip
    if figures.triangles > MAX_TRIANGLES:
        share = 100 - 100 * MAX_TRIANGLES // figures.triangles
        yield Finding(
            "too_many_triangles",
            f"The model has {figures.triangles:,} triangles; the limit is {MAX_TRIANGLES:,}.",
            where="/meshes",
            cure=f"Take away {share} % of them (in Blender: the modifier Decimate); fine detail can be a normal map.",
        )
    if figures.draw_calls > MAX_DRAW_CALLS:
        yield Finding(
            "too_many_draw_calls",
            f"The model is drawn in {figures.draw_calls:,} parts; the limit is {MAX_DRAW_CALLS}.",
            where="/nodes",
            cure="Join the parts that share a material, and put small textures together into one.",
        )
    if figures.texture_side > MAX_TEXTURE_SIDE:
        yield Finding(
            "texture_too_large",
            f"A texture is {figures.texture_side:,} pixels wide or high; the limit is {MAX_TEXTURE_SIDE:,}.",
            where="/images",
            cure=f"Scale it to {MAX_TEXTURE_SIDE} × {MAX_TEXTURE_SIDE} pixels or less.",
        )


def too_heavy(size_bytes: int, texture_bytes: int) -> Iterator[Finding]:
    """Say so if the file is too large although it was compressed. Pure."""
    if size_bytes > MAX_BYTES:
        share = 100 * texture_bytes // size_bytes
        cure = (
            "Make its textures smaller: 1024 × 1024 pixels weigh a quarter of 2048 × 2048."
            if share >= 50
            else "Simplify it: fewer triangles, and no vertex colours or second texture coordinates that nobody sees."
        )
        yield Finding(
            "too_heavy",
            f"The compressed model has {size_bytes / 1_000_000:.1f} MB, {share} % of it textures; "
            f"the limit is {MAX_BYTES / 1_000_000:.0f} MB.",
            cure=cure,
        )


def _times_drawn(document: Document) -> Counter[int]:
    """Return how often the scene shows each mesh. Pure."""
    times: Counter[int] = Counter()
    waiting = list(document.scenes[document.scene].nodes) if document.scene < len(document.scenes) else []
    seen: set[int] = set()  # a scene is a tree; whatever else is in the file must not keep us here
    while waiting:
        at = waiting.pop()
        if at in seen or at >= len(document.nodes):
            continue
        seen.add(at)
        node = document.nodes[at]
        waiting.extend(node.children)
        if node.mesh is not None and node.mesh < len(document.meshes):
            times[node.mesh] += 1
    return times


def _triangles(document: Document, primitive: Primitive) -> int:
    """Return how many triangles a primitive has. Pure. Source: glTF 2.0, 3.7.2.1, primitive modes."""
    at = primitive.attributes.get("POSITION") if primitive.indices is None else primitive.indices
    if at is None or at >= len(document.accessors):
        return 0
    count = document.accessors[at].count
    match primitive.mode:
        case 4:
            return count // 3
        case 5 | 6:
            return max(0, count - 2)
        case _:
            return 0  # points and lines
