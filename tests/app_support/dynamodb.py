"""DynamoDB as ministack plays it, on a port of this machine, one request after the other.

Of the two emulators at hand it is the stricter one: it looks at all conditions of a transaction before it changes
anything, knows one that is sent again by its token, and refuses reserved words. moto applies them one by one and then
restores whole tables, with what others wrote meanwhile. What neither does are conflicts: those are made here.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from ministack.services import dynamodb
from werkzeug.serving import WSGIRequestHandler, make_server

from app_support.aws import REGION
from app_support.catalogue import categories, products
from shop.catalogue.dynamodb import CATEGORY
from shop.catalogue.models import Product
from shop.dynamodb import EXPIRES, KEYS, Item, Put, Table, Tables
from shop.shop import Shop

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

INDEXES = {
    Table.PRODUCTS: ("CategoryIndex", ("category",)),
    Table.USERS: ("EmailIndex", ("email",)),
    Table.ORDERS: ("UserOrdersIndex", ("userId", "createdAt")),
}
TRANSACTION = "TransactWriteItems"


@dataclass
class Emulator:
    """An account's DynamoDB. The next transactions can go wrong.

    They meet others, are said to be under way, or are cut before or after it acts; or they go well.
    """

    url: str = ""
    is_away: bool = False
    faults: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        with self._lock:
            status, headers, answer = self._answer(target, body)
        start_response(f"{status} -", [*headers.items(), ("Content-Length", str(len(answer)))])
        return [answer]

    def _answer(self, target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        verb = target.rpartition(".")[2]
        self.asked[verb] += 1
        fault = self.faults.pop(0) if verb == TRANSACTION and self.faults else "go well"
        if self.is_away or fault == "cut before":
            return 500, {}, b"{}"
        if fault == "meet":
            reasons = [{"Code": "TransactionConflict"} for _ in json.loads(body)["TransactItems"]]
            return _refused("TransactionCanceledException", CancellationReasons=reasons)
        if fault == "under way":
            return _refused("TransactionInProgressException")
        answered = dynamodb.handle_request("POST", "/", {"x-amz-target": target}, body, {})
        try:
            answered.send(None)
        except StopIteration as end:
            status, headers, answer = end.value
        else:
            raise AssertionError("it waits for something")
        whole = answer if isinstance(answer, bytes) else answer.encode()
        return (500, {}, b"{}") if fault == "cut after" else (status, headers, whole)

    @cached_property
    def client(self) -> Any:
        """A client for preparing and looking, beside the shop."""
        session: Any = boto3.session.Session()
        return session.client("dynamodb", region_name=REGION, endpoint_url=self.url)


def _refused(kind: str, **more: object) -> tuple[int, dict[str, str], bytes]:
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps({"__type": kind, **more}).encode()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, as AWS's do

    def log(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def running_emulator() -> Iterator[Emulator]:
    """Run an empty DynamoDB for the time of the block, with credentials in the environment."""
    dynamodb.reset()
    emulator = Emulator()
    server = make_server("127.0.0.1", 0, emulator, threaded=True, request_handler=_Quiet)
    emulator.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "opens nothing")
        patch.delenv("AWS_PROFILE", raising=False)
        try:
            yield emulator
        finally:
            server.shutdown()
            thread.join()


def create_tables(client: Any, prefix: str) -> None:
    """Make the tables of a shop: their keys and indexes are those of the blueprint, and all forget by time to live."""
    for table in Table:
        _, index = named = INDEXES.get(table, ("", ()))
        client.create_table(
            TableName=f"{prefix}-{table}",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_keys(KEYS[table]),
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in sorted({*KEYS[table], *index})
            ],
            **({"GlobalSecondaryIndexes": [_index(*named)]} if index else {}),
        )
        client.update_time_to_live(
            TableName=f"{prefix}-{table}", TimeToLiveSpecification={"Enabled": True, "AttributeName": EXPIRES}
        )


def _index(name: str, keys: tuple[str, ...]) -> dict[str, object]:
    return {"IndexName": name, "KeySchema": _keys(keys), "Projection": {"ProjectionType": "ALL"}}


def _keys(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def stock_the_tables(tables: Tables) -> None:
    """Put the categories and products of the other tests into empty tables."""
    shelves = categories()
    slugs = {}
    for number, shelf in enumerate(shelves, 1):
        shelf.id, slugs[number] = number, shelf.slug
    items = [{"productId": f"{CATEGORY}{it.slug}", "name": it.name, "position": it.position} for it in shelves]
    items += [_item(number, slugs[it.category_id], it) for number, it in enumerate(products(*shelves), 1)]
    tables.change(*(Put(Table.PRODUCTS, item) for item in items))


def _item(number: int, category: str, product: Product) -> Item:
    return {
        "productId": product.slug,
        "number": number,
        "category": category,
        "name": product.name,
        "description": product.description,
        "isActive": True,
        "hasModel": False,
        "variants": {
            str(number * 100 + variant.position): {
                "sku": variant.sku,
                "name": variant.name,
                "priceMinor": variant.price_minor,
                "stock": variant.stock,
                "position": variant.position,
                "isActive": True,
            }
            for variant in product.variants
        },
        "pictures": [{"key": image.key, "alt": image.alt} for image in product.images],
        "attributes": {attribute.name: attribute.value for attribute in product.attributes},
    }


def variant_of(shop: Shop, sku: str) -> int:
    """Return the id of a variant."""
    return next(id_ for _, id_, variant in _variants(shop) if variant["sku"] == sku)


def stock_of(shop: Shop, variant_id: int) -> int:
    """Return how many there are."""
    return next(int(variant["stock"]) for _, id_, variant in _variants(shop) if id_ == variant_id)


def all_stock_of(shop: Shop) -> int:
    """Return how many things there are in all."""
    return sum(variant["stock"] for *_, variant in _variants(shop))


def set_stock_of(shop: Shop, variant_id: int, pieces: int) -> None:
    """Let there be so many."""
    item = next(item for item, id_, _ in _variants(shop) if id_ == variant_id)
    item["variants"][str(variant_id)]["stock"] = pieces
    tables_of(shop).change(Put(Table.PRODUCTS, item))


def announced_to(shop: Shop, topic: str, value: str, name: str = "order_id") -> int:
    """Return how often something was announced."""
    items = tables_of(shop).everything(Table.ORDERS)
    return sum(item["topic"] == topic and item["payload"][name] == value for item in items if "topic" in item)


def tables_of(shop: Shop) -> Tables:
    """Return the tables that the shop works over."""
    assert shop.tables is not None
    return shop.tables


def _variants(shop: Shop) -> Iterator[tuple[Item, int, Item]]:
    for item in tables_of(shop).everything(Table.PRODUCTS):
        yield from ((item, int(id_), variant) for id_, variant in item.get("variants", {}).items())
