"""What a product's row repeats of its variants and pictures, so that a listing reads one table."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, ProductImage, Variant


def renew_copies(session: Session, product: Product) -> None:
    """Bring a locked product's lowest price and first picture in line with its variants and pictures.

    Where nothing is on sale the price is that of what was. Its model has no copy here: ``models3d`` says when it is to
    be seen; and its stars are counted by ``reviews``.
    """
    session.flush()
    prices = select(func.min(Variant.price_minor)).where(Variant.product_id == product.id)
    on_sale = session.scalar(prices.where(Variant.is_active))
    product.price_minor = on_sale if on_sale is not None else session.scalar(prices) or 0
    product.image_key = session.scalar(
        select(ProductImage.key)
        .where(ProductImage.product_id == product.id)
        .order_by(ProductImage.position, ProductImage.id)
        .limit(1)
    )
