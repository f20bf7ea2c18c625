"""Pieces as glTF: one mesh for each finish, so that a viewer draws a piece in a handful of calls."""

from __future__ import annotations

import io
from collections import defaultdict

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.forms import Part
from standalone.catalogue.meshes import Solid
from standalone.catalogue.surfaces import jpeg, laid, linear, rgb

GLASS_ALPHA = 0.72  # of the finish's own: a viewer shows both walls of a vessel over each other


def glb(parts: tuple[Part, ...], name: str) -> bytes:
    """Return the piece as a binary glTF in metres, standing on the floor or hanging with its back at z = 0."""
    scene = trimesh.Scene()
    by_finish: dict[str, list[Solid]] = defaultdict(list)
    for part in parts:
        by_finish[part.finish].append(part.solid)
    for finish, solids in by_finish.items():
        scene.add_geometry(_mesh(finish, solids), node_name=f"{name}, {finish}", geom_name=finish)
    exported = scene.export(file_type="glb", include_normals=True, unitize_normals=True)
    if not isinstance(exported, bytes):
        raise TypeError("trimesh exports a binary glTF as bytes")
    return exported


def _mesh(finish: str, solids: list[Solid]) -> trimesh.Trimesh:
    pairs = [laid(solid, FINISHES[finish]) for solid in solids]
    starts = np.cumsum([0, *(len(solid.points) for solid, _ in pairs)])
    uv = np.vstack([uv for _, uv in pairs]) if FINISHES[finish].texture else None
    return trimesh.Trimesh(
        vertices=np.vstack([solid.points for solid, _ in pairs]),
        faces=np.vstack([solid.corners + start for (solid, _), start in zip(pairs, starts, strict=False)]),
        vertex_normals=np.vstack([solid.normals for solid, _ in pairs]),
        visual=TextureVisuals(uv=uv, material=_material(finish)),
        process=False,
    )


def _material(name: str) -> PBRMaterial:
    finish = FINISHES[name]
    shade = linear(rgb(finish.shade))
    is_clear = finish.alpha < 1
    alpha = finish.alpha * GLASS_ALPHA if is_clear else 1.0
    return PBRMaterial(
        name=finish.name,
        baseColorFactor=[1.0, 1.0, 1.0, 1.0] if finish.texture else [*shade, alpha],
        baseColorTexture=Image.open(io.BytesIO(jpeg(name))) if finish.texture else None,
        roughnessFactor=float(finish.roughness),
        metallicFactor=float(finish.metalness),
        emissiveFactor=np.minimum(shade * finish.glow, 1.0) if finish.glow else None,
        alphaMode="BLEND" if is_clear else None,
        doubleSided=is_clear,
    )
