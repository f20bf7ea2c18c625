"""The shop's own commands, for the machine image and for operators: ``python -m shop migrate``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from threading import Event

from shop.accounts.people import Role
from shop.config import ConfigInvalid
from shop.migrate import migrate
from shop.parameters import configured
from shop.problems import Problem, WritesRefused
from shop.shop import Shop, open_shop
from shop.telemetry import logs, metrics
from shop.worker import Worker


def main() -> int:
    """Run one command. Returns the exit code: 0 done, 1 not, 2 the environment lacks something, or its own."""
    parser = argparse.ArgumentParser(prog="python -m shop", description="Commands of the shop.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the form that this release needs")
    commands.add_parser("work", help="do what the outbox says, until SIGTERM; any number of workers may run")
    for command, help_text in (
        ("grant-role", "give an account a role"),
        ("revoke-role", "take a role from an account"),
    ):
        of_staff = commands.add_parser(command, help=f"{help_text}, and sign it out")
        of_staff.add_argument("mail", help="the e-mail that the account signs in with")
        of_staff.add_argument("role", type=Role, choices=tuple(Role), metavar="|".join(Role))
    wanted = parser.parse_args()
    try:
        shop = open_shop(configured(os.environ))
    except ConfigInvalid as error:
        print(f"the shop can't start; its environment lacks:\n{error}", file=sys.stderr)
        return 2
    if wanted.command in {"grant-role", "revoke-role"}:
        return change_role(shop, wanted.mail, wanted.role, is_held=wanted.command == "grant-role")
    if wanted.command == "work":
        return work(shop)
    return bring_up_to_date(shop)


def bring_up_to_date(shop: Shop) -> int:
    """Migrate the database. Returns the exit code: 0 done, 1 not, 3 this region may not write, so another one does."""
    if shop.tables is not None:
        print("there is nothing to migrate: the tables of DynamoDB are made by Terraform")
        return 0
    try:
        print(f"the database is at revision {migrate(shop.database)}")
    except WritesRefused:
        print("nothing was migrated: this region may not write now, see docs/authority.md", file=sys.stderr)
        return 3
    except TimeoutError as late:
        print(f"nothing was migrated: {late}", file=sys.stderr)
        return 1
    return 0


def work(shop: Shop) -> int:
    """Run a worker until SIGTERM or Ctrl-C, which let it end the job in hand. Returns the exit code."""
    logs.configure()
    metrics.start(namespace=shop.config.shop_env, service="worker")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print("the worker works", flush=True)
    Worker(shop, stop).run()
    return 0


def change_role(shop: Shop, mail: str, role: Role, *, is_held: bool) -> int:
    """Give or take a role: the way to the first owner. Returns the exit code: 0 done, 1 not."""
    try:
        account = shop.accounts.set_role(mail, role, is_held=is_held)
    except Problem as problem:
        print(f"{problem.title}: {problem.detail}", file=sys.stderr)
        return 1
    has = "has" if is_held else "no longer has"
    print(
        f"{mail} {has} the role {role} and has to sign in anew (an account since {account.created_at:%Y-%m-%d %H:%M})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
