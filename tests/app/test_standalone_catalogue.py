"""The goods of `make shop`: written, modelled and photographed by program, and brought to the shelves exactly once."""

from __future__ import annotations

import hashlib
import io
import json
import re
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import Connection, delete, func, select, text, update

from shop.catalogue.models import Category, Product, ProductAttribute, ProductImage, Variant
from shop.catalogue.shelf import Query
from shop.config import Config
from shop.models3d.intake import take_in
from shop.shop import Shop, open_shop
from shop.storage import FolderStorage
from standalone.catalogue.assortment import SHELVES, Article, assortment
from standalone.catalogue.delivery import deliver, program
from standalone.catalogue.files import File, files_of
from standalone.catalogue.finishes import FINISHES
from standalone.catalogue.forms import Look, Shelf
from standalone.catalogue.meshes import Solid, box, cut, lathe, welded
from standalone.catalogue.models import glb
from standalone.catalogue.shelving import shelve
from standalone.opening import fill

ALL = assortment()
WITH_MODEL = tuple(article for article in ALL if article.has_model)
SIGNING = "a key of these tests, which opens nothing"
KIB = 1024


@pytest.fixture(scope="module")
def shop(config: Config) -> Shop:
    """A shop with empty shelves."""
    return open_shop(config)


@pytest.fixture(scope="module")
def drawn() -> tuple[File, ...]:
    """The files of one article that has everything."""
    return files_of(WITH_MODEL[0])


def test_there_are_twenty_products_on_each_of_twelve_shelves() -> None:
    assert len(ALL) == 240
    assert Counter(article.shelf.slug for article in ALL) == dict.fromkeys((shelf.slug for shelf in SHELVES), 20)
    assert len(SHELVES) == 12
    assert len(WITH_MODEL) >= 24


@pytest.mark.parametrize("what", ["slug", "name", "description"])
def test_no_two_products_are_alike(what: str) -> None:
    assert len({getattr(article, what) for article in ALL}) == len(ALL)
    assert len({(article.form.noun, article.look.finish) for article in ALL}) == len(ALL)


@pytest.mark.parametrize("article", ALL[::5], ids=lambda article: article.slug)
def test_a_description_has_two_to_four_whole_sentences(article: Article) -> None:
    sentences = re.split(r"(?<=[.!?]) ", article.description)
    assert 2 <= len(sentences) <= 4
    assert len(set(sentences)) == len(sentences)
    assert 80 <= len(article.description) <= 480
    for sentence in sentences:
        assert sentence[0].isupper(), sentence
        assert sentence[-1] == ".", sentence
        assert not re.search(r"[{}]|\b[Aa] [aeiou]|\b[Aa]n [^aeiouhE]|  ", sentence), sentence


def test_everything_fits_its_columns_and_has_a_sensible_price() -> None:
    skus = [choice.sku for article in ALL for choice in article.choices]
    assert len(set(skus)) == len(skus)
    for article in ALL:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article.slug)
        assert len(article.slug) <= 96
        assert len(article.name) <= 120
        assert 1 <= len(article.choices) <= 4
        assert 2 <= len(article.shots) <= 3
        assert all(9_00 <= choice.price_minor <= 700_00 and choice.stock >= 0 for choice in article.choices)
        assert all(len(choice.sku) <= 40 and len(choice.name) <= 80 for choice in article.choices)
        assert all(len(shot.alt) <= 200 for shot in article.shots)
        assert set(article.attributes) == {"colour", "material", "size", "style"}


def test_some_products_are_sold_out_and_most_are_not() -> None:
    sold_out = [article for article in ALL if not any(choice.stock for choice in article.choices)]
    assert 2 <= len(sold_out) <= 30
    assert any(choice.stock == 0 for article in ALL for choice in article.choices if article not in sold_out)


def test_the_front_of_the_shop_is_mixed() -> None:
    newest = ALL[-24:]
    assert Counter(article.shelf.slug for article in newest).most_common(1)[0][1] == 2


def test_every_finish_of_a_form_has_its_own_words() -> None:
    for shelf in SHELVES:
        for form in shelf.forms:
            assert len(set(form.finishes)) == 4
            assert all(FINISHES[finish].words for finish in form.finishes)


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda shelf: shelf.slug)
def test_what_is_drawn_is_closed_and_stands_where_it_should(shelf: Shelf) -> None:
    for form in shelf.forms:
        parts = form.made(Look(form.finishes[0], "a piece"))
        assert open_edges(tuple(part.solid for part in parts)) == 0, form.noun
        points = np.vstack([part.solid.points for part in parts])
        assert np.isfinite(points).all()
        assert 0.03 < np.ptp(points, axis=0).max() < 2.0  # metres
        lowest = points[:, 1 if form.place.value == "floor" else 2].min()
        assert abs(lowest) < 1e-9, form.noun
        for part in parts:
            assert np.allclose(np.linalg.norm(part.solid.normals, axis=1), 1, atol=1e-3)
            assert np.isfinite(part.solid.uv).all()


def test_pieces_of_one_form_differ_in_their_measures() -> None:
    form = SHELVES[0].forms[0]
    one, other = (form.made(Look("oat", seed))[0].solid.points for seed in ("one", "other"))
    assert not np.array_equal(np.ptp(one, axis=0), np.ptp(other, axis=0))


def test_a_cut_leaves_a_hole_of_the_tools_size() -> None:
    block = cut(box(0.1, 0.1, 0.1, 0.001), box(0.05, 0.2, 0.05, 0.001).moved(y=-0.05))
    assert volume(block) == pytest.approx(0.1**3 - 0.05**2 * 0.1, rel=0.01)


def test_a_turned_solid_has_the_volume_of_its_profile() -> None:
    assert volume(lathe(np.array([[0.1, 0.0], [0.1, 0.3]]))) == pytest.approx(np.pi * 0.1**2 * 0.3, rel=0.01)


def test_the_pictures_show_the_piece_in_the_middle_of_a_quiet_backdrop(drawn: tuple[File, ...]) -> None:
    pictures = {file.key: file.body for file in drawn if file.content_type == "image/webp"}
    slug = WITH_MODEL[0].slug
    assert {key for key in pictures if key.startswith("products/")} == {
        f"products/{slug}/{number}{size}.webp" for number in (1, 2, 3) for size in ("", "-400")
    }
    for key, body in pictures.items():
        with Image.open(io.BytesIO(body)) as image:
            assert image.size == ((400, 400) if "-400" in key else (800, 800))
        assert (2 if "-400" in key else 5) * KIB < len(body) < 90 * KIB, key
    with Image.open(io.BytesIO(pictures[f"products/{slug}/1.webp"])) as image:
        pixels = np.asarray(image.convert("RGB"), float)
    corners = np.concatenate([pixels[:40, :40], pixels[:40, -40:]]).reshape(-1, 3)
    assert corners.std(axis=0).max() < 6
    assert pixels[250:550, 250:550].std(axis=(0, 1)).max() > 12


@pytest.mark.parametrize("article", WITH_MODEL[::6], ids=lambda article: article.slug)
def test_a_model_keeps_its_budgets_and_the_shops_own_intake_finds_nothing_wrong(article: Article) -> None:
    body = glb(article.form.made(article.look), article.name)
    (length,) = struct.unpack_from("<I", body, 12)
    document = json.loads(body[20 : 20 + length])
    drawn = [primitive for mesh in document["meshes"] for primitive in mesh["primitives"]]
    assert len(body) <= 3_000_000
    assert len(drawn) <= 20
    assert sum(document["accessors"][primitive["indices"]]["count"] // 3 for primitive in drawn) <= 150_000
    taken = take_in(body)
    assert taken.findings == ()
    assert taken.body is not None


def test_the_same_article_is_the_same_bytes_in_another_process(drawn: tuple[File, ...]) -> None:
    asked = (
        "import hashlib; from standalone.catalogue.assortment import assortment;"
        "from standalone.catalogue.files import files_of;"
        f"article = next(one for one in assortment() if one.slug == {WITH_MODEL[0].slug!r});"
        "print([(file.key, hashlib.sha256(file.body).hexdigest()) for file in files_of(article)])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str([(file.key, hashlib.sha256(file.body).hexdigest()) for file in drawn])


def test_a_delivery_that_was_killed_goes_on_where_it_was_and_draws_nothing_twice(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", DELIVERING, str(tmp_path)])
    marks = tmp_path / "marks"
    wait_until(lambda: marks.exists() and any(marks.iterdir()))
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path.name for path in marks.iterdir()}
    assert 1 <= len(before) < 4
    storage, said = FolderStorage(tmp_path / "media", SIGNING), Said()
    deliver(ALL[:4], storage, marks, said)
    assert said.first == (len(before), 4)
    assert {path.name for path in marks.iterdir()} == {f"{article.slug}.{program()}" for article in ALL[:4]}
    for article in ALL[:4]:
        for number in range(1, len(article.shots) + 1):
            body = storage.get(f"products/{article.slug}/{number}.webp")
            assert body is not None
            with Image.open(io.BytesIO(body)) as image:
                image.load()
    again = Said()
    deliver(ALL[:4], storage, marks, again)
    assert again.last is None


def test_shelving_that_is_killed_leaves_the_shelves_empty_and_can_be_done_again(shop: Shop, config: Config) -> None:
    environ = {name.upper(): str(value) for name, value in told(config).items()}
    with shop.database.writer.connect() as connection:
        connection.execute(text("LOCK TABLE product_attribute IN EXCLUSIVE MODE"))  # the last rows have to wait
        process = subprocess.Popen([sys.executable, "-c", SHELVING], env=environ)
        try:
            wait_until(lambda: is_waited_for(connection))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert count(shop, Product) == 0
    assert shelve(ALL, shop.database) == 240
    assert count(shop, Product) == 240


def test_shelving_twice_changes_nothing_and_leaves_what_merchants_changed(shop: Shop) -> None:
    shelve(ALL, shop.database)
    slug = ALL[0].slug
    with shop.database.write() as session:
        session.scalars(select(Product).where(Product.slug == slug)).one().name = "Renamed"
    before = [count(shop, table) for table in (Category, Product, Variant, ProductImage, ProductAttribute)]
    assert shelve(ALL, shop.database) == 0
    assert [count(shop, table) for table in (Category, Product, Variant, ProductImage, ProductAttribute)] == before
    assert shop.catalogue.product(slug).name == "Renamed"


def test_shoppers_find_the_products_by_shelf_facet_and_word(shop: Shop) -> None:
    shelve(ALL, shop.database)
    assert [(shelf.slug, shelf.count) for shelf in shop.catalogue.shelves()] == [(one.slug, 20) for one in SHELVES]
    assert shop.catalogue.find(Query(category="lamps", attributes=(("material", "oak"),))).total >= 2
    assert shop.catalogue.find(Query(text="espresso")).total >= 4
    assert all(card.image_key == f"products/{card.slug}/1.webp" for card in shop.catalogue.find(Query()).cards)


def test_what_a_merchant_removed_or_renamed_does_not_come_back(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "drawn").mkdir()
    for article in ALL[:3]:
        (tmp_path / "drawn" / f"{article.slug}.{program()}").touch()
    fill(shop, tmp_path, 2, Said())
    with shop.database.write() as session:
        removed = session.scalars(select(Product.id).where(Product.slug == ALL[0].slug)).one()
        for table in (Variant, ProductImage, ProductAttribute):
            session.execute(delete(table).where(table.product_id == removed))
        session.execute(delete(Product).where(Product.id == removed))
        session.execute(update(Product).where(Product.slug == ALL[1].slug).values(slug="by-another-name"))
    before = count(shop, Product)
    assert fill(shop, tmp_path, 3, Said()) == 0
    assert count(shop, Product) == before


DELIVERING = f"""
import sys
from pathlib import Path
from shop.storage import FolderStorage
from standalone.catalogue.assortment import assortment
from standalone.catalogue.delivery import deliver
if __name__ == "__main__":
    home = Path(sys.argv[1])
    deliver(assortment()[:4], FolderStorage(home / "media", {SIGNING!r}), home / "marks", lambda done, total: None)
"""
SHELVING = """
import os
from shop.config import Config
from shop.shop import open_shop
from standalone.catalogue.assortment import assortment
from standalone.catalogue.shelving import shelve
from standalone.opening import fill
shelve(assortment(), open_shop(Config.from_environment(os.environ)).database)
"""


class Said:
    """What was told of a delivery."""

    def __init__(self) -> None:
        self.first: tuple[int, int] | None = None
        self.last: tuple[int, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        self.first = self.first or (done, total)
        self.last = (done, total)


def open_edges(solids: tuple[Solid, ...]) -> int:
    """The number of edges that have not as many triangles on one side as on the other: none, if all is closed."""
    starts = np.cumsum([0, *(len(solid.points) for solid in solids)])
    _, joined = welded(np.vstack([solid.points for solid in solids]))
    corners = joined[np.vstack([solid.corners + start for solid, start in zip(solids, starts, strict=False)])]
    ways = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    ways = ways[ways[:, 0] != ways[:, 1]]
    size = int(joined.max()) + 1
    there, back = ways[:, 0] * size + ways[:, 1], ways[:, 1] * size + ways[:, 0]
    return len(np.setxor1d(there, back))


def volume(solid: Solid) -> float:
    """The volume that a closed solid encloses."""
    a, b, c = solid.points[solid.corners].transpose(1, 0, 2)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def told(config: Config) -> dict[str, object]:
    """A configuration as the variables that it was read from."""
    plain = config.model_dump(exclude_none=True)
    return {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in plain.items()
        if value not in ((), "")
    }


def count(shop: Shop, table: type[object]) -> int:
    with shop.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def is_waited_for(connection: Connection) -> bool:
    """Whether anybody waits for a lock on the attributes. Asked by the holder of the lock, who must not fall idle."""
    asked = "SELECT count(*) FROM pg_locks WHERE relation = 'product_attribute'::regclass AND NOT granted"
    return int(connection.execute(text(asked)).scalar_one()) > 0


def wait_until(holds: Callable[[], bool], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)
