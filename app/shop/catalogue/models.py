"""The tables of the catalogue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.database import Base


class Category(Base):
    """A shelf of the shop."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)


class Product(Base):
    """Something that is sold, in one or more variants."""

    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_shelf", "is_active", "category_id", "id"),
        CheckConstraint("price_minor >= 0", name="price_is_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(96), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    # Copies for the listing, kept by the service that changes variants, images, models and reviews.
    price_minor: Mapped[int] = mapped_column(comment="lowest price of its variants")
    image_key: Mapped[str | None] = mapped_column(String(200), comment="its first image")
    has_model: Mapped[bool] = mapped_column(default=False)
    rating_sum: Mapped[int] = mapped_column(default=0)
    rating_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    category: Mapped[Category] = relationship(lazy="raise")
    variants: Mapped[list[Variant]] = relationship(lazy="raise", order_by="Variant.position", back_populates="product")
    images: Mapped[list[ProductImage]] = relationship(lazy="raise", order_by="ProductImage.position")
    attributes: Mapped[list[ProductAttribute]] = relationship(lazy="raise")


class Variant(Base):
    """One form of a product that can be put into a cart. Its stock never falls below zero."""

    __tablename__ = "variant"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_is_not_negative"),
        CheckConstraint("price_minor >= 0", name="price_is_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80), comment="what tells it from its siblings, such as 0.5 l")
    price_minor: Mapped[int]
    stock: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)

    product: Mapped[Product] = relationship(lazy="raise", back_populates="variants")


class ProductImage(Base):
    """A picture of a product, in the storage under its key."""

    __tablename__ = "product_image"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    key: Mapped[str] = mapped_column(String(200))
    alt: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)


class ProductAttribute(Base):
    """A fact that shoppers filter by, such as material: oak."""

    __tablename__ = "product_attribute"
    __table_args__ = (
        UniqueConstraint("product_id", "name"),
        Index("ix_product_attribute_facet", "name", "value", "product_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    name: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(60))
