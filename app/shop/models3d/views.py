"""Where merchants give a product its pictures and its model."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import render_template, request

from shop.accounts.answers import NONE, Answer, Errors, again, to
from shop.models3d import budget
from shop.problems import Conflict, Invalid
from shop.shop import current_shop
from shop.uploads.promise import Arrival, Purpose
from shop.uploads.views import arrived, catalogue_account, with_uploads

pages = APIBlueprint("models3d", __name__, url_prefix="/admin/products/<slug>/media", enable_openapi=False)


@pages.get("")
def media_page(slug: str) -> Answer:
    """Show the pictures of a product, and its model in all versions with what was found in them."""
    catalogue_account()
    return with_uploads(_page(slug))


@pages.post("/pictures")
def submit_picture(slug: str) -> Answer:
    """Show another picture of the product."""
    pictures, alt = current_shop().pictures, request.form.get("alt", "")
    return _taken(slug, Purpose.PICTURE, lambda arrival, _: pictures.add_to_product(slug, arrival, alt))


@pages.post("/pictures/remove")
def submit_picture_removal(slug: str) -> Answer:
    """Take a picture away."""
    catalogue_account()
    current_shop().pictures.remove_from_product(slug, request.form.get("key", ""))
    return to(f"/admin/products/{slug}/media", done="1")


@pages.post("/model")
def submit_model(slug: str) -> Answer:
    """Have another version of the model checked. The upload is kept: it is the original."""
    models = current_shop().models
    return _taken(slug, Purpose.MODEL, lambda arrival, by: models.submit(slug, arrival, by))


@pages.post("/model/remove")
def submit_model_removal(slug: str) -> Answer:
    """Show no model any more."""
    catalogue_account()
    current_shop().models.withdraw(slug)
    return to(f"/admin/products/{slug}/media", done="1")


@pages.post("/poster")
def submit_poster(slug: str) -> Answer:
    """Show another picture in place of the model until it is asked for."""
    models = current_shop().models
    return _taken(slug, Purpose.POSTER, lambda arrival, _: models.set_poster(slug, arrival))


def _taken(slug: str, purpose: Purpose, use: Callable[[Arrival, str], object]) -> Answer:
    """Use the file of the form, and show the page again: with what is wrong, or from anew."""
    by = catalogue_account()
    shop = current_shop()
    try:
        arrival = arrived(purpose, by)
        use(arrival, by)
    except (Invalid, Conflict) as problem:
        field = f"{purpose}-file"
        return with_uploads(again(problem, lambda errors: _page(slug, _named(errors, field)), field=field))
    if purpose is not Purpose.MODEL:
        shop.uploads.drop(arrival)
    return to(f"/admin/products/{slug}/media", done="1")


def _named(errors: Errors, field: str) -> Errors:
    """Return the errors with the form's own id of its file. Pure."""
    return {field if name == "file" else name: text for name, text in errors.items()}


def _page(slug: str, errors: Errors = NONE) -> str:
    shop = current_shop()
    return render_template(
        "models3d/media.html",
        gallery=shop.pictures.of_product(slug),
        versions=shop.models.versions(slug),
        budget=budget,
        errors=errors,
    )
