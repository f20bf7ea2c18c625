"""What keeps a file from being opened at all: what points outside it, and what would unfold beyond bounds."""

from __future__ import annotations

from collections.abc import Iterator

from shop.models3d.document import MAX_UNFOLDED_BYTES, MESHOPT, Document, Image
from shop.models3d.finding import Finding, Level
from shop.models3d.gltf import MAX_TOLD, Model, is_data, mb
from shop.uploads.picture import look_at

MAX_PICTURE_PIXELS = 8192 * 8192  # more is not even decoded to be told too large

# What glTF Transform 4.5 keeps and model-viewer 4.4 draws. Both were tried; the list is no wider than that.
SUPPORTED = frozenset({
    MESHOPT, "EXT_texture_webp", "KHR_lights_punctual", "KHR_materials_anisotropy", "KHR_materials_clearcoat",
    "KHR_materials_dispersion", "KHR_materials_emissive_strength", "KHR_materials_ior", "KHR_materials_iridescence",
    "KHR_materials_sheen", "KHR_materials_specular", "KHR_materials_transmission", "KHR_materials_unlit",
    "KHR_materials_variants", "KHR_materials_volume", "KHR_mesh_quantization", "KHR_texture_transform",
})  # fmt: skip
CURES = {
    "KHR_draco_mesh_compression": "Export it without Draco; the shop compresses models by itself.",
    "KHR_texture_basisu": "Export its textures as PNG, JPEG or WebP; the shop compresses them by itself.",
}


def dangers(model: Model) -> Iterator[Finding]:
    """Say what keeps the file from being opened at all: what points outside it, and what would unfold beyond bounds.

    Pure. A file without an error among these is safe to hand to the validator, within the limits of its process.
    """
    yield from _outside(model.raw)
    yield from _extensions(model.document)
    document = model.document
    unfolded = sum(accessor.unfolded_bytes for accessor in document.accessors)
    unfolded += sum(view.unfolded_bytes for view in document.buffer_views)
    declared = sum(buffer.byte_length for buffer in document.buffers if buffer.uri is None)
    if max(unfolded, declared) > MAX_UNFOLDED_BYTES:
        yield Finding(
            "unfolds_too_large",
            f"Its geometry unfolds to {mb(max(unfolded, declared))} in memory; the limit is {mb(MAX_UNFOLDED_BYTES)}.",
            where="/accessors",
            cure="Simplify the model, and leave out what is not seen.",
        )
    for at, image in enumerate(document.images):
        yield from _picture_dangers(model, image, f"/images/{at}")


def _outside(raw: object) -> Iterator[Finding]:
    """Say which addresses point outside the file. They are refused wherever they stand, and never fetched."""
    waiting: list[tuple[str, object]] = [("", raw)]
    told = 0
    while waiting and told < MAX_TOLD:
        where, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend((f"{where}/{at}", item) for at, item in enumerate(value))
        elif isinstance(value, dict):
            waiting.extend((f"{where}/{name}", item) for name, item in value.items() if name != "extras")
            uri = value.get("uri")
            if uri is not None and not (isinstance(uri, str) and is_data(uri)):
                told += 1
                yield Finding(
                    "external_file",
                    f"It refers to a file outside itself: {str(uri)[:80]!r}.",
                    where=f"{where}/uri",
                    cure="Export the model as one .glb file, with its textures inside.",
                )


def _extensions(document: Document) -> Iterator[Finding]:
    for name in sorted({*document.extensions_used, *document.extensions_required} - SUPPORTED)[:MAX_TOLD]:
        if name in document.extensions_required:
            cure = CURES.get(name, "Export the model without it.")
            yield Finding("extension_not_supported", f"It can’t be shown without {name[:60]}, which the shop does not "
                          "support.", where="/extensionsRequired", cure=cure)  # fmt: skip
        else:
            yield Finding("extension_left_out", f"{name[:60]} is not supported and will be left out.",
                          where="/extensionsUsed", level=Level.WARNING)  # fmt: skip


def _picture_dangers(model: Model, image: Image, where: str) -> Iterator[Finding]:
    if image.uri is not None and not is_data(image.uri):
        return  # told already, as a file outside
    picture = look_at(model.head_of(image))
    if picture is None:
        yield Finding("texture_unknown", "A texture is no PNG, JPEG or WebP picture.", where=where,
                      cure="Save it as PNG or JPEG and export the model again.")  # fmt: skip
    elif picture.width * picture.height > MAX_PICTURE_PIXELS:
        yield Finding("texture_unfolds_too_large",
                      f"A texture claims {picture.width:,} × {picture.height:,} pixels.", where=where,
                      cure="Scale it to 2048 × 2048 pixels or less.")  # fmt: skip
