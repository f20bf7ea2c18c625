"""What several pieces of furniture have in common: legs that lean outwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from standalone.catalogue.forms import Part
from standalone.catalogue.meshes import Solid, rod


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Round legs in a circle: how far from the axis they are at the top and at the floor, and how thick."""

    count: int
    top: float
    low: float
    height: float
    thin: float  # at the floor
    thick: float
    first: float = 90.0  # where the first one stands, in degrees from +x towards +z

    def parts(self, finish: str) -> tuple[Part, ...]:
        """Return the legs, standing on the floor."""
        return tuple(Part(self._leg(self.first + 360 / self.count * i), finish) for i in range(self.count))

    def _leg(self, degrees: float) -> Solid:
        angle = np.radians(degrees)
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        reaches = self.low + (self.top - self.low) * np.linspace(0, 1, 7)
        heights = self.height * np.linspace(0, 1, 7)
        leg = rod([(r * cos, y, r * sin) for r, y in zip(reaches, heights, strict=True)], self.thin, 20, self.thick)
        return leg.moved(y=-float(leg.points[:, 1].min()))
