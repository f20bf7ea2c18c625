"""What rays can be sent to, and what they meet. Source of the tool: Intel Embree, by its Python binding embreex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.forms import Part
from standalone.catalogue.surfaces import laid

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Claims = NDArray[np.bool_]

# What a row has for each point of a body.
NORMAL, TEXTURE, LIGHT, OPEN = slice(0, 3), slice(3, 5), slice(5, 8), 8

SHARP = 0.8  # the cosine between facings that an eye tells apart


@dataclass(frozen=True, slots=True)
class Hits:
    """What rays met: the triangle (-1 for none), the place in it, and how far away."""

    triangle: Ints
    u: Floats
    v: Floats
    far: Floats

    def some(self, chosen: Claims | Ints) -> Hits:
        """Return those of some rays."""
        return Hits(self.triangle[chosen], self.u[chosen], self.v[chosen], self.far[chosen])

    def spread(self, rays: Ints, count: int) -> Hits:
        """Return these as the hits of the given ones of so many rays, of which no other met anything."""
        triangle, far = np.full(count, -1, np.int64), np.zeros(count, np.float32)
        triangle[rays], far[rays] = self.triangle, self.far
        return Hits(triangle, far, far, far)


class Body:
    """Some parts of a piece as one mesh. Rows of its points hold what a picture needs to know at each."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.names = [part.finish for part in parts]
        self.finishes = [FINISHES[name] for name in self.names]
        pairs = [laid(part.solid, finish) for part, finish in zip(parts, self.finishes, strict=True)]
        solids = [solid for solid, _ in pairs]
        starts = np.cumsum([0, *(len(solid.points) for solid in solids)])
        corners = [solid.corners + start for solid, start in zip(solids, starts, strict=False)]
        self.points = _stacked([solid.points for solid in solids]).astype(np.float32)
        self.normals = _stacked([solid.normals for solid in solids]).astype(np.float32)
        self.corners = _stacked(corners).astype(np.int64)
        self.part = np.repeat(np.arange(len(parts), dtype=np.int16), [len(solid.corners) for solid in solids])
        texture = _stacked([uv for _, uv in pairs], 2).astype(np.float32)
        self.rows = np.hstack([self.normals, texture, np.zeros((len(self.points), 4), np.float32)])
        self.step = 0.012 * float(np.ptp(self.points, axis=0).max()) if parts else 0.0
        self._scene = EmbreeScene()
        if parts:
            self._mesh = TriangleMesh(self._scene, self.points[self.corners])

    def meets(self, places: Floats, ways: Floats) -> Claims:
        """Return which rays meet anything."""
        found = self._scene.run(np.ascontiguousarray(places), np.ascontiguousarray(ways), query="OCCLUDED")
        return np.asarray(found >= 0)

    def hits(self, places: Floats, ways: Floats) -> Hits:
        """Return what rays meet first."""
        if not self.names:
            nothing = np.full(len(ways), np.inf, np.float32)
            return Hits(np.full(len(ways), -1, np.int64), nothing, nothing, nothing)
        found = self._scene.run(
            np.ascontiguousarray(places), np.ascontiguousarray(ways), query="INTERSECT", output=True
        )
        return Hits(found["primID"].astype(np.int64), found["u"], found["v"], found["tfar"])

    def between(self, hits: Hits) -> Floats:
        """Return the rows of the points round each hit, weighted by its place among them."""
        corners = self.corners[hits.triangle]
        rows = self.rows[corners[:, 0]] * (1 - hits.u - hits.v)[:, None]
        rows += self.rows[corners[:, 1]] * hits.u[:, None]
        rows += self.rows[corners[:, 2]] * hits.v[:, None]
        return np.asarray(rows)

    def is_smooth(self, hits: Hits, four: Ints) -> Claims:
        """Return where four hits (in four rows) are on one surface: one part, without a step or an edge in it."""
        triangle = hits.triangle[four]
        first = triangle[0]
        is_smooth = (triangle[1] == first) & (triangle[2] == first) & (triangle[3] == first)
        unsure = np.flatnonzero(~is_smooth & (triangle.min(axis=0) >= 0))
        triangle, far = triangle[:, unsure], hits.far[four[:, unsure]]
        part = self.part[triangle]
        is_one = (part.min(axis=0) == part.max(axis=0)) & (far.max(axis=0) - far.min(axis=0) < self.step)
        facing = self.normals[self.corners[triangle, 0]]
        for one, other in ((0, 1), (2, 3)):
            is_one &= np.einsum("ij,ij->i", facing[one], facing[other]) > SHARP
        is_smooth[unsure] = is_one
        return np.asarray(is_smooth)


def _stacked(arrays: list[NDArray[np.float64]], width: int = 3) -> NDArray[np.float64]:
    return np.concatenate([np.zeros((0, width)), *arrays])
