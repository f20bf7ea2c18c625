"""A piece in its light, and pictures of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.forms import Part, Place, View
from standalone.catalogue.studio import light
from standalone.catalogue.studio.camera import PIXELS, Camera, aimed, backdrop, developed
from standalone.catalogue.studio.ground import Ground
from standalone.catalogue.studio.rays import LIGHT, OPEN, Body, Floats, Hits, Ints
from standalone.catalogue.studio.shading import glazed, shaded
from standalone.catalogue.surfaces import linear, rgb

CHUNK = 16_384  # hits that are shaded at once: their arrays fit in the processor's cache
EDGE_SAMPLES = 4
GLASS_WALLS = 4  # of a hollow vessel, on the way through it
MEAN_LIGHT = 0.37  # what an open place gets from all around and throws on, as a share of its own shade
SHADOW_TINT = np.array([0.9, 0.94, 0.97], np.float32)  # shadows keep a little of the warm light
LAMPS = {"opal": 0.9, "flame": 0.36}  # how bright the finishes are that shine
LAMPLIGHT = np.array([1.0, 0.82, 0.58], np.float32)


class Studio:
    """A piece in its light. Making one gathers the light; ``picture`` then is quick."""

    def __init__(self, parts: tuple[Part, ...], place: Place) -> None:
        self._solid = Body(tuple(part for part in parts if FINISHES[part.finish].alpha == 1))
        self._glass = Body(tuple(part for part in parts if FINISHES[part.finish].alpha < 1))
        self._bodies = tuple(body for body in (self._solid, self._glass) if body.names)
        self._points = np.vstack([body.points for body in self._bodies])
        starts = np.cumsum([0, *(len(body.points) for body in self._bodies)])
        self._corners = np.vstack([body.corners + start for body, start in zip(self._bodies, starts, strict=False)])
        self._size = float(np.ptp(self._points, axis=0).max())
        self._skin = np.float32(self._size * 2e-3)  # rays start so far above a surface, not to meet it themselves
        self._ground = Ground(place, self._points, self._seen)
        shades = [rgb(finish.shade) for body in self._bodies for finish in body.finishes]
        self._thrown_on = linear(np.array(shades)).mean(axis=0) * MEAN_LIGHT
        for body in self._bodies:
            self._gather(body)

    def picture(self, view: View) -> NDArray[np.uint8]:
        """Return a square picture in sRGB, in rows from the top."""
        camera = aimed(self._points, view)
        image = (backdrop() * (1 + self._ground.shadow(camera)[..., None] * SHADOW_TINT)).reshape(-1, 3)
        behind = image.copy()
        pixels = camera.covered(self._points, self._corners)
        is_asked = (pixels % PIXELS + pixels // PIXELS) % 2 == 0
        asked, left = pixels[is_asked], pixels[~is_asked]
        ways = camera.rays(asked)
        image[asked], met = self._seen_from(camera, ways, behind[asked])
        # Every second pixel, as on a chessboard, is like the four round it where they all show one surface.
        four = np.clip(left + np.array([[-1], [1], [-PIXELS], [PIXELS]]), 0, len(image) - 1)
        is_smooth = np.ones(len(left), bool)
        for body, hits in zip((self._solid, self._glass), met, strict=True):
            is_smooth &= body.is_smooth(hits.spread(asked, len(image)), four)
        above, below, before, after = (image[one] for one in four[:, is_smooth])
        image[left[is_smooth]] = (above + below + before + after) / 4
        edges = np.unique(np.concatenate([left[~is_smooth], four[:, ~is_smooth].ravel()]))
        image[edges] = self._softened(camera, edges, behind[edges])
        return developed(image.reshape(PIXELS, PIXELS, 3))

    # What a picture shows.

    def _seen_from(self, camera: Camera, ways: Floats, behind: Floats) -> tuple[Floats, tuple[Hits, Hits]]:
        """Return the light that arrives at the camera along rays, and what of both bodies they met."""
        places = np.broadcast_to(camera.place, ways.shape)
        solid, glass = self._solid.hits(places, ways), self._glass.hits(places, ways)
        image = self._over(behind, solid, ways)
        walls = list(self._walls(glass, solid.far, camera, ways))
        for rays, share, gleam in reversed(walls):
            image[rays] = image[rays] * share + gleam
        return image, (solid, glass)

    def _walls(self, met: Hits, limit: Floats, camera: Camera, ways: Floats) -> Iterator[tuple[Ints, Floats, Floats]]:
        """Give the walls of glass before a limit, from the nearest on: which rays, what is let through, what shines."""
        rays, start = np.arange(len(ways)), np.zeros(len(ways), np.float32)
        for _ in range(GLASS_WALLS):
            far = start + met.far
            is_met = (met.triangle >= 0) & (far < limit[rays])
            rays, met, start = rays[is_met], met.some(is_met), far[is_met] + 2e-4 * self._size
            if not len(rays):
                return
            yield rays, *glazed(self._glass.finishes[0], self._glass.between(met), ways[rays])
            met = self._glass.hits(camera.place + ways[rays] * start[:, None], ways[rays])

    def _over(self, behind: Floats, hits: Hits, ways: Floats) -> Floats:
        """Return the light that arrives along rays: from the piece where they meet it, from behind elsewhere."""
        image = behind.copy()
        found = np.flatnonzero(hits.triangle >= 0)
        part = self._solid.part[hits.triangle[found]]
        order = np.argsort(part, kind="stable")  # in 16 bits, which numpy sorts in one go
        found, bounds = found[order], np.searchsorted(part[order], np.arange(len(self._solid.names) + 1))
        for name, finish, (start, end) in zip(self._solid.names, self._solid.finishes, pairwise(bounds), strict=True):
            for chunk in _chunks(found[start:end]):
                image[chunk] = shaded(name, finish, self._solid.between(hits.some(chunk)), ways[chunk])
        return image

    def _softened(self, camera: Camera, pixels: Ints, behind: Floats) -> Floats:
        """Return pixels that an edge runs through as the mean of several rays."""
        total = np.zeros_like(behind)
        for i in range(EDGE_SAMPLES):
            # Places that fill a square evenly: multiples of powers of the plastic number, less their whole part.
            ways = camera.rays(pixels, (0.5 + 0.7548776662 * i) % 1, (0.5 + 0.5698402910 * i) % 1)
            total += self._seen_from(camera, ways, behind)[0]
        return np.asarray(total / EDGE_SAMPLES, np.float32)

    # The light on the piece.

    def _gather(self, body: Body) -> None:
        """Find for each point the light that falls on it, and which share of its surroundings is open."""
        given = light.samples()
        cosine = body.normals @ given.directions.T
        point, way = np.nonzero(cosine > 0.01)
        places, ways = body.points[point] + body.normals[point] * self._skin, given.directions[way]
        arrives = np.zeros(cosine.shape, np.float32)
        # Downward ways meet the ground, which is darker under the piece.
        arrives[point, way] = cosine[point, way] * self._seen(places, ways) * self._ground.brightness(places, ways)
        around = slice(-light.BOUNDLESS, None)
        room = np.maximum(cosine[:, around], 0).sum(axis=1)
        is_open = arrives[:, around].sum(axis=1) / np.maximum(room, 1e-6)
        # What does not come from the room comes from the piece itself, the less the deeper the hollow.
        thrown = ((1 - is_open) * (0.35 + 0.65 * is_open))[:, None] * self._thrown_on
        body.rows[:, LIGHT] = arrives @ given.light + thrown + self._lamplight(body)
        body.rows[:, OPEN] = is_open

    def _seen(self, places: Floats, ways: Floats) -> Floats:
        """Return how much light comes along ways: none through solid parts, some through glass."""
        seen = 1 - self._solid.meets(places, ways).astype(np.float32)
        if self._glass.names:
            clear = np.float32(1 - 0.8 * self._glass.finishes[0].alpha)
            seen *= np.where(self._glass.meets(places, ways), clear, np.float32(1))
        return seen

    def _lamplight(self, body: Body) -> Floats:
        """Return the light that the piece's own bulbs and flames throw on each point."""
        total = np.zeros((len(body.points), 3), np.float32)
        for index, name in enumerate(self._solid.names):
            if name not in LAMPS:
                continue
            own = self._solid.points[np.unique(self._solid.corners[self._solid.part == index])]
            low, high = own.min(axis=0), own.max(axis=0)
            radius = float((high - low).max() / 2)
            way = (low + high) / 2 - body.points
            far = np.maximum(np.linalg.norm(way, axis=1), 1e-6)
            way = way / far[:, None]
            cosine = np.clip(np.einsum("ij,ij->i", way, body.normals), 0, 1)
            is_free = self._solid.hits(body.points + body.normals * self._skin, way).far > far - radius * 1.3
            strength = cosine * is_free * (self._size * 0.3) ** 2 / np.maximum(far, radius) ** 2
            total += strength[:, None] * LAMPLIGHT * np.float32(LAMPS[name])
        return total


def _chunks(indices: Ints) -> Iterator[Ints]:
    for start in range(0, len(indices), CHUNK):
        yield indices[start : start + CHUNK]
