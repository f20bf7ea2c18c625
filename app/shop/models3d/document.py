"""The part of a glTF document that decides how heavy a model is, with a bound on every number and every list.

Source: glTF 2.0 specification, registry.khronos.org/glTF/specs/2.0/glTF-2.0.html, section 5; EXT_meshopt_compression.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_ITEMS = 5_000  # in any list of the file; a model within the budgets has a few dozen
MAX_IMAGES = 100  # five for each of twenty materials
MAX_UNFOLDED_BYTES = 96_000_000  # 150,000 triangles need about 30 MB, however wastefully they are stored
COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MESHOPT = "EXT_meshopt_compression"

Index = Annotated[int, Field(ge=0, lt=MAX_ITEMS)]
Count = Annotated[int, Field(ge=0, le=MAX_UNFOLDED_BYTES)]
Item = TypeVar("Item")
Many = Annotated[tuple[Item, ...], Field(strict=False, max_length=MAX_ITEMS)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, alias_generator=to_camel)


class Sparse(_Part):
    """Single elements of an accessor that differ from the rest."""

    count: Count


class Accessor(_Part):
    """Numbers of one kind. Without a buffer view they are zeros, which cost nothing in the file and much in memory."""

    component_type: Literal[5120, 5121, 5122, 5123, 5125, 5126]
    type: Literal["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"]
    count: Count
    sparse: Sparse | None = None

    @property
    def unfolded_bytes(self) -> int:
        """What it takes in memory."""
        size = COMPONENT_BYTES[self.component_type] * COMPONENTS[self.type]
        return size * (self.count + (self.sparse.count if self.sparse else 0))


class Meshopt(_Part):
    """A compressed view: count times stride bytes when it is unfolded. Source: EXT_meshopt_compression."""

    count: Count
    byte_stride: Annotated[int, Field(ge=0, le=256)]


class ViewExtensions(_Part):
    """The one extension of buffer views that is read."""

    meshopt: Meshopt | None = Field(default=None, alias=MESHOPT)


class BufferView(_Part):
    """A part of a buffer."""

    buffer: Index
    byte_offset: Count = 0
    byte_length: Count
    extensions: ViewExtensions = ViewExtensions()

    @property
    def unfolded_bytes(self) -> int:
        """What it takes in memory beside the file, if it is compressed."""
        meshopt = self.extensions.meshopt
        return meshopt.count * meshopt.byte_stride if meshopt else 0


class Buffer(_Part):
    """Bytes: of the GLB file, or in a data URI, or made up by whoever unfolds a compressed view."""

    byte_length: Count
    uri: str | None = None


class Image(_Part):
    """A texture's picture."""

    uri: str | None = None
    buffer_view: Index | None = None


class Primitive(_Part):
    """What one draw call draws."""

    attributes: dict[str, Index]
    indices: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = 4


class Mesh(_Part):
    """Primitives that belong together."""

    primitives: Many[Primitive]


class Node(_Part):
    """A place in the scene."""

    mesh: Index | None = None
    children: Many[Index] = ()


class Scene(_Part):
    """What is shown."""

    nodes: Many[Index] = ()


class Document(_Part):
    """The part of a glTF document that decides how heavy a model is."""

    accessors: Many[Accessor] = ()
    buffer_views: Many[BufferView] = ()
    buffers: Many[Buffer] = ()
    images: Annotated[tuple[Image, ...], Field(strict=False, max_length=MAX_IMAGES)] = ()
    meshes: Many[Mesh] = ()
    nodes: Many[Node] = ()
    scenes: Many[Scene] = ()
    scene: Index = 0
    extensions_used: Many[str] = ()
    extensions_required: Many[str] = ()
