"""Shoppers find what is on sale, by category, words, facets and price."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app_support.catalogue import LISTINGS
from app_support.identity import questions


def found(client: FlaskClient, query: str) -> list[str]:
    """The products that the API answers with, in their order."""
    answer = client.get(f"/api/products?{query}")
    assert answer.status_code == 200, answer.text
    return [card["slug"] for card in answer.get_json()["cards"]]


@pytest.mark.parametrize(("query", "slugs"), LISTINGS)
def test_a_listing_has_what_was_asked_for_in_the_wanted_order(
    client: FlaskClient, query: str, slugs: list[str]
) -> None:
    assert found(client, query) == slugs


def test_a_listing_counts_all_that_was_found_and_says_how_to_narrow_it(client: FlaskClient) -> None:
    listing = client.get("/api/products?category=mugs&size=1").get_json()
    assert listing["total"] == 3
    assert {(facet["name"], facet["value"]): facet["count"] for facet in listing["facets"]} == {
        ("material", "stoneware"): 2, ("material", "glass"): 1,
        ("colour", "white"): 1, ("colour", "blue"): 1, ("colour", "clear"): 1,
    }  # fmt: skip


@pytest.mark.parametrize("query", ["page=0", "page=x", "size=101", "sort=cheap", "min_price=-1", "category=A%20B"])
def test_a_parameter_out_of_its_range_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/products?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert query.partition("=")[0] in answer.get_json()["errors"][0]


@pytest.mark.parametrize("size", [1, 5])
def test_a_listing_asks_two_questions_whatever_its_size(client: FlaskClient, size: int) -> None:
    with questions() as asked:
        client.get(f"/api/products?size={size}&q=two-questions-{size}")
    assert len(asked) == 2


def test_a_product_asks_one_question(client: FlaskClient) -> None:
    with questions() as asked:
        product = client.get("/api/products/plain-mug").get_json()
    assert len(asked) == 1
    assert [choice["sku"] for choice in product["choices"]] == ["plain-mug-s", "plain-mug-l"]


def test_a_listing_that_was_just_asked_for_asks_the_database_nothing(client: FlaskClient) -> None:
    first = client.get("/api/products?q=again").data
    with questions() as asked:
        assert client.get("/api/products?q=again").data == first
    assert asked == []


@pytest.mark.parametrize("path", ["/products/none", "/api/products/none", "/none"])
def test_what_is_not_on_sale_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_pages_show_the_products_with_their_prices(client: FlaskClient) -> None:
    page = client.get("/products?category=mugs").text
    assert "Plain mug" in page
    assert "€12.00" in page
    assert "Plain mug" in client.get("/products/plain-mug").text
