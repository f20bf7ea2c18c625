"""The pages of products, their variants, their pictures, and categories."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import render_template, request
from ulid import ULID

from shop.accounts.answers import NONE, Answer, Errors, to
from shop.accounts.forms import Sent, filled_in
from shop.accounts.visitor import own_account
from shop.admin.answers import once_more
from shop.admin.audit import Deed
from shop.admin.categories import CategoryTerms
from shop.admin.forms import (
    LARGEST_ID,
    CategoryForm,
    CountForm,
    DeliveryForm,
    PictureForm,
    ProductForm,
    ProductsForm,
    VariantForm,
    minor_of,
)
from shop.admin.goods import FEW, ProductTerms, Wanted
from shop.admin.variants import VariantTerms
from shop.models3d import budget
from shop.money import amount
from shop.problems import Conflict, Invalid
from shop.shop import current_shop
from shop.uploads.views import with_uploads

pages = APIBlueprint("admin_goods", __name__, url_prefix="/admin", enable_openapi=False)
CATEGORY = f"/categories/<int(max={LARGEST_ID}):category_id>"
VARIANT = f"/products/<slug>/variants/<int(max={LARGEST_ID}):variant_id>"
STATES = (("", "All"), ("on", "On sale"), ("off", "Not on sale"), ("low", f"Fewer than {FEW} left"))


@pages.get("/products")
def products_page() -> Answer:
    """Show the products, searched and filtered."""
    asked = filled_in(ProductsForm, request.args)
    wanted = Wanted(text=asked.q, category=asked.category, state=asked.state)
    return render_template(
        "admin/products.html",
        part=current_shop().goods.find(wanted, asked.page),
        asked=asked,
        categories=(("", "All"), *((each.terms.slug, each.terms.name) for each in current_shop().categories.all())),
        states=STATES,
    )


@pages.get("/products/new")
def new_product_page() -> Answer:
    """Ask for a new product."""
    return _new_product()


@pages.post("/products/new")
def submit_new_product() -> Answer:
    """Add a product, and go on to its variants."""
    try:
        terms = _product_terms(filled_in(ProductForm, request.form))
        current_shop().goods.create(terms, own_account())
    except Invalid as problem:
        return once_more(problem, _new_product)
    return to(f"/admin/products/{terms.slug}", done="1")


@pages.get("/products/<slug>")
def product_page(slug: str) -> Answer:
    """Show a product with everything that can be changed of it."""
    return _product(slug)


@pages.post("/products/<slug>")
def submit_product(slug: str) -> Answer:
    """Change a product."""
    try:
        terms = _product_terms(filled_in(ProductForm, request.form))
        current_shop().goods.change(slug, terms, request.form.get("edition", ""), own_account())
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _product(slug, errors, "product"))
    return to(f"/admin/products/{terms.slug}", done="1")


@pages.post("/products/<slug>/variants")
def submit_new_variant(slug: str) -> Answer:
    """Add a variant."""
    try:
        current_shop().variants.add(slug, _variant_terms(filled_in(VariantForm, request.form)), own_account())
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _product(slug, errors, "new"))
    return _saved(slug)


@pages.post(VARIANT)
def submit_variant(slug: str, variant_id: int) -> Answer:
    """Change a variant, or take it off sale."""
    try:
        terms, seen = _variant_terms(filled_in(VariantForm, request.form)), request.form.get("edition", "")
        current_shop().variants.change(slug, variant_id, terms, seen, own_account())
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _product(slug, errors, f"variant-{variant_id}"))
    return _saved(slug)


@pages.post(f"{VARIANT}/count")
def submit_count(slug: str, variant_id: int) -> Answer:
    """Correct the stock to what was counted."""
    try:
        sent = filled_in(CountForm, request.form)
        deed = _deed("stock: corrected", sent.reason)
        current_shop().variants.correct(slug, variant_id, sent.seen, sent.counted, deed)
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _product(slug, errors, f"count-{variant_id}"), field="counted")
    return _saved(slug)


@pages.post(f"{VARIANT}/delivery")
def submit_delivery(slug: str, variant_id: int) -> Answer:
    """Add a delivery to the stock."""
    try:
        sent = filled_in(DeliveryForm, request.form)
        deed = _deed("stock: delivered", sent.reason, sent.form_key)
        current_shop().variants.deliver(slug, variant_id, sent.pieces, deed)
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _product(slug, errors, f"delivery-{variant_id}"))
    return _saved(slug)


@pages.post("/products/<slug>/pictures")
def submit_picture(slug: str) -> Answer:
    """Say what a picture shows, and where it stands. Pictures come and go at the page of ``models3d``."""
    try:
        sent = filled_in(PictureForm, request.form)
    except Invalid as problem:
        return with_uploads(once_more(problem, lambda errors: _pictures(slug, errors)))
    current_shop().goods.show_picture(slug, sent.key, sent.alt, sent.place, own_account())
    return to(f"/admin/products/{slug}/media", done="1")


@pages.get("/categories")
def categories_page() -> Answer:
    """Show the categories, each with its form."""
    return _categories()


@pages.post("/categories")
def submit_new_category() -> Answer:
    """Add a category."""
    try:
        current_shop().categories.create(_category_terms(), own_account())
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _categories(errors, "new"))
    return to("/admin/categories", done="1")


@pages.post(CATEGORY)
def submit_category(category_id: int) -> Answer:
    """Change a category."""
    try:
        seen = request.form.get("edition", "")
        current_shop().categories.change(category_id, _category_terms(), seen, own_account())
    except (Invalid, Conflict) as problem:
        return once_more(problem, lambda errors: _categories(errors, str(category_id)))
    return to("/admin/categories", done="1")


@pages.post(f"{CATEGORY}/remove")
def submit_category_removal(category_id: int) -> Answer:
    """Take an empty category away."""
    try:
        current_shop().categories.remove(category_id, request.form.get("edition", ""), own_account())
    except Conflict as problem:
        return once_more(problem, _categories)
    return to("/admin/categories", done="1")


def _saved(slug: str) -> Answer:
    return to(f"/admin/products/{slug}", done="1")


def _deed(what: str, reason: str, form_key: str | None = None) -> Deed:
    return Deed(by=own_account(), what=what, subject="", reason=reason, form_key=form_key)


def _new_product(errors: Errors = NONE) -> str:
    return render_template("admin/product_new.html", sent=request.form, errors=errors, categories=_category_choices())


def _product(slug: str, errors: Errors = NONE, part: str = "") -> str:
    """Show a product; errors belong to the form of a part of it, which shows what was sent."""
    shop = current_shop()
    product = shop.goods.product(slug)
    return render_template(
        "admin/product.html",
        product=product,
        attributes="\n".join(f"{name}: {value}" for name, value in product.terms.attributes),
        few=FEW,
        part=part,
        sent=request.form,
        errors=errors,
        categories=_category_choices(),
        gallery=shop.pictures.of_product(slug),
        record=shop.audit.entries(subject=f"product:{product.id}").items[:10],
        form_key=str(ULID()),
        written=lambda minor: amount(minor, shop.config.currency),
    )


def _pictures(slug: str, errors: Errors) -> str:
    shop = current_shop()
    return render_template(
        "models3d/media.html",
        gallery=shop.pictures.of_product(slug),
        versions=shop.models.versions(slug),
        budget=budget,
        errors=NONE,
        picture_errors=errors,
        at=request.form.get("key"),
    )


def _categories(errors: Errors = NONE, part: str = "") -> str:
    categories = current_shop().categories.all()
    return render_template("admin/categories.html", categories=categories, sent=request.form, errors=errors, part=part)


def _category_choices() -> tuple[tuple[str, str], ...]:
    return tuple((str(each.id), each.terms.name) for each in current_shop().categories.all())


def _product_terms(sent: ProductForm) -> ProductTerms:
    return ProductTerms(**_values(sent))


def _category_terms() -> CategoryTerms:
    return CategoryTerms(**_values(filled_in(CategoryForm, request.form)))


def _variant_terms(sent: VariantForm) -> VariantTerms:
    price = minor_of(sent.price, current_shop().config.currency, "price")
    return VariantTerms(sku=sent.sku, name=sent.name, price_minor=price, is_active=sent.is_active)


def _values(sent: Sent) -> dict[str, Any]:
    return {name: getattr(sent, name) for name in type(sent).model_fields}
