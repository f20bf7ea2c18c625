"""The API does what its description says: whatever it is sent, it answers as described and with no error of its own."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, replace
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi_checks
from sqlalchemy import update

from app_support.buying import selling
from app_support.identity import Browser, signed_in
from app_support.payments import Payments
from shop.accounts.people import Role
from shop.application import create_app
from shop.catalogue.models import Variant
from shop.config import Config
from shop.limits import Limits
from shop.shop import Shop, open_shop
from shop.web.openapi import ANSWERS

DESCRIPTION = "/api/openapi.json"
# Per operation and visitor, on top of some per parameter. With more in the environment they are new ones each time.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "6"))
CHECKS = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
CONFIG = {
    "generation": {"max-examples": EXAMPLES, "deterministic": "API_EXAMPLES" not in os.environ, "database": "none"},
    "phases": {"stateful": {"enabled": False}},
}
HOME = {"name": "Ada", "street": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}
# The same visitor asks for all examples of an operation.
ONE_VISITOR = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
_numbers = itertools.count()


def described() -> Any:
    """The description, read before there is a database: it is the same for every shop."""
    needed = ("AWS_REGION", "SECRET_KEY", "DB_HOST", "DB_USER", "DB_PASSWORD", "MEDIA_FOLDER", "MAIL_FROM")
    settings = {**dict.fromkeys(needed, "/none/of/that/is/read/for/it/at/all"), "PUBLIC_URL": "http://shop.test"}
    app = create_app(open_shop(Config.from_environment(settings)))
    return schemathesis.openapi.from_wsgi(DESCRIPTION, app, config=schemathesis.Config.from_dict(CONFIG))


API = described()


@pytest.fixture(scope="module")
def app(shop: Shop, payments: Payments) -> APIFlask:
    """A shop that sells without end, and grows tired of nobody."""
    with shop.database.write() as session:
        session.execute(update(Variant).values(stock=1_000_000))
    limits = Limits(shop.config.redis_url, factor=1_000_000)
    app = create_app(replace(selling(shop, payments.provider()), limits=limits))
    app.test_client_class = Browser
    return app


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who may do everything, with something in the cart, and the ids of what is theirs."""

    browser: FlaskClient
    ids: dict[str, object]


@pytest.fixture
def owner(app: APIFlask) -> Owner:
    browser = signed_in(app, f"owner-{next(_numbers)}@shop.test", *Role)
    mug = browser.get("/api/products/plain-mug").get_json()["choices"][0]["id"]
    fill_cart(browser, mug)
    address = browser.post("/api/account/addresses", json=HOME).get_json()
    key = {"Idempotency-Key": f"of-the-owner-{next(_numbers)}"}
    order = browser.post("/api/orders", headers=key, json={"email": "a@shop.test", "address": HOME}).get_json()
    fill_cart(browser, mug)
    session = browser.get("/api/account/sessions").get_json()[0]
    return Owner(
        browser,
        {
            "slug": "plain-mug",
            "variant_id": mug,
            "address_id": address["id"],
            "order_id": order["order_id"],
            "session_id": session["id"],
        },
    )


def fill_cart(browser: FlaskClient, variant_id: int) -> None:
    assert browser.post("/api/cart/lines", json={"variant_id": variant_id}).status_code == 200


def test_every_call_is_described_with_its_answers_and_a_name_of_its_own(app: APIFlask) -> None:
    description = app.test_client().get(DESCRIPTION).get_json()
    names = [operation["operationId"] for item in description["paths"].values()
             for method, operation in item.items() if method != "parameters"]  # fmt: skip
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/") and rule.rule != DESCRIPTION]
    assert len(names) == len(set(names)) == sum(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in rules)
    assert all(path.startswith("/api/") for path in description["paths"])
    assert [rule.rule for rule in rules if not hasattr(app.view_functions[rule.endpoint], ANSWERS)] == []


def test_a_call_that_is_not_as_described_is_told_which_field(client: FlaskClient) -> None:
    answer = client.post("/api/cart/lines", json={"variant_id": 0, "quantity": "many", "colour": "red"})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    fields = [error.partition(":")[0] for error in answer.get_json()["errors"]]
    assert sorted(fields) == ["colour", "quantity", "variant_id"]


@pytest.mark.parametrize(
    "path", ["/api/products/a%00b", "/api/products?q=%00", "/api/products?a=%00", "/products?q=%00"]
)
def test_what_no_database_keeps_is_a_mistake_of_whoever_sent_it(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in {200, 404, 422}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 10_000, b'{"variant_id": 1e999}', b"{" + b" " * 1_000_001],
)
def test_what_is_not_json_is_refused_as_a_problem(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/api/cart/lines", data=body, content_type="application/json")
    assert answer.status_code in {400, 413, 422}
    assert answer.mimetype == "application/problem+json"


@API.parametrize()  # type: ignore[untyped-decorator]  # schemathesis says no types of it
@ONE_VISITOR
def test_a_stranger_gets_what_is_described(case: Any, client: FlaskClient) -> None:
    case.call_and_validate(session=client, checks=CHECKS)


@API.parametrize()  # type: ignore[untyped-decorator]  # schemathesis says no types of it
@ONE_VISITOR
def test_an_owner_gets_what_is_described(case: Any, owner: Owner) -> None:
    if case.path_parameters:
        case.path_parameters |= {name: owner.ids[name] for name in case.path_parameters if name in owner.ids}
    case.call_and_validate(session=owner.browser, checks=CHECKS)
