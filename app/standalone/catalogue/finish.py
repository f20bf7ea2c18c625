"""What a surface is: how it looks, and what can truly be said about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """A surface. ``shade`` is sRGB; roughness, metalness and alpha are those of glTF's materials."""

    material: str
    colour: str
    name: str
    shade: str
    roughness: float
    metalness: float = 0.0
    alpha: float = 1.0
    glow: float = 0.0
    texture: str | None = None
    second: str = "#000000"  # the texture's other colour
    words: tuple[str, ...] = ()
