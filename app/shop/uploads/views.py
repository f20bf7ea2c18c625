"""How files come in: promised an address by the API, or with the form itself where a browser runs no script."""

from __future__ import annotations

from dataclasses import dataclass

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, render_template, request
from pydantic import BaseModel, ConfigDict, TypeAdapter

from shop.accounts.answers import NONE, Answer, Errors, again, to
from shop.accounts.visitor import Role, own_account, require
from shop.limits import Rule
from shop.problems import Invalid
from shop.shop import current_shop
from shop.uploads.promise import MAX_BYTES, Arrival, Purpose
from shop.web.headers import policy
from shop.web.openapi import answers

FORM_BYTES = 100_000  # what a form has around its file
UPLOADS = Rule("upload", "30/minute; 300/hour")  # of one account

api = APIBlueprint("uploads_api", __name__, url_prefix="/api")
pages = APIBlueprint("uploads", __name__, enable_openapi=False)


class WantedUpload(BaseModel):
    """What somebody wants to send."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Purpose


@dataclass(frozen=True, slots=True)
class PromisedUpload:
    """Where to send the file, in a form with these fields before it, and what to name it by afterwards."""

    url: str
    fields: dict[str, str]
    token: str


@api.post("/uploads")
@api.input(WantedUpload, location="json", arg_name="body")
@answers(TypeAdapter(PromisedUpload))
def promise(body: WantedUpload) -> Response:
    """Say where to send a file: in a form with these fields, the file last. The token then goes to what it is for."""
    by = own_account() if body.purpose is Purpose.PORTRAIT else catalogue_account()
    shop = current_shop()
    shop.limits.spend(UPLOADS, by)
    promised = shop.uploads.promise(body.purpose, by)
    return jsonify(url=promised.upload.url, fields=dict(promised.upload.fields), token=promised.token)


@pages.get("/account/picture")
def portrait_page() -> Answer:
    """Show the account's picture, with a form for another one."""
    return with_uploads(_portrait_form())


@pages.post("/account/picture")
def submit_portrait() -> Answer:
    """Keep another picture."""
    account_id = own_account()
    try:
        _use_portrait(account_id, arrived(Purpose.PORTRAIT, account_id))
    except Invalid as problem:
        return with_uploads(again(problem, _portrait_form, field="file"))
    return to("/account/picture", done="1")


@pages.post("/account/picture/remove")
def submit_portrait_removal() -> Answer:
    """Take the picture away."""
    current_shop().pictures.remove_portrait(own_account())
    return to("/account/picture", done="1")


def arrived(purpose: Purpose, by: str) -> Arrival:
    """Return the file of the form: the one that its token was given for, or the one in the form. Raises: Invalid."""
    request.max_content_length = MAX_BYTES[purpose] + FORM_BYTES
    shop = current_shop()
    if token := request.form.get("token"):
        return shop.uploads.collect(token, purpose, by)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("Choose a file.", errors=("file: choose a file",))
    shop.limits.spend(UPLOADS, by)
    return shop.uploads.keep(sent.read(), purpose)


def with_uploads(page: Answer) -> Answer:
    """Return the page as one that may send files to where the storage takes them."""
    response = make_response(page)
    shop = current_shop()
    response.headers["Content-Security-Policy"] = policy(shop.config, shop.uploads.origin())
    return response


def catalogue_account() -> str:
    """Return the account of the visitor, who looks after the catalogue. Raises: SignInNeeded; Forbidden."""
    require(Role.CATALOGUE)
    return own_account()


def _use_portrait(account_id: str, arrival: Arrival) -> None:
    """Keep the picture, and drop what arrived, fit or not: nobody has it looked at again and again."""
    shop = current_shop()
    try:
        shop.pictures.set_portrait(account_id, arrival)
    except Invalid:
        shop.uploads.drop(arrival)
        raise
    shop.uploads.drop(arrival)


def _portrait_form(errors: Errors = NONE) -> str:
    key = current_shop().pictures.portrait(own_account())
    return render_template("uploads/portrait.html", key=key, errors=errors)
