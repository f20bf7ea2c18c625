"""``python -m bench_shop.oscar.stock <goods> <pages>``: puts goods into an empty Oscar, in Oscar's own environment.

Each is a product of its own with one picture, which is less than the shop's have: there they come in variants, with
attributes and several pictures. The addresses of the products' pages are written to a file, a line each.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from oscar.core.loading import get_model
from PIL import Image

from bench_shop.goods import Good, read

PICTURE_PIXELS = (800, 800)
LIST = "/catalogue/"


def main() -> None:
    """Make the database, fill it, index it, and look at each page once. Raises: RuntimeError if one is an error."""
    goods, pages = (Path(argument) for argument in sys.argv[1:])
    django.setup()
    call_command("migrate", verbosity=0)
    addresses = put(read(goods))
    call_command("rebuild_index", interactive=False, verbosity=0)
    look((LIST, *addresses))
    pages.write_text("\n".join(addresses), encoding="utf-8")


def put(goods: tuple[Good, ...]) -> tuple[str, ...]:
    """Put all goods on the shelves, and return the addresses of their pages."""
    kind = get_model("catalogue", "ProductClass").objects.create(name="Homeware", track_stock=True)
    partner = get_model("partner", "Partner").objects.create(name="The shop")
    category, product = get_model("catalogue", "Category"), get_model("catalogue", "Product")
    shelves = {name: category.add_root(name=name) for name in dict.fromkeys(good.shelf for good in goods)}
    products = product.objects.bulk_create(
        product(upc=good.slug, slug=good.slug, title=good.name, description=good.description, product_class=kind)
        for good in goods
    )
    pairs = tuple(zip(products, goods, strict=True))
    placed = product.categories.through
    placed.objects.bulk_create(placed(product=made, category=shelves[good.shelf]) for made, good in pairs)
    record = get_model("partner", "StockRecord")
    record.objects.bulk_create(
        record(
            product=made,
            partner=partner,
            partner_sku=good.slug,
            price_currency=settings.OSCAR_DEFAULT_CURRENCY,
            price=Decimal(good.price_minor).scaleb(-2),
            num_in_stock=good.stock,
        )
        for made, good in pairs
    )
    picture = get_model("catalogue", "ProductImage")
    picture.objects.bulk_create(picture(product=made, original=drawn(made.id, made.slug)) for made in products)
    return tuple(made.get_absolute_url() for made in products)


def drawn(number: int, name: str) -> str:
    """Draw a plain picture for a product, and return its name in the storage."""
    file = Path(settings.MEDIA_ROOT) / "images" / f"{name}.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", PICTURE_PIXELS, f"hsl({number % 360}, 40%, 60%)").save(file)
    return str(file.relative_to(settings.MEDIA_ROOT))


def look(addresses: tuple[str, ...]) -> None:
    """Ask for each page, which makes its thumbnails: in production they are there."""
    client = Client(SERVER_NAME="127.0.0.1")
    for address in addresses:
        status = client.get(address).status_code
        if status != 200:
            raise RuntimeError(f"{address} answers {status}")


if __name__ == "__main__":
    main()
