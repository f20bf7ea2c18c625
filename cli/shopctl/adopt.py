"""Which resources that a plan would create stand already: made by a Terraform that was killed, or made twice.

Every taggable resource carries its environment, its stack and a ``Name`` that is unique within its type and stack, so
a planned creation and a resource that is in no state can be matched without guessing. What can't carry tags has a
name or a parent that says the same: see ``kinds``. Matches become import blocks beside the stack's HCL.

What needs no match: settings that are *put* (bucket settings, policies of topics, roles and vaults, a vault's lock,
scaling policies), a topic's subscription, which AWS gives back instead of making a second one, what AWS puts into
every VPC, and the version of a secret, of which a new one takes the place of the old.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shopctl.kinds import NAMED, Standing
from shopctl.plan import Change, JsonValue, Plan

IMPORTS_FILE = "adopt.tf.json"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A resource that carries the stack's tags. ``standing`` is None for a kind that no stack makes."""

    arn: str
    name: str
    standing: Standing | None


class Inventory(Protocol):
    """What stands in a stack's region, asked of AWS. Every method raises AwsFailed."""

    def tagged(self, stack: str) -> tuple[Tagged, ...]:
        """All resources that carry the stack's tags, also some that are gone or going."""

    def is_live(self, standing: Standing) -> bool:
        """Whether the resource stands by itself: not gone or going, and no part of something else."""

    def in_use(self, twins: tuple[Standing, ...]) -> Standing:
        """Of resources of one type and name, the one that others hang on."""

    def find(self, kind: str, planned: Mapping[str, JsonValue]) -> str | None:
        """The import id of the resource of a type in ``NAMED`` that the planned values name, if it stands."""


def find_existing(plan: Plan, inventory: Inventory) -> dict[str, Standing]:
    """Say which planned creations stand already, by address. Asks the inventory only where there are creations."""
    creations = [change for change in plan.changes if change.is_create and not change.is_import]
    if not creations:
        return {}
    live = _by_type_and_name(inventory.tagged(str(plan.stack)))
    found = ((change.address, _find(change, live, inventory)) for change in creations)
    return {address: standing for address, standing in found if standing is not None}


def import_blocks(imports: Mapping[str, Standing]) -> str:
    """The content of ``adopt.tf.json``: one import block per resource. Pure, byte-stable."""
    blocks = [{"to": address, "id": standing.id} for address, standing in sorted(imports.items())]
    return json.dumps({"import": blocks}, indent=2) + "\n"


def strangers(live: Iterable[Tagged], in_state: frozenset[str]) -> tuple[Standing, ...]:
    """The tagged resources whose id and ARN are in no state. Pure."""
    return tuple(
        tagged.standing
        for tagged in live
        if tagged.standing is not None and not in_state.intersection({tagged.arn, tagged.standing.id})
    )


def _by_type_and_name(live: Iterable[Tagged]) -> Mapping[tuple[str, str], tuple[Standing, ...]]:
    found: dict[tuple[str, str], tuple[Standing, ...]] = defaultdict(tuple)
    for tagged in live:
        if tagged.standing is not None:
            found[tagged.standing.type, tagged.name] += (tagged.standing,)
    return found


def _find(
    change: Change, live: Mapping[tuple[str, str], tuple[Standing, ...]], inventory: Inventory
) -> Standing | None:
    """What stands already of a planned creation. What is not known yet is asked for again in the next round."""
    planned = change.after or {}
    if change.type not in NAMED:
        return _find_tagged(live.get((change.type, _planned_name(planned)), ()), inventory)
    if any(planned.get(attribute) is None for attribute in NAMED[change.type]):
        return None
    known_as = inventory.find(change.type, planned)
    return Standing(change.type, known_as) if known_as else None


def _planned_name(planned: Mapping[str, JsonValue]) -> str:
    """A scaling group has its tags in blocks of their own, and its name says the same."""
    return str((planned.get("tags_all") or {}).get("Name") or planned.get("name") or "")


def _find_tagged(twins: tuple[Standing, ...], inventory: Inventory) -> Standing | None:
    living = tuple(twin for twin in twins if inventory.is_live(twin))
    return inventory.in_use(living) if len(living) > 1 else next(iter(living), None)
