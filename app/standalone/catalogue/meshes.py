"""Solids made of triangles: turned, swept, boxed, extruded and cut. Lengths are metres, y is up.

Every solid is closed, and its triangles run counter-clockwise seen from outside. ``uv`` are metres along the surface,
with u along the grain, so that a texture has the same size on every piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import manifold3d
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Warp = Callable[[Floats], Floats]

SEGMENTS = 56
CELLS = 10  # of triangles, at least, over the whole of a solid: light is gathered at their corners
CREASE_DEGREES = 38.0  # surfaces that meet at a wider angle keep an edge between them
TILE = 0.12  # metres; the textures of turned things repeat after it, or after a whole part of it
WELD = 1e-6  # points closer than this are one


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A closed surface. ``corners`` has the points of each triangle; ``normals`` and ``uv`` go with the points."""

    points: Floats
    corners: Ints
    normals: Floats
    uv: Floats

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Self:
        """Return the solid at another place."""
        return type(self)(self.points + np.array([x, y, z]), self.corners, self.normals, self.uv)

    def turned(self, axis: str, degrees: float) -> Self:
        """Return the solid turned about an axis through the origin, counter-clockwise seen from the axis' tip."""
        turn = rotation(axis, degrees)
        return type(self)(self.points @ turn.T, self.corners, self.normals @ turn.T, self.uv)


def rotation(axis: str, degrees: float) -> Floats:
    """Return the matrix of a turn about x, y or z. Pure."""
    angle = np.radians(degrees)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    turn = np.eye(3)
    turn[first, first] = turn[second, second] = np.cos(angle)
    turn[second, first] = np.sin(angle)
    turn[first, second] = -np.sin(angle)
    return turn


def filleted(points: Sequence[tuple[float, ...]], steps: int = 5) -> Floats:
    """Return the line through the points with rounded corners: a third number of a point is its corner's radius."""
    line = [np.array(points[0][:2], float)]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        bend = np.array([before[:2], corner[:2], after[:2]], float)
        line.extend(_corner(bend, corner[2] if len(corner) > 2 else 0.0, steps))
    return np.array([*line, np.array(points[-1][:2], float)])


def _corner(bend: Floats, radius: float, steps: int) -> list[Floats]:
    before, corner, after = bend
    back, on = before - corner, after - corner
    room_back, room_on = float(np.linalg.norm(back)), float(np.linalg.norm(on))
    back, on = back / room_back, on / room_on
    half = np.arccos(np.clip(back @ on, -1, 1)) / 2
    if radius <= 0 or half > np.radians(88):
        return [corner]
    reach = min(radius / float(np.tan(half)), 0.49 * room_back, 0.49 * room_on)
    ends = corner + back * reach, corner + on * reach
    share = np.linspace(0, 1, steps + 1)[:, None]
    # A quadratic Bézier curve with the corner as its middle point is round enough for an edge.
    return list((1 - share) ** 2 * ends[0] + 2 * share * (1 - share) * corner + share**2 * ends[1])


def spline(points: Sequence[tuple[float, ...]], steps: int = 8) -> Floats:
    """Return a smooth curve through the points (Catmull-Rom), with so many steps from one to the next. Pure."""
    knots = np.array(points, float)
    knots = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    share = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = [_piece(knots[i : i + 4], share) for i in range(len(knots) - 3)]
    return np.vstack([*pieces, knots[-2]])


def _piece(knots: Floats, share: Floats) -> Floats:
    a, b, c, d = knots
    return np.asarray(
        b + 0.5 * share * (c - a + share * (2 * a - 5 * b + 4 * c - d + share * (3 * (b - c) + d - a))), float
    )


def lathe(profile: Floats, segments: int = SEGMENTS, warp: Warp | None = None, ends: bool = True) -> Solid:
    """Return the solid that a profile of (radius, height) makes when turned about y.

    An open profile is closed on the axis; with ``ends`` false it is closed in itself, like that of a ring.
    """
    line = _dense(profile if not ends else _to_axis(profile), float(np.ptp(profile, axis=0).max()) / CELLS)
    if not ends:
        line = np.vstack([line, line[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    radius, height = line[:, 0, None], line[:, 1, None]
    grid = np.stack(np.broadcast_arrays(radius * np.cos(angle), height + 0 * angle, radius * np.sin(angle)), axis=-1)
    grid[:, -1] = grid[:, 0]
    # A whole number of tiles goes round, so that a texture meets itself.
    around = angle / (2 * np.pi) * TILE * max(1, round(2 * np.pi * float(line[:, 0].max()) * 0.8 / TILE))
    uv = np.stack(np.broadcast_arrays(around, along[:, None]), axis=-1)
    return _of_grid(grid if warp is None else warp(grid), uv)


def _dense(line: Floats, cell: float) -> Floats:
    """Return the line with more points where they are far apart: light is gathered at points."""
    steps = np.maximum(np.ceil(np.linalg.norm(np.diff(line, axis=0), axis=1) / cell - 0.25), 1).astype(int)
    pieces = [
        a + (b - a) * np.linspace(0, 1, count, endpoint=False)[:, None]
        for a, b, count in zip(line, line[1:], steps, strict=False)
    ]
    return np.vstack([*pieces, line[-1]])


def _to_axis(profile: Floats) -> Floats:
    first, last = profile[0], profile[-1]
    before = [[0.0, first[1]]] if first[0] > WELD else []
    after = [[0.0, last[1]]] if last[0] > WELD else []
    return np.array([*before, *profile.tolist(), *after])


def hoop(radius: float, height: float, thick: float, sides: int = 14) -> Solid:
    """Return a round rod bent into a ring about y."""
    return lathe(circle(thick, sides) + np.array([radius, height]), ends=False)


def sweep(path: Floats, section: Floats, scale: Floats | float = 1.0, closed: bool = False) -> Solid:
    """Return the solid that a section of (across, over) makes along a path. ``scale`` may differ along the path."""
    path = np.asarray(path, float)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    across, over = _frames(path, closed)
    size = np.broadcast_to(np.asarray(scale, float), (len(path),))[:, None, None]
    ring = np.vstack([section, section[:1]])
    grid = path[:, None] + size * (ring[:, 0, None] * across[:, None] + ring[:, 1, None] * over[:, None])
    if not closed:
        grid = np.concatenate([path[:1, None].repeat(len(ring), 1), grid, path[-1:, None].repeat(len(ring), 1)])
        along = np.concatenate([[0.0], along, along[-1:]])
    around = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(along[:, None], around), axis=-1)
    return _of_grid(grid, uv)


def _frames(path: Floats, closed: bool) -> tuple[Floats, Floats]:
    """Return two directions square to the path at each point, turning as little as possible from one to the next."""
    if closed:
        tangent = np.vstack([path[1] - path[-2], path[2:] - path[:-2], path[1] - path[-2]])
    else:
        tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    start = np.array([0.0, 0.0, 1.0]) if abs(tangent[0] @ (0, 0, 1)) < 0.9 else np.array([0.0, 1.0, 0.0])
    across = np.empty_like(path)
    for i, direction in enumerate(tangent):
        start = start - (start @ direction) * direction
        start = start / np.linalg.norm(start)
        across[i] = start
    return across, np.cross(tangent, across)


def rod(path: Sequence[tuple[float, float, float]], radius: float, sides: int = 20, tip: float | None = None) -> Solid:
    """Return a round rod along a path, with softened ends; ``tip`` is the radius at its end."""
    line = np.array(path, float)
    if len(line) == 2:
        line = line[0] + (line[1] - line[0]) * np.linspace(0, 1, CELLS)[:, None]
    last = radius if tip is None else tip
    soft = min(radius, last) * 0.35
    first_way, last_way = _unit(line[1] - line[0]) * soft, _unit(line[-1] - line[-2]) * soft
    before = line[0] + first_way * np.array([[0.0], [0.3], [1.0]])
    after = line[-1] - last_way * np.array([[1.0], [0.3], [0.0]])
    line = np.vstack([before, line[1:-1], after])
    scale = radius + (last - radius) * np.linspace(0, 1, len(line))
    scale[[0, -1]] -= soft
    scale[[1, -2]] -= soft * 0.3
    return sweep(line, circle(1.0, sides), scale)


def _unit(way: Floats) -> Floats:
    return np.asarray(way / np.linalg.norm(way))


def circle(radius: float, sides: int = 20, flat: float = 1.0) -> Floats:
    """Return a circle as a section; ``flat`` below one makes it an ellipse. Pure."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    return np.stack([radius * np.cos(angle), radius * flat * np.sin(angle)], axis=1)


def box(width: float, height: float, depth: float, edge: float = 0.003, cell: float = 0.06) -> Solid:
    """Return a box that stands on y = 0 about the axis, with rounded edges, in cells fine enough to be lit well."""
    half = np.array([width, height, depth]) / 2
    edge = min(edge, *(half * 0.999))
    marks = [_marks(extent, edge, cell) for extent in half]
    faces = [_face(axis, side, marks, half, edge) for axis in range(3) for side in (-1, 1)]
    points, uv, corners, count = [], [], [], 0
    grain = int(np.argmax(half))
    for axis, grid in faces:
        flat = grid.reshape(-1, 3)
        points.append(flat)
        others = sorted({0, 1, 2} - {axis}, key=lambda other: other != grain)
        uv.append(flat[:, others])
        corners.append(_quads(*grid.shape[:2]) + count)
        count += len(flat)
    joined = np.vstack(points) + np.array([0, height / 2, 0])
    return shaded(joined, _outward(joined, np.vstack(corners)), np.vstack(uv))


def _marks(half: float, edge: float, cell: float) -> Floats:
    """Return the places of the lines on a face: three within each rounded edge, even ones between."""
    inner = half - edge
    soft = edge * np.tan(np.radians([0, 22.5, 45]))
    even = np.linspace(-inner, inner, max(2, round(2 * inner / cell) + 1))
    return np.concatenate([-inner - soft[:0:-1], even, inner + soft[1:]])


def _face(axis: int, side: int, marks: list[Floats], half: Floats, edge: float) -> tuple[int, Floats]:
    one, other = ((axis + 1) % 3, (axis + 2) % 3)
    grid = np.empty((len(marks[one]), len(marks[other]), 3))
    grid[..., axis] = side * half[axis]
    grid[..., one] = marks[one][:, None]
    grid[..., other] = marks[other][None, :]
    if side < 0:
        grid = grid[::-1]
    core = np.clip(grid, -(half - edge), half - edge)
    out = grid - core
    return axis, core + edge * out / np.linalg.norm(out, axis=-1, keepdims=True)


def extruded(outline: Sequence[Floats], depth: float) -> Solid:
    """Return the solid of an outline (and its holes) of (x, y), as deep as said, centred on z = 0."""
    section = manifold3d.CrossSection([np.asarray(ring, np.float64) for ring in outline], manifold3d.FillRule.EvenOdd)
    return _of_manifold(manifold3d.Manifold.extrude(section, depth).translate((0, 0, -depth / 2)), grain=0)


def cut(solid: Solid, *tools: Solid, grain: int = 0) -> Solid:
    """Return the solid without what the tools cover. ``grain`` is the axis that u runs along."""
    left = _to_manifold(solid)
    for tool in tools:
        left = left - _to_manifold(tool)
    return _of_manifold(left, grain)


def cut_by(solid: Solid, tool: Solid, copies: Sequence[Floats]) -> Solid:
    """Return the solid without what copies of the tool cover, each moved by a 3 by 4 matrix."""
    cutter = _to_manifold(tool)
    tools = manifold3d.Manifold.batch_boolean([cutter.transform(copy) for copy in copies], manifold3d.OpType.Add)
    return _of_manifold(_to_manifold(solid) - tools, 0)


def _to_manifold(solid: Solid) -> manifold3d.Manifold:
    points, joined = welded(solid.points)
    corners = joined[solid.corners]
    first, second, third = corners.T
    whole = (first != second) & (second != third) & (third != first)
    made = manifold3d.Manifold(manifold3d.Mesh(points.astype(np.float32), corners[whole].astype(np.uint32)))
    if made.is_empty():
        raise ValueError(f"a solid is not closed: {made.status()}")
    return made


def _of_manifold(made: manifold3d.Manifold, grain: int) -> Solid:
    low, high = np.reshape(made.bounding_box(), (2, 3))
    mesh = made.refine_to_length(float((high - low).max()) / CELLS).to_mesh()
    points, corners = np.asarray(mesh.vert_properties, float)[:, :3], np.asarray(mesh.tri_verts, np.int64)
    flat = points[corners].reshape(-1, 3)
    a, b, c = points[corners].transpose(1, 0, 2)
    facing = np.abs(np.cross(b - a, c - a)).argmax(axis=1).repeat(3)
    # Each triangle is mapped from the side that it faces most, with u along the grain where it can be.
    along = np.where(facing == grain, (grain + 1) % 3, grain)
    across = 3 - facing - along
    rows = np.arange(len(flat))
    uv = np.stack([flat[rows, along], flat[rows, across]], axis=1)
    return shaded(flat, rows.reshape(-1, 3), uv)


def _of_grid(grid: Floats, uv: Floats) -> Solid:
    points = grid.reshape(-1, 3)
    corners = _quads(*grid.shape[:2])
    return shaded(points, _outward(points, corners), uv.reshape(-1, 2))


def _quads(rows: int, columns: int) -> Ints:
    start = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    a, b, c, d = start, start + 1, start + columns + 1, start + columns
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def _outward(points: Floats, corners: Ints) -> Ints:
    """Turn the triangles round if they enclose a negative volume."""
    a, b, c = points[corners].transpose(1, 0, 2)
    return corners if np.einsum("ij,ij->", a, np.cross(b, c)) > 0 else corners[:, ::-1]


def faceted(solid: Solid) -> tuple[Solid, Ints]:
    """Return the solid with its points split by the axis that their triangles face most, and that axis for each."""
    facing = np.abs(solid.normals[solid.corners].sum(axis=1)).argmax(axis=1)
    keys, corners = np.unique(solid.corners * 3 + facing[:, None], return_inverse=True)
    used = keys // 3
    return Solid(solid.points[used], corners.reshape(-1, 3), solid.normals[used], solid.uv[used]), keys % 3


def welded(points: Floats) -> tuple[Floats, Ints]:
    """Return the distinct points, and for each of the given ones the index of its own. Pure."""
    keys = np.round(points / WELD).astype(np.int64)
    order = np.lexsort(keys.T)
    is_new = np.concatenate([[True], np.any(np.diff(keys[order], axis=0) != 0, axis=1)])
    joined = np.empty(len(points), np.int64)
    joined[order] = np.cumsum(is_new) - 1
    return points[order[is_new]], joined


def shaded(points: Floats, corners: Ints, uv: Floats, crease_degrees: float = CREASE_DEGREES) -> Solid:
    """Return the solid with a normal at each corner: smooth within a curve, split at an edge."""
    places, joined = welded(points)
    first, second, third = joined[corners].T
    corners = corners[(first != second) & (second != third) & (third != first)]
    a, b, c = points[corners].transpose(1, 0, 2)
    area = np.cross(b - a, c - a)
    facing = area / np.maximum(np.linalg.norm(area, axis=1, keepdims=True), 1e-30)
    owner = joined[corners].ravel()
    normals = _smooth(owner, len(places), area, facing, np.cos(np.radians(crease_degrees)))
    return _compact(points, corners, owner, normals, uv)


def _smooth(owner: Ints, owners: int, area: Floats, facing: Floats, limit: float) -> Floats:
    """Return for each corner the mean normal of the triangles at its point that face nearly its way."""
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=owners)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    times = count[owner[order]]
    left = np.repeat(np.arange(len(order)), times)
    step = np.arange(len(left)) - np.repeat(np.cumsum(times) - times, times)
    right = np.repeat(start[owner[order]], times) + step
    own, other = order[left] // 3, order[right] // 3
    near = np.einsum("ij,ij->i", facing[own], facing[other]) > limit
    target, weight = order[left][near], area[other[near]]
    total = np.stack([np.bincount(target, weight[:, axis], len(order)) for axis in range(3)], axis=1)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30), float)


def _compact(points: Floats, corners: Ints, places: Ints, normals: Floats, uv: Floats) -> Solid:
    """Give each distinct place, with its normal and its texture, one entry. ``places`` are those of the corners."""
    flat = corners.ravel()
    step = np.round((normals + 1) * 500).astype(np.int64)
    first = ((places * 1024 + step[:, 0]) * 1024 + step[:, 1]) * 1024 + step[:, 2]
    cells = np.round(uv[flat] / WELD).astype(np.int64)
    second = (cells[:, 0] << 32) + cells[:, 1]
    order = np.lexsort((second, first))
    is_new = np.concatenate([[True], (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)])
    back = np.empty(len(flat), np.int64)
    back[order] = np.cumsum(is_new) - 1
    chosen = order[is_new]
    return Solid(points[flat[chosen]], back.reshape(-1, 3), normals[chosen], uv[flat[chosen]])
