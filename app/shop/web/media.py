"""Pictures, models and uploads where no CDN serves them: ``/media/<key>``, out of the shop's storage."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request

from shop.problems import Invalid, NotFound
from shop.shop import current_shop
from shop.storage import PRIVATE_CACHING, PUBLIC_CACHING, FolderStorage, content_type_of, is_private

MAX_UPLOAD_BYTES = 32_000_000  # of the form; how large the file may be, its own terms say
# What a merchant or a shopper uploaded is shown, and runs nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

media = APIBlueprint("media", __name__, enable_openapi=False)


@media.get("/media/<path:key>")
def file(key: str) -> Response:
    """Send a file: a public one, or one that the address was signed for."""
    storage = current_shop().storage
    if is_private(key) and not _is_signed(key):
        raise NotFound("There is no such file, or the address that was given for it is too old.")
    try:
        body = storage.get(key)
    except Invalid:
        body = None
    if body is None:
        raise NotFound("There is no such file.")
    response = Response(body, content_type=content_type_of(key))
    response.headers["Cache-Control"] = PRIVATE_CACHING if is_private(key) else PUBLIC_CACHING
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.add_etag()
    response.make_conditional(request, accept_ranges=True, complete_length=len(body))
    return response


@media.post("/media")
def upload() -> Response:
    """Take a file with the fields of a signed upload, as S3 does where it is the storage."""
    storage = current_shop().storage
    if not isinstance(storage, FolderStorage):
        raise NotFound("Files are sent to the storage itself.")
    request.max_content_length = MAX_UPLOAD_BYTES
    sent = request.files.get("file")
    if sent is None:
        raise Invalid("The form has no file.", errors=("file: it is missing",))
    storage.take(request.form, sent.read())
    return Response(status=204)


def _is_signed(key: str) -> bool:
    storage, terms = current_shop().storage, request.args
    return isinstance(storage, FolderStorage) and storage.may_read(
        key, terms.get("expires", ""), terms.get("signature", "")
    )
