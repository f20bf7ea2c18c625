"""3D models for tests: one that is good, and many that are not."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

Raw = dict[str, Any]


def cup(texture_side: int = 512, colour: tuple[int, int, int] = (200, 60, 40), sections: int = 96) -> bytes:
    """A good model: a cup with a texture, in one draw call."""
    profile = [(0, 0), (0.035, 0), (0.04, 0.09), (0.037, 0.09), (0.032, 0.004), (0, 0.004)]
    mesh = trimesh.creation.revolve(profile, sections=sections)
    flat = mesh.vertices[:, :2] / 0.08 + 0.5
    mesh.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, [1, 0, 0]))  # in glTF y is up
    return glb(textured(smooth(mesh), flat, pattern(texture_side, colour)))


def textured(mesh: trimesh.Trimesh, coordinates: Any, picture: Image.Image) -> trimesh.Trimesh:
    """The mesh with a picture on it."""
    material = PBRMaterial(baseColorTexture=picture, metallicFactor=0.0, roughnessFactor=0.8, name="glaze")
    mesh.visual = TextureVisuals(uv=coordinates, material=material)
    mesh.metadata["name"] = "cup"
    return mesh


def pattern(side: int, colour: tuple[int, int, int]) -> Image.Image:
    """A picture of one colour that is never quite the same, as glaze is."""
    x, y = np.meshgrid(np.linspace(0, 24, side), np.linspace(0, 24, side))
    light = 1 + 0.08 * np.sin(x) * np.cos(y) + np.random.default_rng(7).normal(0, 0.02, (side, side))
    return Image.fromarray(np.clip(np.array(colour) * light[..., None], 0, 255).astype("uint8"))


def noise(side: int) -> Image.Image:
    """A picture that no codec makes small."""
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (side, side, 3), dtype="uint8"))


def noisy_cup(side: int) -> bytes:
    """A model whose texture weighs megabytes whatever is done to it."""
    mesh = trimesh.creation.box()
    return glb(textured(mesh, mesh.vertices[:, :2] + 0.5, noise(side)))


def sheet(triangles: int) -> bytes:
    """A model of at least so many triangles, as compact as they get."""
    side = int((triangles / 2) ** 0.5) + 1
    x, y = np.meshgrid(np.arange(side + 1), np.arange(side + 1))
    height = 0.05 * np.sin(x / 9) * side
    corner = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).ravel()
    lower = np.stack([corner, corner + 1, corner + side + 1], axis=1)
    upper = np.stack([corner + 1, corner + side + 2, corner + side + 1], axis=1)
    points = np.stack([x.ravel(), y.ravel(), height.ravel()], axis=1).astype(float)
    return glb(smooth(trimesh.Trimesh(points, np.concatenate([lower, upper]), process=False)))


def parts(count: int) -> bytes:
    """A model in so many parts, each of which is a draw call."""
    scene = trimesh.Scene()
    for at in range(count):
        box = trimesh.creation.box(extents=(0.5, 0.5, 0.5 + at / 100))
        box.apply_translation((at, 0, 0))
        scene.add_geometry(box, node_name=f"part-{at}", geom_name=f"box-{at}")
    return glb(scene)


def with_nan() -> bytes:
    """A model with a corner that is nowhere."""
    raw, binary = unpacked(cup())
    accessor = raw["accessors"][raw["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    at = raw["bufferViews"][accessor["bufferView"]].get("byteOffset", 0) + 24
    return packed(json.dumps(raw).encode(), binary[:at] + struct.pack("<f", float("nan")) + binary[at + 4 :])


def glb(shape: trimesh.Trimesh | trimesh.Scene) -> bytes:
    """The shape as a .glb file."""
    body = shape.export(file_type="glb")
    assert isinstance(body, bytes)
    return body


def smooth(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """The mesh with normals, each the mean of the faces around it. trimesh itself needs scipy to be quick at it."""
    corners = mesh.vertices[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(mesh.vertices)
    for corner in range(3):
        np.add.at(normals, mesh.faces[:, corner], across)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return trimesh.Trimesh(mesh.vertices, mesh.faces, vertex_normals=normals, process=False)


def as_gltf(body: bytes) -> bytes:
    """The same model as one .gltf file, with its bytes in data URIs."""
    raw, binary = unpacked(body)
    raw["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    return json.dumps(raw).encode()


def changed(body: bytes, change: Callable[[Raw], object]) -> bytes:
    """The model with another description."""
    raw, binary = unpacked(body)
    change(raw)
    return packed(json.dumps(raw).encode(), binary)


def unpacked(body: bytes) -> tuple[Raw, bytes]:
    """The description and the bytes of a .glb file."""
    (size,) = struct.unpack_from("<I", body, 12)
    return json.loads(body[20 : 20 + size]), body[28 + size :]


def packed(text: bytes, binary: bytes = b"") -> bytes:
    """A .glb file of any description and any bytes."""
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    if binary:
        chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def picture(kind: str, width: int = 320, height: int = 240, **options: Any) -> bytes:
    """A picture file."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def noise_picture(side: int) -> bytes:
    """A PNG file that holds nothing that could be made smaller."""
    file = io.BytesIO()
    noise(side).save(file, "PNG")
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def with_texture(body: bytes, texture: bytes) -> bytes:
    """The model with other bytes in place of its texture."""
    raw, binary = unpacked(body)
    binary += b"\0" * (-len(binary) % 4)
    raw["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(texture)})
    raw["images"][0]["bufferView"] = len(raw["bufferViews"]) - 1
    raw["buffers"][0]["byteLength"] = len(binary) + len(texture)
    return packed(json.dumps(raw).encode(), binary + texture)
