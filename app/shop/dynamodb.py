"""The door to DynamoDB. An item is read whole, decided upon, and put back in the edition that was read, or not at all.

Every change is a transaction, also that of one item: DynamoDB knows a transaction that is sent again by its token,
where a conditional put that is sent again after a lost reply would meet its own effect and look refused.
Source: Amazon DynamoDB Developer Guide, "Amazon DynamoDB Transactions: How it works".
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, assert_never

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from ulid import ULID

from shop.authority.grant import Authority
from shop.aws import Door, answering, code_of, session, settings
from shop.config import Config
from shop.problems import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# Source: Amazon DynamoDB API Reference, TransactWriteItems (TransactItems) and BatchGetItem (RequestItems).
MOST_WRITES = 100
MOST_READ_AT_ONCE = 100
TURNS = 10  # so often a change is tried whose items others were changing
PAUSE_SECONDS = 0.02  # the longest pause before the second turn; it grows with each
EDITION = "edition"
EXPIRES = "expiresAt"  # the attribute by which every table forgets. Source: "Using time to live (TTL) in DynamoDB"
Item = dict[str, Any]
T = TypeVar("T")


class Table(StrEnum):
    """A table, by the end of its name."""

    PRODUCTS = "products"
    USERS = "users"
    ORDERS = "orders"
    CART = "cart"
    SESSIONS = "sessions"


KEYS: Mapping[Table, tuple[str, ...]] = {
    Table.PRODUCTS: ("productId",),
    Table.USERS: ("userId",),
    Table.ORDERS: ("orderId",),
    Table.CART: ("userId", "productId"),
    Table.SESSIONS: ("sessionId",),
}


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a table, with the names of its keys."""

    table: Table
    name: str
    hash_key: str
    range_key: str


@dataclass(frozen=True, slots=True)
class Put:
    """Keep an item: in the place of the one that was read, or where there is none."""

    table: Table
    item: Item


@dataclass(frozen=True, slots=True)
class Delete:
    """Drop an item that was read, if nobody has changed it since."""

    table: Table
    item: Item


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop an item in whatever edition, if it is there."""

    table: Table
    key: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Let the database itself count in an item, where many want to at the same time: they need not read it first."""

    table: Table
    key: Item
    expression: str
    condition: str
    names: Mapping[str, str]
    values: Mapping[str, object]


Write = Put | Delete | Forget | Count


class Stale(Exception):
    """A transaction was not made: the conditions of these writes, by their numbers, did not hold."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(f"writes {sorted(failed)}")
        self.failed = failed


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a shop. Reads see what was written before them, except by an index. Safe between threads.

    Every method raises Unavailable if DynamoDB does not answer.
    """

    prefix: str
    authority: Authority
    client: Door[DynamoDBClient] = field(repr=False)

    def get(self, table: Table, *key: str) -> Item | None:
        """Return an item, or None."""
        with answering("database"):
            answer = self.client().get_item(
                TableName=self._name(table), Key=_packed(_key(table, key)), ConsistentRead=True
            )
        return _unpacked(answer["Item"]) if "Item" in answer else None

    def get_all(self, table: Table, keys: Iterable[str]) -> dict[str, Item]:
        """Return those of the items that there are, by key. One question for a hundred of them."""
        (hash_key,), name = KEYS[table], self._name(table)
        left = [_packed({hash_key: key}) for key in sorted(set(keys))]
        found: dict[str, Item] = {}
        turn = 0
        while left:
            part, left = left[:MOST_READ_AT_ONCE], left[MOST_READ_AT_ONCE:]
            with answering("database"):
                answer = self.client().batch_get_item(RequestItems={name: {"Keys": part, "ConsistentRead": True}})
            found |= {item[hash_key]: item for item in map(_unpacked, answer["Responses"].get(name, ()))}
            again = answer["UnprocessedKeys"].get(name)
            if again is not None:
                turn = _pause(turn)
                left += again["Keys"]
        return found

    def of(self, table: Table, hash_: str) -> tuple[Item, ...]:
        """Return the items under the first part of the key, in the order of its second."""
        return self._query(table, {"ConsistentRead": True}, {KEYS[table][0]: hash_})

    def listed(
        self, index: Index, hash_: str, *, until: datetime | None = None, limit: int, newest_first: bool = False
    ) -> tuple[Item, ...]:
        """Return items as an index lists them: oldest first up to a moment, or newest first. It is a moment behind."""
        key = {index.hash_key: hash_} | ({} if until is None else {index.range_key: stamp(until)})
        asked = {"IndexName": index.name, "ScanIndexForward": not newest_first}
        return self._query(index.table, {**asked, "PaginationConfig": {"MaxItems": limit, "PageSize": limit}}, key)

    def everything(self, table: Table) -> tuple[Item, ...]:
        """Return all items, as they were a moment ago: at half the price, 1 MB with each question."""
        with answering("database"):
            found = self.client().get_paginator("scan").paginate(TableName=self._name(table)).build_full_result()
        return tuple(map(_unpacked, found["Items"]))

    def change(self, *writes: Write) -> None:
        """Make all the changes, or none. Raises: Stale if something is not as it was read; WritesRefused.

        Where others are changing the same items at this moment, it is tried again.
        """
        self.authority.require()
        if len(writes) > MOST_WRITES:
            raise AssertionError(f"{len(writes)} changes at once; DynamoDB makes {MOST_WRITES}")
        made, token, turn = [self._write(write) for write in writes], str(ULID()), 0
        while True:
            try:
                with answering("database"):
                    return self._transact(made, token)
            except _InProgress:  # it may happen yet, and only once under this token
                turn = _pause(turn)
            except _Conflict:  # it did not happen: the same again is another attempt
                turn, token = _pause(turn), str(ULID())

    def until_current(self, work: Callable[[], T]) -> T:
        """Do the work, which reads and then changes, and do it again if what it read was changed between the two."""
        turn = 0
        while True:
            try:
                return work()
            except Stale:
                turn = _pause(turn)

    def ping(self) -> None:
        """Ask for something that is not there."""
        self.get(Table.ORDERS, "ping")

    def _transact(self, made: list[TransactWriteItemTypeDef], token: str) -> None:
        try:
            self.client().transact_write_items(TransactItems=made, ClientRequestToken=token)
        except ClientError as error:
            if code_of(error) == "TransactionInProgressException":
                raise _InProgress from error
            if code_of(error) != "TransactionCanceledException":
                raise
            response: Mapping[str, Any] = error.response
            codes = [reason.get("Code") for reason in response.get("CancellationReasons", ())]
            failed = frozenset(number for number, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if failed:
                raise Stale(failed) from error
            if "TransactionConflict" in codes:
                raise _Conflict from error
            raise

    def _query(self, table: Table, asked: Mapping[str, Any], key: Mapping[str, str]) -> tuple[Item, ...]:
        """Return the items of the key's first part, and of its second up to the one that is given, if one is."""
        names = {f"#{number}": name for number, name in enumerate(key)}
        values = {f":{number}": value for number, value in enumerate(key.values())}
        condition = "#0 = :0 AND #1 <= :1" if len(key) > 1 else "#0 = :0"
        asked = {**asked, "TableName": self._name(table), "KeyConditionExpression": condition}
        with answering("database"):
            pages = self.client().get_paginator("query").paginate(
                ExpressionAttributeNames=names, ExpressionAttributeValues=_packed(values), **asked
            )  # fmt: skip
            return tuple(map(_unpacked, pages.build_full_result()["Items"]))

    def _write(self, write: Write) -> Any:
        """Return the write in DynamoDB's own form."""
        name = self._name(write.table)
        match write:
            case Put(table, item):
                kept = _packed({**item, EDITION: str(ULID())})
                return {"Put": {"TableName": name, "Item": kept, **_as_read(table, item)}}
            case Delete(table, item):
                key = {part: item[part] for part in KEYS[table]}
                return {"Delete": {"TableName": name, "Key": _packed(key), **_as_read(table, item)}}
            case Forget(_, key):
                return {"Delete": {"TableName": name, "Key": _packed(key)}}
            case Count():
                return {
                    "Update": {
                        "TableName": name,
                        "Key": _packed(write.key),
                        "UpdateExpression": write.expression,
                        "ConditionExpression": write.condition,
                        "ExpressionAttributeNames": write.names,
                        "ExpressionAttributeValues": _packed(write.values),
                    }
                }
        assert_never(write)

    def _name(self, table: Table) -> str:
        return f"{self.prefix}-{table}"


class _Conflict(Exception):
    """Somebody else was changing one of the items, so nothing was done."""


class _InProgress(Exception):
    """The same transaction is being made at this moment."""


class _Integers(TypeDeserializer):
    """Numbers of the shop are whole."""

    def _deserialize_n(self, value: str) -> int:
        return int(value)


_WRITES, _READS = TypeSerializer(), _Integers()


def open_tables(config: Config, authority: Authority) -> Tables | None:
    """Return the tables that the configuration names, or None. Connects to nothing yet."""
    if config.dynamodb_tables is None:
        return None

    def client() -> DynamoDBClient:
        return session().client(
            "dynamodb", region_name=config.aws_region, endpoint_url=config.aws_endpoint_url, config=settings()
        )

    return Tables(config.dynamodb_tables, authority, Door(client))


def stamp(moment: datetime) -> str:
    """Return a moment as text that sorts by time: always of the same length, in UTC. Pure."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def expiring(moment: datetime, after: timedelta) -> int:
    """Return when DynamoDB may drop something: in seconds, as its time to live wants it. Pure.

    It does so within days, so whoever reads looks at the time too.
    """
    return int((moment + after).timestamp())


def _key(table: Table, parts: tuple[str, ...]) -> Item:
    return dict(zip(KEYS[table], parts, strict=True))


def _as_read(table: Table, item: Item) -> Any:
    """Return the condition that an item is in the edition that was read, or is not there if none was. Pure."""
    if EDITION not in item:
        return {"ConditionExpression": f"attribute_not_exists({KEYS[table][0]})"}
    return {
        "ConditionExpression": f"{EDITION} = :read",
        "ExpressionAttributeValues": {":read": {"S": item[EDITION]}},
    }


def _packed(item: Mapping[str, object]) -> Any:
    """Return the item in DynamoDB's own form; what is None is left out. Pure."""
    return {name: _WRITES.serialize(value) for name, value in item.items() if value is not None}


def _unpacked(item: Mapping[str, Any]) -> Item:
    return {name: _READS.deserialize(value) for name, value in item.items()}


def _pause(turn: int) -> int:
    """Wait a little, longer with each turn, and return the next one. Raises: Unavailable after the last."""
    if turn == TURNS:
        raise Unavailable("Many want the same at this moment. Try again.", retry_after_seconds=1)
    time.sleep(random.uniform(0, (turn + 1) * PAUSE_SECONDS))  # noqa: S311 - so that two do not meet again
    return turn + 1
