"""Random schedules of two regions, their control stores and an operator who moves the authority between them.

The databases are real. Time is not: it passes when a schedule says so. What a database compares is its clock with
``valid_until``, so its clock is moved by moving ``valid_until`` the other way.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app_support.control_store import HERE, THERE, body
from shop.authority.guardian import Guardian
from shop.authority.lease import LeasedAuthority
from shop.authority.models import WriteFence
from shop.authority.stores import ControlStores, StoreAway
from shop.catalogue.models import Category
from shop.database import Database
from shop.problems import WritesRefused

TTL = 30.0
BOUND = 2.0  # how far a database's clock may stray
STORES = 3


@dataclass(slots=True)
class World:
    """Time, and what the three stores hold."""

    now: float = 1000.0
    held: list[dict[str, bytes]] = field(default_factory=lambda: [{} for _ in range(STORES)])

    def chosen(self, number: int) -> bytes | None:
        """The record that a majority holds under a number."""
        key = f"authority/two-regions/{number:06d}.json"
        votes = [store[key] for store in self.held if key in store]
        return next((vote for vote in votes if votes.count(vote) >= 2), None)


@dataclass(slots=True, eq=False)
class StoreSeenFrom:
    """A store as one region reaches it, or does not: a stand-in for a bucket, because it has to obey a clock."""

    world: World
    index: int
    is_reachable: bool = True

    @property
    def name(self) -> str:
        return str(self.index)

    def create(self, key: str, body: bytes) -> bool:
        self._reach()
        return self.world.held[self.index].setdefault(key, body) is body

    def get(self, key: str) -> bytes | None:
        self._reach()
        return self.world.held[self.index].get(key)

    def keys(self, prefix: str, after: str = "") -> tuple[str, ...]:
        self._reach()
        return tuple(sorted(key for key in self.world.held[self.index] if key.startswith(prefix) and key > after))

    def _reach(self) -> None:
        if not self.is_reachable:
            raise StoreAway(self.name)


@dataclass(frozen=True, slots=True)
class Commit:
    """A change that a database took."""

    at: float
    region: str
    epoch: int


class Region:
    """One process of a region, with its guardian, its database and its view of the stores."""

    def __init__(self, name: str, world: World, database: Database) -> None:
        self.name = name
        self.world = world
        self.database = database
        self.stores = tuple(StoreSeenFrom(world, index) for index in range(STORES))
        self.authority = LeasedAuthority(ControlStores(self.stores), "two-regions", name, TTL, lambda: world.now)
        self.authority._asked.set()  # noqa: SLF001 - rounds come from the schedule, not from a thread
        database.authority = self.authority
        self.guardian = Guardian(self.authority)
        self.clock_is_off = 0.0
        self.clock_to_move = 0.0
        self.open: tuple[int, AbstractContextManager[Session]] | None = None
        self.refused_early = self.refused_late = 0

    def round(self) -> None:
        """Ask the stores, and renew the fence."""
        self._move_clock()
        self.authority.round()
        self.guardian.round(self.database)

    def begin(self, name: str) -> None:
        """Begin a change, and leave it open."""
        if self.open is not None:
            return
        change = self.database.write()
        try:
            session = change.__enter__()
        except WritesRefused:
            self.refused_early += 1
            return
        epoch = self.authority.require().epoch
        session.execute(insert(Category).values(slug=name, name=name, position=0))
        assert epoch is not None
        self.open = (epoch, change)

    def finish(self) -> Commit | None:
        """Commit the open change."""
        if self.open is None:
            return None
        epoch, change = self.open
        self.open = None
        self._move_clock()
        try:
            change.__exit__(None, None, None)
        except WritesRefused:
            self.refused_late += 1
            return None
        return Commit(self.world.now, self.name, epoch)

    def pass_seconds(self, seconds: float) -> None:
        """Move the database's clock."""
        self.clock_to_move += seconds

    def _move_clock(self) -> None:
        """Show the database the time, before it is asked for something that depends on it."""
        if self.clock_to_move == 0:
            return
        with self.database.writer.begin() as connection:
            moved = WriteFence.valid_until - timedelta(seconds=self.clock_to_move)
            connection.execute(update(WriteFence).values(valid_until=moved))
        self.clock_to_move = 0.0

    def stray(self, off: float) -> None:
        """Set the database's clock off by so much."""
        self.pass_seconds(off - self.clock_is_off)
        self.clock_is_off = off


class Operator:
    """Moves the authority as docs/authority.md tells shopctl to, one step at a time, and may be killed between them."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.number = 0
        self.holder: str | None = None
        self.revoked_at: dict[int, float] = {}  # the epoch that ended, and when a majority knew
        self.granted: dict[int, str] = {}
        self.handovers = 0

    def step(self) -> None:
        """Do the next step; a write may reach only some stores, and is then completed by the next step."""
        number = self.number + 1
        if self.number and self.holder is None and self.world.now < self._wait_ends():
            return
        if self.holder is not None and self.chance.random() < 0.7:
            return  # let them work for a while
        wanted = None if self.holder is not None else self.chance.choice((HERE, THERE))
        self._write(number, wanted)
        record = self.world.chosen(number)
        if record is None:
            return
        self.number = number
        before, self.holder = self.holder, self._holder_in(record)
        if before is not None:
            self.revoked_at[number - 1] = self.world.now
        if self.holder is not None:
            self.granted[number] = self.holder
            self.handovers += 1

    def patience(self) -> float:
        """How long it still has to wait before the authority may be given to anybody."""
        return max(0.0, self._wait_ends() - self.world.now) if self.holder is None else 0.0

    def _wait_ends(self) -> float:
        return max(self.revoked_at.values(), default=self.world.now) + TTL + BOUND

    def _write(self, number: int, holder: str | None) -> None:
        key = f"authority/two-regions/{number:06d}.json"
        found = next((store[key] for store in self.world.held if key in store), None)
        record = found or body(number, holder, nonce=f"{self.chance.getrandbits(64):016x}")
        reached = self.chance.sample(range(STORES), self.chance.choice((1, 2, 3, 3)))
        for index in reached:
            self.world.held[index].setdefault(key, record)

    def _holder_in(self, record: bytes) -> str | None:
        return next((name for name in (HERE, THERE) if f'"holder": "{name}"'.encode() in record), None)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a schedule."""

    commits: tuple[Commit, ...]
    revoked_at: dict[int, float]
    granted: dict[int, str]
    refused_early: int
    refused_late: int


class Schedule:
    """What happens, in the order that one seed gives."""

    def __init__(self, seed: int, databases: tuple[Database, Database]) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 - the same schedule for the same seed
        self.world = World()
        self.regions = (Region(HERE, self.world, databases[0]), Region(THERE, self.world, databases[1]))
        self.operator = Operator(self.world, self.chance)
        self.commits: list[Commit] = []

    def play(self, steps: int) -> Played:
        """Give the authority to somebody, then let things happen."""
        while self.operator.holder is None:
            self.operator.step()
        self.everybody_asks()
        actions: dict[Callable[[], None], int] = {
            self.time_passes: 7,
            self.operator_waits: 3,
            self.operator.step: 5,
            self.everybody_asks: 9,
            self.somebody_asks: 2,
            self.ways_to_stores_change: 2,
            self.a_clock_strays: 1,
            self.everybody_begins: 10,
            self.somebody_commits: 10,
        }
        for action in self.chance.choices(tuple(actions), tuple(actions.values()), k=steps):
            action()
        for region in self.regions:
            self._commit(region)
        return Played(
            tuple(self.commits),
            self.operator.revoked_at,
            self.operator.granted,
            sum(region.refused_early for region in self.regions),
            sum(region.refused_late for region in self.regions),
        )

    def time_passes(self) -> None:
        """Let a moment pass, or more than the grant lasts: to an open change it is a pause of its process."""
        self._pass(self.chance.choice((0.5, 2.0, 5.0, 9.0, 9.0, 34.0)))

    def operator_waits(self) -> None:
        """Let the operator wait out what has to be waited out."""
        self._pass(self.operator.patience())

    def everybody_asks(self) -> None:
        """Have a round everywhere."""
        for region in self.regions:
            region.round()

    def somebody_asks(self) -> None:
        """Have a round in one region."""
        self.chance.choice(self.regions).round()

    def ways_to_stores_change(self) -> None:
        """Cut one region off from some stores, or let it reach them again."""
        for store in self.chance.choice(self.regions).stores:
            store.is_reachable = self.chance.random() < 0.75

    def a_clock_strays(self) -> None:
        """Set the clock of a database within its bound."""
        self.chance.choice(self.regions).stray(self.chance.uniform(-BOUND / 2, BOUND / 2))

    def everybody_begins(self) -> None:
        """Begin a change wherever none is open."""
        for region in self.regions:
            region.begin(f"s{self.seed}-{self.chance.getrandbits(40)}")

    def somebody_commits(self) -> None:
        """Commit the change of one region."""
        self._commit(self.chance.choice(self.regions))

    def _commit(self, region: Region) -> None:
        commit = region.finish()
        if commit is not None:
            self.commits.append(commit)

    def _pass(self, seconds: float) -> None:
        self.world.now += seconds
        for region in self.regions:
            region.pass_seconds(seconds)


def broken_promises(played: Played) -> list[str]:
    """What a schedule shows that must not be."""
    broken = []
    for commit in played.commits:
        if played.granted.get(commit.epoch) != commit.region:
            broken.append(f"{commit} under an epoch that was never its region's")
        ended = played.revoked_at.get(commit.epoch)
        if ended is not None and commit.at > ended + TTL + BOUND:
            broken.append(f"{commit} later than TTL and bound after {ended}")
    pairs = itertools.permutations(played.commits, 2)
    overlapping = (
        (one, other) for one, other in pairs if one.region != other.region and one.epoch < other.epoch
    )  # fmt: skip
    return broken + [f"{one} not before {other}" for one, other in overlapping if one.at >= other.at]
