"""Moments of a deploy or a destroy at which something is killed, told by what can be seen from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.faults import Delay
from shopctl.runs.records import Record
from support.inspection import duplicates, resources
from support.shop import ENV, STACKS, Command, Shop

CONTROL = "shop-local-control-000000000000-eu-central-1"

Reached = Callable[[Shop, Command], bool]


@dataclass(frozen=True, slots=True)
class Slow:
    """A call of AWS's that is slowed down, so that a short moment can be met."""

    operation: str
    milliseconds: int
    region: str | None = None
    service: str = "s3"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is killed: in the course of which command, and once what is seen."""

    name: str
    command: str
    reached: Reached
    slow: tuple[Slow, ...] = ()

    def wait_for(self, shop: Shop) -> Command:
        """Type the command and return it at this moment."""
        for slow in self.slow:
            effect = Delay(milliseconds=slow.milliseconds)
            shop.cloud.inflict(effect, service=slow.service, operation=slow.operation, region=slow.region)
        words = (self.command, "--yes")
        command = shop.start(*words)
        try:
            command.wait_until(lambda: self.reached(shop, command), self.name)
        except BaseException:
            command.kill()  # or it would keep the lock from all that comes after
            raise
        return command


def at_once(_shop: Shop, command: Command) -> bool:
    """The process runs."""
    return command.is_running


def has_claimed(shop: Shop, command: Command) -> bool:
    """The command holds the run lock."""
    return any(f'"pid":{command.pid}}}'.encode() in claim for claim in _lock(shop, "claims").values())


def has_finished(shop: Shop, command: Command) -> bool:
    """The run is journalled as finished, or about to be."""
    return has_claimed(shop, command) and any(record.event.kind == "finished" for record in journal(shop))


def said(text: str) -> Reached:
    """It said so."""
    return lambda _shop, command: text in command.said


def plans(stack: str) -> Reached:
    """A plan of the stack is being made."""
    return lambda shop, _command: shop.terraform(stack, "plan") is not None


def applies(stack: str) -> Reached:
    """Terraform has been started to apply the stack's plan."""
    return lambda shop, _command: shop.terraform(stack) is not None


def holds_lock(stack: str) -> Reached:
    """Terraform has taken the lock of the stack's state."""
    return lambda shop, command: applies(stack)(shop, command) and shop.is_locked(stack)


def has_done(stack: str, count: int) -> Reached:
    """Terraform has made or deleted so many resources of the stack."""
    return lambda shop, command: shop.done(stack, command.begun) >= count


def has_saved(stack: str, count: int) -> Reached:
    """So many resources are in the stack's state while Terraform still works on it."""
    return lambda shop, command: applies(stack)(shop, command) and len(list(resources(shop.state(stack)))) >= count


def has_ended(stack: str) -> Reached:
    """Terraform said its last word about the stack."""

    def reached(shop: Shop, command: Command) -> bool:
        told = shop.messages(stack, since=command.begun)
        return any(message.get("type") == "outputs" for message in told)

    return reached


def both(one: Reached, other: Reached) -> Reached:
    """Both hold."""
    return lambda shop, command: one(shop, command) and other(shop, command)


def journal(shop: Shop) -> list[Record]:
    """The records of the newest run."""
    found = shop.objects(CONTROL, f"runs/{ENV}/")
    newest = max((key.rpartition("/")[0] for key in found), default="")
    return [Record.model_validate_json(body) for key, body in sorted(found.items()) if key.startswith(f"{newest}/")]


def describe(shop: Shop) -> str:
    """What a kill has left, in a few lines."""
    lines = []
    for stack in STACKS:
        known: list[Any] = list(resources(shop.state(stack)))
        alive = "Terraform lives" if shop.terraform(stack) else ""
        lock = "locked" if shop.is_locked(stack) else ""
        lines.append(f"  {stack}: {len(known)} in its state {lock} {alive}".rstrip())
    last = journal(shop)[-1:]
    lines += [f"  last record: {record.seq} {record.event.kind} of {record.run}" for record in last]
    return "\n".join((*lines, f"  in no state: {len(duplicates(shop))}"))


def _lock(shop: Shop, kind: str) -> dict[str, bytes]:
    return shop.objects(CONTROL, f"lock/{ENV}/{kind}/")
