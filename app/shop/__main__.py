"""The shop's own commands, for the machine image and for operators: ``python -m shop migrate``."""

from __future__ import annotations

import argparse
import os
import sys

from shop.config import Config, ConfigInvalid
from shop.migrate import migrate
from shop.shop import open_shop


def main() -> int:
    """Run one command. Returns the exit code: 0 done, 2 the environment lacks something."""
    parser = argparse.ArgumentParser(prog="python -m shop", description="Commands of the shop.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database to the form that this release needs")
    parser.parse_args()
    try:
        shop = open_shop(Config.from_environment(os.environ))
    except ConfigInvalid as error:
        print(f"the shop can't start; its environment lacks:\n{error}", file=sys.stderr)
        return 2
    print(f"the database is at revision {migrate(shop.database)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
