"""Models from merchants are checked, made small and published; bad and hostile ones are refused, and nothing breaks."""

from __future__ import annotations

import struct
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from apiflask import APIFlask

from app_support import models
from shop.models3d import budget, node
from shop.models3d.dangers import dangers
from shop.models3d.finding import Finding, Level
from shop.models3d.gltf import Unreadable, take_apart
from shop.models3d.intake import Encoding, Intake, take_in
from shop.models3d.service import State, model_key, poster_key
from shop.problems import Conflict, Invalid, NotFound
from shop.shop import Shop
from shop.uploads.picture import Kind, look_at
from shop.uploads.promise import Arrival, Purpose
from shop.worker import Worker

CUP = models.cup()
REMOTE = "http://169.254.169.254/latest/meta-data"


def errors(intake: Intake) -> dict[str, Finding]:
    """What the model is refused for, by code."""
    return {finding.code: finding for finding in intake.findings if finding.level is Level.ERROR}


def changed(change: Callable[[models.Raw], object]) -> bytes:
    """The cup with another description."""
    return models.changed(CUP, change)


def with_accessor(**values: object) -> bytes:
    """The cup with other values in its first accessor."""
    return changed(lambda raw: raw["accessors"][0].update(values))


# What is refused before any program opens it.
UNOPENED = {
    "empty": (b"", "not_gltf"),
    "text": (b"solid cup", "not_gltf"),
    "a picture": (models.picture("PNG"), "not_gltf"),
    "header only": (CUP[:8], "truncated"),
    "cut in the middle": (CUP[: len(CUP) // 2], "truncated"),
    "a chunk past the end": (CUP[:12] + struct.pack("<I", 2**32 - 1) + CUP[16:], "truncated"),
    "broken JSON": (models.packed(b'{"asset": {"version": "2.0"'), "not_gltf"),
    "NaN in JSON": (models.packed(b'{"asset": {"version": "2.0"}, "scene": NaN}'), "not_gltf"),
    "JSON without an object": (models.packed(b"[]"), "not_gltf"),
    "JSON nested too deep": (models.packed(b"[" * 200_000), "not_gltf"),
    "a number of too many digits": (models.packed(b'{"scene": ' + b"9" * 6_000 + b"}"), "not_gltf"),
    "no UTF-8": (models.packed(b'{"asset": "\xff\xfe"}'), "not_gltf"),
    "too large": (CUP + bytes(20_000_000), "file_too_large"),
    "JSON of a million parts": (models.packed(b'{"nodes": [' + b"{}," * 900_000 + b"{}]}"), "json_too_large"),
    "ten thousand nodes": (changed(lambda raw: raw.update(nodes=[{}] * 10_000)), "malformed"),
    "glTF 1": (CUP[:4] + struct.pack("<I", 1) + CUP[8:], "wrong_version"),
    "an archive behind its end": (CUP + b"PK\x05\x06" + bytes(18), "trailing_bytes"),
    "a buffer elsewhere": (changed(lambda raw: raw["buffers"][0].update(uri=REMOTE)), "external_file"),
    "a texture elsewhere": (changed(lambda raw: raw["images"].append({"uri": REMOTE})), "external_file"),
    "a file of the machine": (
        changed(lambda raw: raw["images"].append({"uri": "file:///etc/passwd"})),
        "external_file",
    ),
    "a file beside it": (changed(lambda raw: raw["images"].append({"uri": "../../secret-key"})), "external_file"),
    "an address in an extension": (
        changed(lambda raw: raw.update(extensions={"X": [{"uri": REMOTE}]})),
        "external_file",
    ),
    "an address that is no text": (changed(lambda raw: raw["images"].append({"uri": [REMOTE]})), "malformed"),
    "zeros without end": (
        changed(lambda raw: raw["accessors"].append({"componentType": 5126, "type": "MAT4", "count": 90_000_000})),
        "unfolds_too_large",
    ),
    "the same zeros very often": (
        changed(
            lambda raw: raw["accessors"].extend([{"componentType": 5126, "type": "VEC4", "count": 100_000}] * 4_000)
        ),
        "unfolds_too_large",
    ),
    "compressed to next to nothing": (
        changed(
            lambda raw: raw["bufferViews"][0].update(
                extensions={"EXT_meshopt_compression": {"count": 50_000_000, "byteStride": 256}}
            )
        ),
        "unfolds_too_large",
    ),
    "a buffer that promises much": (
        changed(lambda raw: raw["buffers"].extend([{"byteLength": 60_000_000}, {"byteLength": 60_000_000}])),
        "unfolds_too_large",
    ),
    "a negative count": (with_accessor(count=-1), "malformed"),
    "a count beyond all bounds": (with_accessor(count=2**63), "malformed"),
    "a count that is text": (with_accessor(count="12"), "malformed"),
    "a count that is true": (with_accessor(count=True), "malformed"),
    "an unknown type": (with_accessor(type="VEC9"), "malformed"),
    "lists that are objects": (changed(lambda raw: raw.update(meshes={"a": 1})), "malformed"),
    "Draco": (
        changed(lambda raw: raw.update(extensionsRequired=["KHR_draco_mesh_compression"])),
        "extension_not_supported",
    ),
    "a drawing as texture": (models.with_texture(CUP, b"<svg onload='alert(1)'/>"), "texture_unknown"),
    "a page as texture": (
        changed(lambda raw: raw["images"].append({"uri": "data:text/html;base64,PHNjcmlwdD4="})),
        "texture_unknown",
    ),
    "a texture out of the file": (changed(lambda raw: raw["images"].append({"bufferView": 99})), "texture_unknown"),
    "a texture that claims to be endless": (
        models.with_texture(CUP, models.png_claiming(60_000, 60_000)),
        "texture_unfolds_too_large",
    ),
}


@pytest.mark.parametrize("name", UNOPENED)
def test_a_file_that_is_broken_or_hostile_is_refused_before_any_program_opens_it(name: str) -> None:
    body, code = UNOPENED[name]
    try:
        found = tuple(dangers(take_apart(body)))
    except Unreadable as error:
        found = error.findings
    assert code in {finding.code for finding in found if finding.level is Level.ERROR}
    assert all(finding.cure or finding.where for finding in found)
    intake = take_in(body)
    assert (intake.findings, intake.body) == (found, None)


# What the validator or the compressor find.
JUDGED = {
    "a number that is none": (models.with_nan(), "accessor_invalid_float", "/accessors/"),
    "an accessor that reaches too far": (
        with_accessor(count=3_000),
        "accessor_too_long",
        "/accessors/0",
    ),
    "an accessor that is not there": (
        changed(lambda raw: raw["meshes"][0]["primitives"][0]["attributes"].update(POSITION=77)),
        "unresolved_reference",
        "/meshes/0/primitives/0/attributes/POSITION (“cup",
    ),
    "a ring of nodes": (
        changed(lambda raw: (raw["nodes"].extend([{"children": [2]}, {"children": [1]}]), None)),
        "node_loop",
        "/nodes/",
    ),
    "no asset": (changed(lambda raw: raw.pop("asset")), "undefined_property", ""),
    "a poisoned name": (
        models.packed(b'{"asset": {"version": "2.0"}, "__proto__": {"scenes": [{}]}, "constructor": 1}'),
        "nothing_to_draw",
        "/scenes",
    ),
    "a texture that stops early": (
        models.with_texture(CUP, models.noise_picture(64)[:2_000]),
        "texture_damaged",
        "",
    ),
    "a texture that unfolds": (
        models.with_texture(CUP, models.png_claiming(8_000, 8_000)),
        "texture_too_large",
        "/images",
    ),
}


@pytest.mark.parametrize("name", JUDGED)
def test_what_is_wrong_with_a_model_is_said_with_its_place(name: str) -> None:
    body, code, where = JUDGED[name]
    intake = take_in(body)
    assert code in errors(intake), intake.findings
    assert errors(intake)[code].where.startswith(where)
    assert errors(intake)[code].cure
    assert intake.body is None


# The bodies are made when they are needed: it takes seconds.
HEAVY: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "triangles": (
        lambda: models.sheet(160_000),
        "too_many_triangles",
        "160,178 triangles; the limit is 150,000",
        "7 %",
    ),
    "draw calls": (lambda: models.parts(21), "too_many_draw_calls", "drawn in 21 parts; the limit is 20", "Join"),
    "instances": (
        lambda: changed(
            lambda raw: (
                raw.update(scenes=[{"nodes": list(range(300))}], nodes=[{"mesh": 0} for _ in range(300)]),
                None,
            )
        ),
        "too_many_triangles",
        "230,400 triangles",
        "35 %",
    ),
    "textures": (lambda: models.cup(texture_side=2_056), "texture_too_large", "2,056 pixels", "2048 × 2048"),
    "bytes": (
        lambda: models.noisy_cup(2_048),
        "too_heavy",
        "3.1 MB, 99 % of it textures; the limit is 3 MB",
        "1024 × 1024",
    ),
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_model_over_a_budget_is_refused_with_the_figure_the_limit_and_a_cure(name: str) -> None:
    made, code, words, cure = HEAVY[name]
    intake = take_in(made())
    assert words in errors(intake)[code].message
    assert cure in errors(intake)[code].cure
    assert intake.body is None


@pytest.mark.parametrize(
    ("body", "share"),
    [(CUP, 0.1), (models.as_gltf(CUP), 0.1), (models.sheet(100_000), 0.2)],
    ids=["glb", "gltf", "heavy"],
)
def test_a_good_model_becomes_much_smaller_and_stays_good(body: bytes, share: float) -> None:
    intake = take_in(body)
    assert not errors(intake)
    assert intake.body is not None
    assert intake.figures is not None
    assert len(intake.body) < share * len(body)
    assert intake.encoding in {Encoding.QUANTIZED, Encoding.MESHOPT}
    again = take_in(intake.body)  # also a model that is compressed already is taken
    assert not errors(again)
    assert again.figures == intake.figures == budget.measure(take_apart(body))


def test_textures_become_webp_and_what_nothing_uses_is_left_out() -> None:
    def add(raw: models.Raw) -> None:
        raw["nodes"][0]["extras"] = {"uri": REMOTE}
        raw["extensionsUsed"] = ["VENDOR_secret"]
        raw["extensions"] = {"VENDOR_secret": {"note": "hidden"}}
        raw["materials"].append({"name": "unused"})

    intake = take_in(changed(add))
    assert "extension_left_out" in {found.code for found in intake.findings if found.level is Level.WARNING}
    assert intake.body is not None
    served = take_apart(intake.body)
    picture = look_at(served.head_of(served.document.images[0]))
    assert picture is not None
    assert picture.kind is Kind.WEBP
    assert b"VENDOR_secret" not in intake.body
    assert b"unused" not in intake.body


def test_the_process_that_opens_files_gets_none_of_the_shops_secrets_and_can_read_and_start_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for everybody")
    seen: dict[str, dict[str, str]] = {}

    def watch() -> None:
        until = time.monotonic() + 20
        while not seen and time.monotonic() < until:
            for child in psutil.Process().children():
                if "pipeline.mjs" in " ".join(child.cmdline()):
                    seen["environment"] = child.environ()

    watcher = threading.Thread(target=watch)
    watcher.start()
    take_in(models.sheet(50_000))
    watcher.join()
    assert set(seen["environment"]) == {"HOME", "TMPDIR", "LANG", "MALLOC_ARENA_MAX"}
    with pytest.raises(node.Overrun):  # Node itself refuses: ERR_ACCESS_DENIED
        node.run("model", CUP, input="/etc/passwd", compress=False)


@pytest.mark.parametrize(
    "limits",
    [node.Limits(seconds=0.2), node.Limits(heap_mb=12), node.Limits(data_mb=64), node.Limits(processor_seconds=1)],
    ids=["time", "heap", "memory", "processor"],
)
def test_work_that_takes_too_much_is_stopped_and_leaves_nothing_behind(
    limits: node.Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(node.Overrun):
        node.run("model", models.noisy_cup(2_000), limits, compress=True)
    assert not [child for child in psutil.Process().children() if "pipeline" in " ".join(child.cmdline())]
    assert not list(tmp_path.iterdir())


# What becomes of it in the shop.
SLUG = "plain-mug"


def arrival(shop: Shop, body: bytes, purpose: Purpose = Purpose.MODEL) -> Arrival:
    """A file that has just come in."""
    return shop.uploads.keep(body, purpose)


def submitted(shop: Shop, body: bytes, slug: str = SLUG) -> str:
    """A version that waits for the worker."""
    return shop.models.submit(slug, arrival(shop, body), "01ARZ3NDEKTSV4RRFFQ69G5FAV")


def state_of(shop: Shop, version: str, slug: str = SLUG) -> State:
    """How far the version has come."""
    return next(found.state for found in shop.models.versions(slug) if found.id == version)


def served(shop: Shop, slug: str = SLUG) -> bytes | None:
    """What shoppers get."""
    return shop.storage.get(model_key(slug))


def test_a_model_goes_from_its_upload_through_the_worker_to_the_shoppers(app: APIFlask, shop: Shop) -> None:
    shop.storage.put("products/plain-mug/1.webp", models.picture("WEBP"), Kind.WEBP)
    version = submitted(shop, CUP)
    assert state_of(shop, version) is State.UPLOADED
    assert not shop.catalogue.product(SLUG).has_model
    assert Worker(shop).deliver() >= 1
    found = shop.models.versions(SLUG)[0]
    assert (found.state, found.triangles, found.draw_calls) == (State.READY, 768, 1)
    assert found.bytes_before == len(CUP)
    assert found.bytes_after == len(served(shop) or b"")
    assert shop.catalogue.product(SLUG).has_model
    assert shop.storage.get(poster_key(SLUG)) == models.picture("WEBP")  # until the merchant draws one
    assert shop.storage.get(f"uploads/model/{version}") == CUP  # the original is kept
    answer = app.test_client().get(f"/media/{model_key(SLUG)}")
    assert answer.content_type == "model/gltf-binary"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_version_that_is_refused_leaves_the_one_before_in_place(shop: Shop) -> None:
    shop.models.process(submitted(shop, CUP))
    before = served(shop)
    version = submitted(shop, models.with_nan())
    shop.models.process(version)
    found = shop.models.versions(SLUG)[0]
    assert (found.state, found.findings[0].code) == (State.REFUSED, "accessor_invalid_float")
    assert served(shop) == before is not None


def test_an_older_upload_that_took_longer_does_not_replace_a_newer_one(shop: Shop) -> None:
    older, newer = submitted(shop, CUP), submitted(shop, models.cup(64))
    shop.models.process(newer)
    latest = served(shop)
    shop.models.process(older)
    assert state_of(shop, older) is state_of(shop, newer) is State.READY
    assert served(shop) == latest


def test_a_job_that_is_delivered_twice_or_was_cut_off_ends_the_same(shop: Shop) -> None:
    version = submitted(shop, CUP)
    shop.models._begin(version)  # noqa: SLF001 - a worker that died here
    assert state_of(shop, version) is State.CHECKING
    shop.models.process(version)
    once = shop.models.versions(SLUG)[0]
    shop.storage.delete(model_key(SLUG))
    shop.models.process(version)
    assert shop.models.versions(SLUG)[0] == once
    assert served(shop) is None  # nothing was done again
    shop.models.process("01ARZ3NDEKTSV4RRFFQ69G5FAV")  # what nobody knows is over


def test_a_form_that_is_sent_twice_makes_one_version(shop: Shop) -> None:
    came = arrival(shop, CUP)
    assert shop.models.submit(SLUG, came, "x") == shop.models.submit(SLUG, came, "x")
    assert [version.id for version in shop.models.versions(SLUG)].count(came.id) == 1
    with pytest.raises(NotFound):
        shop.models.submit("none", arrival(shop, CUP), "x")


def test_an_upload_that_is_gone_refuses_its_version(shop: Shop) -> None:
    version = submitted(shop, CUP)
    shop.storage.delete(f"uploads/model/{version}")
    shop.models.process(version)
    assert shop.models.versions(SLUG)[0].findings[0].code == "upload_gone"


def test_a_model_without_any_picture_waits_for_its_poster(shop: Shop) -> None:
    slug = "glass-cup"
    with pytest.raises(Conflict):
        shop.models.set_poster(slug, arrival(shop, models.picture("PNG"), Purpose.POSTER))
    version = submitted(shop, CUP, slug)
    shop.models.process(version)
    assert state_of(shop, version, slug) is State.READY
    assert not shop.catalogue.product(slug).has_model
    with pytest.raises(Invalid):
        shop.models.set_poster(slug, arrival(shop, b"<svg/>", Purpose.POSTER))
    shop.models.set_poster(slug, arrival(shop, models.picture("PNG", 2000, 1000), Purpose.POSTER))
    assert shop.catalogue.product(slug).has_model
    poster = look_at(shop.storage.get(poster_key(slug)) or b"")
    assert poster is not None
    assert (poster.kind, poster.width, poster.height) == (Kind.WEBP, 1200, 600)


def test_a_model_that_is_withdrawn_is_gone_for_shoppers_and_its_original_kept(shop: Shop) -> None:
    slug = "desk-lamp"
    shop.storage.put("products/desk-lamp/1.webp", models.picture("WEBP"), Kind.WEBP)
    version = submitted(shop, CUP, slug)
    shop.models.process(version)
    assert shop.catalogue.product(slug).has_model
    shop.models.withdraw(slug)
    assert not shop.catalogue.product(slug).has_model
    assert served(shop, slug) is shop.storage.get(poster_key(slug)) is None
    assert shop.storage.get(f"uploads/model/{version}") == CUP
    with pytest.raises(Conflict):
        shop.models.set_poster(slug, arrival(shop, models.picture("PNG"), Purpose.POSTER))
    shop.models.process(submitted(shop, CUP, slug))
    assert shop.catalogue.product(slug).has_model


def test_the_worker_survives_every_hostile_file(shop: Shop) -> None:
    for name in ("a buffer elsewhere", "zeros without end", "JSON nested too deep", "cut in the middle"):
        submitted(shop, UNOPENED[name][0])
    version = submitted(shop, models.cup(32))
    while Worker(shop).deliver():
        pass
    assert [found.state for found in shop.models.versions(SLUG)][:5] == [State.READY] + [State.REFUSED] * 4
    assert state_of(shop, version) is State.READY
