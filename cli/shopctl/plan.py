"""What Terraform would do to one stack: its plan JSON, read once into values that rules can ask.

A value is known, or ``UNKNOWN`` because only the apply will tell, or absent (None). What Terraform marks as
sensitive is masked while reading, and variables, prior state and configuration are never read at all.
Source: plan JSON format 1.2, developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from shopctl.errors import TerraformFailed
from shopctl.stacks import StackId

JsonValue: TypeAlias = Any  # a decoded JSON document has no useful static type
Path: TypeAlias = tuple[str | int, ...]

SENSITIVE: Final = "(sensitive)"
_FORMAT_MAJOR: Final = "1"


class Unknown(Enum):
    """The type of ``UNKNOWN``."""

    UNKNOWN = "known after apply"


UNKNOWN: Final = Unknown.UNKNOWN


class PlanUnreadable(TerraformFailed):
    """The plan JSON is not of a form that this version reads."""

    code = "plan_unreadable"


@dataclass(frozen=True, slots=True)
class Change:
    """What the plan does to one resource, or to one deposed object of it.

    ``before`` and ``after`` are plain JSON values with sensitive parts masked; ``after`` has no entry for
    what is unknown: ask ``value``. ``replace_paths`` are the attributes that force a replacement.
    """

    address: str
    module: str
    mode: str
    type: str
    name: str
    key: str | int | None
    actions: tuple[str, ...]
    before: JsonValue
    after: JsonValue
    after_unknown: JsonValue
    replace_paths: tuple[Path, ...]
    reason: str | None
    is_import: bool
    is_deposed: bool

    @property
    def sign(self) -> str:
        """The change in one or two signs, as Terraform writes it; an import with ``<``."""
        if self.is_replacement:
            return "-/+"
        signs = {"create": "+", "update": "~", "delete": "-", "no-op": "", "read": "<=", "forget": "#"}
        return ("<" if self.is_import else "") + "".join(signs.get(action, "?") for action in self.actions)

    @property
    def is_create(self) -> bool:
        """Made new, and not in place of another."""
        return self.actions == ("create",)

    @property
    def is_update(self) -> bool:
        """Changed in place."""
        return self.actions == ("update",)

    @property
    def is_replacement(self) -> bool:
        """Deleted and made again, in whichever order."""
        return "delete" in self.actions and "create" in self.actions

    @property
    def is_destroy(self) -> bool:
        """Deleted for good."""
        return self.actions == ("delete",)

    @property
    def is_noop(self) -> bool:
        """Left as it is, and not imported either."""
        return self.actions == ("no-op",) and not self.is_import

    @property
    def is_read(self) -> bool:
        """A data source that is read during the apply."""
        return self.actions == ("read",)

    @property
    def is_tainted(self) -> bool:
        """Replaced only because its creation was cut off, or because somebody marked it."""
        return self.reason == "replace_because_tainted"

    @property
    def will_exist(self) -> bool:
        """A managed resource that is there after the apply."""
        return self.mode == "managed" and not self.is_deposed and self.after is not None

    def value(self, *path: str | int) -> JsonValue:
        """The planned value at a path of attribute names and indexes: known, ``UNKNOWN``, or None if absent."""
        if _is_unknown(self.after_unknown, path):
            return UNKNOWN
        return _at(self.after, path)

    def old_value(self, *path: str | int) -> JsonValue:
        """The value at a path before the apply; None if absent."""
        return _at(self.before, path)

    def blocks(self, name: str) -> tuple[int, ...] | Unknown:
        """The indexes of a repeated block, ``UNKNOWN`` where not even their number is known."""
        found = self.value(name)
        if isinstance(found, Unknown):
            return found
        return tuple(range(len(found))) if isinstance(found, list) else ()


@dataclass(frozen=True, slots=True)
class Output:
    """What the plan does to one output. ``value`` is ``UNKNOWN`` where only the apply will tell."""

    name: str
    changes: bool
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources a plan adds, changes, destroys and imports; a replacement is added and destroyed."""

    add: int
    change: int
    destroy: int
    imported: int

    def __str__(self) -> str:
        """The numbers as people read them: ``12 to add, 1 to destroy``."""
        parts = (
            (self.imported, "to import"),
            (self.add, "to add"),
            (self.change, "to change"),
            (self.destroy, "to destroy"),
        )
        return ", ".join(f"{number} {what}" for number, what in parts if number) or "outputs only"


@dataclass(frozen=True, slots=True)
class Plan:
    """One stack's plan. Only a plan that is complete and not errored may be judged or applied."""

    stack: StackId
    terraform_version: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    outputs: tuple[Output, ...]
    errored: bool
    complete: bool
    applyable: bool

    @property
    def changed_outputs(self) -> frozenset[str]:
        """The outputs that change or are not known yet: who consumes one of them must wait for the apply."""
        return frozenset(output.name for output in self.outputs if output.changes)

    @property
    def counts(self) -> Counts:
        """The plan in four numbers."""
        managed = [change for change in self.changes if change.mode == "managed"]
        return Counts(
            add=sum("create" in change.actions for change in managed),
            change=sum(change.is_update for change in managed),
            destroy=sum("delete" in change.actions for change in managed),
            imported=sum(change.is_import for change in managed),
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """One line per resource that is touched, in order of address: ``+ aws_vpc.this``."""
        touched = [change for change in self.changes if not change.is_noop and not change.is_read]
        return tuple(f"{change.sign} {change.address}" for change in sorted(touched, key=lambda item: item.address))

    def resources(self, *types: str) -> Iterator[Change]:
        """The managed resources of these types that are there after the apply."""
        return (change for change in self.changes if change.will_exist and change.type in types)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Change(_Model):
    actions: tuple[str, ...]
    before: JsonValue = None
    after: JsonValue = None
    after_unknown: JsonValue = False
    before_sensitive: JsonValue = False
    after_sensitive: JsonValue = False
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    importing: JsonValue = None


class _Resource(_Model):
    address: str
    module_address: str = ""
    mode: str
    type: str
    name: str
    index: str | int | None = None
    deposed: str | None = None
    action_reason: str | None = None
    change: _Change


class _Document(_Model):
    format_version: str
    terraform_version: str
    resource_changes: tuple[_Resource, ...] = ()
    resource_drift: tuple[_Resource, ...] = ()
    output_changes: dict[str, _Change] = {}
    errored: bool = False
    complete: bool = True
    applyable: bool = False


def parse_plan(stack: StackId, document: Mapping[str, JsonValue]) -> Plan:
    """Read the output of ``terraform show -json``.

    Pure.
    Raises: PlanUnreadable for another major format version or a document that is no plan.
    """
    try:
        read = _Document.model_validate(document)
    except ValidationError as error:
        raise PlanUnreadable(
            f"the plan of {stack} is not what `terraform show -json` prints: {error.error_count()} fields are wrong",
            "plan again with a Terraform that shopctl doctor accepts",
        ) from None  # its text would quote values of the plan
    if read.format_version.partition(".")[0] != _FORMAT_MAJOR:
        raise PlanUnreadable(
            f"the plan of {stack} has JSON format {read.format_version}; only 1.x is known", "update shopctl"
        )
    return Plan(
        stack=stack,
        terraform_version=read.terraform_version,
        changes=tuple(map(_change, read.resource_changes)),
        drift=tuple(map(_change, read.resource_drift)),
        outputs=tuple(_output(name, change) for name, change in sorted(read.output_changes.items())),
        errored=read.errored,
        complete=read.complete,
        applyable=read.applyable,
    )


def redact(document: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A plan document that may leave this machine: for scanners and reports. Pure.

    Without variables, prior state, planned values and configuration, and with sensitive values masked.
    """
    kept = ("format_version", "terraform_version", "applyable", "complete", "errored", "timestamp")
    clean = {name: document[name] for name in kept if name in document}
    for part in ("resource_changes", "resource_drift"):
        clean[part] = [resource | {"change": _masked(resource["change"])} for resource in document.get(part, ())]
    clean["output_changes"] = {name: _masked(change) for name, change in document.get("output_changes", {}).items()}
    return clean


def _change(resource: _Resource) -> Change:
    change = resource.change
    return Change(
        address=resource.address,
        module=resource.module_address,
        mode=resource.mode,
        type=resource.type,
        name=resource.name,
        key=resource.index,
        actions=change.actions,
        before=_mask(change.before, change.before_sensitive),
        after=_mask(change.after, change.after_sensitive),
        after_unknown=change.after_unknown,
        replace_paths=change.replace_paths,
        reason=resource.action_reason,
        is_import=change.importing is not None,
        is_deposed=resource.deposed is not None,
    )


def _output(name: str, change: _Change) -> Output:
    known = not _any_unknown(change.after_unknown)
    return Output(
        name=name,
        changes=change.actions != ("no-op",) or not known,
        value=_mask(change.after, change.after_sensitive) if known else UNKNOWN,
    )


def _masked(change: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        **change,
        "before": _mask(change.get("before"), change.get("before_sensitive", False)),
        "after": _mask(change.get("after"), change.get("after_sensitive", False)),
    }


def _mask(value: JsonValue, sensitive: JsonValue) -> JsonValue:
    """Hide the parts of a value that are marked by True at the same place of ``sensitive``."""
    if sensitive is True:
        return SENSITIVE if value is not None else None
    if isinstance(value, dict) and isinstance(sensitive, dict):
        return {name: _mask(part, sensitive.get(name, False)) for name, part in value.items()}
    if isinstance(value, list) and isinstance(sensitive, list):
        marks = sensitive + [False] * (len(value) - len(sensitive))
        return [_mask(part, mark) for part, mark in zip(value, marks, strict=False)]
    return value


def _at(value: JsonValue, path: Path) -> JsonValue:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _is_unknown(unknown: JsonValue, path: Path) -> bool:
    """Whether the place itself, or something around it, is marked as unknown."""
    if unknown is True:
        return True
    return bool(path) and _is_unknown(_at(unknown, path[:1]), path[1:])


def _any_unknown(unknown: JsonValue) -> bool:
    match unknown:
        case bool():
            return unknown
        case dict():
            return any(map(_any_unknown, unknown.values()))
        case list():
            return any(map(_any_unknown, unknown))
        case _:
            return False
