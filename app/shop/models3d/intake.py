"""A model from outside becomes one that the shop serves, or a list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from shop.models3d import node
from shop.models3d.budget import Figures, measure, over_budget, too_heavy
from shop.models3d.dangers import dangers
from shop.models3d.finding import Finding, Level, refuses
from shop.models3d.gltf import EXPORT_AGAIN, Model, Unreadable, take_apart

SEVERITIES = {0: Level.ERROR, 1: Level.WARNING}  # the validator's hints and remarks are for programmers
CURES = {
    "ACCESSOR_INVALID_FLOAT": "Recalculate its normals, remove faces without area, and export it again.",
    "ACCESSOR_INDEX_OOB": "Merge its vertices by distance, which drops faces without corners, and export it again.",
    "IMAGE_DATA_INVALID": "Save the texture again as PNG or JPEG.",
    "IMAGE_UNEXPECTED_EOS": "Save the texture again as PNG or JPEG.",
    "TEXTURE_DAMAGED": "Save the texture again as PNG or JPEG.",
}


UNWORKABLE = Finding(
    "unworkable",
    "The model could not be checked and compressed within the time and the memory that a model may take.",
    cure=EXPORT_AGAIN,
)


class Encoding(StrEnum):
    """How a served model keeps its geometry. Meshopt needs a decoder in the browser, the others need none."""

    PLAIN = "plain"
    QUANTIZED = "quantized"
    MESHOPT = "meshopt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What came of an upload. ``body`` is the file to serve; None if the model is refused."""

    findings: tuple[Finding, ...]
    bytes_before: int
    figures: Figures | None = None
    encoding: Encoding | None = None
    body: bytes | None = None


class _Issue(BaseModel):
    """Source: gltf-validator, docs/validation.schema.json."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    message: str
    severity: int
    pointer: str = ""


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    issues: tuple[_Issue, ...]
    encoding: Encoding | None = None
    texture_bytes: int = Field(default=0, alias="textureBytes")


def take_in(body: bytes) -> Intake:
    """Check a .glb or .gltf file, and write it anew as small as it gets.

    What is served was always written by the shop: never the bytes that came from outside, and nothing that hides in
    them. It passes the same checks as the upload, and the validator again. Runs Node for a second or so.
    Raises: Unavailable if Node is not installed or busy for too long. No file, however hostile, raises anything else.
    """
    try:
        model = take_apart(body)
    except Unreadable as error:
        return Intake(findings=error.findings, bytes_before=len(body))
    findings = tuple(dangers(model))
    if refuses(findings):
        return Intake(findings=findings, bytes_before=len(body), figures=measure(model))
    return _worked_on(body, model, [*findings, *over_budget(measure(model))])


def _worked_on(body: bytes, model: Model, findings: list[Finding]) -> Intake:
    """Return what the validator says of the model, and the compressed model if nobody found an error in it."""
    refused = partial(Intake, bytes_before=len(body), figures=measure(model))
    try:
        done = node.run("model", body, compress=not refuses(findings))
    except node.Overrun:
        return refused(findings=(*findings, UNWORKABLE))
    reply = _Reply.model_validate(done.reply)
    findings.extend(_told(reply, model))
    if refuses(findings):
        return refused(findings=tuple(findings))
    written = done.files.get("output")
    if written is None:
        return refused(findings=(*findings, UNWORKABLE))
    served = take_apart(written)
    findings += [*dangers(served), *over_budget(measure(served)), *too_heavy(len(written), reply.texture_bytes)]
    if refuses(findings):
        return refused(findings=tuple(findings))
    return Intake(
        findings=tuple(findings),
        bytes_before=len(body),
        figures=measure(served),
        encoding=reply.encoding,
        body=written,
    )


def _told(reply: _Reply, model: Model) -> Iterator[Finding]:
    """Say what the validator found, once for each kind and place."""
    for issue in dict.fromkeys(reply.issues):
        level = SEVERITIES.get(issue.severity)
        if level is not None:
            cure = CURES.get(issue.code, EXPORT_AGAIN if level is Level.ERROR else "")
            yield Finding(issue.code.lower(), issue.message, _place(issue.pointer, model.raw), cure, level)


def _place(pointer: str, raw: dict[str, object]) -> str:
    """Return the place with the name that its maker gave it: ``/meshes/2/primitives/0 (“Handle”)``. Pure."""
    steps = pointer.split("/")
    parts = raw.get(steps[1]) if len(steps) > 2 else None
    if isinstance(parts, list) and steps[2].isdigit() and int(steps[2]) < len(parts):
        part = parts[int(steps[2])]
        name = part.get("name") if isinstance(part, dict) else None
        if isinstance(name, str) and name:
            return f"{pointer} (“{name[:60]}”)"
    return pointer
