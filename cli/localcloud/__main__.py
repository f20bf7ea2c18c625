"""``python -m localcloud --home DIR [--port N]``: run the local cloud in the foreground."""

from __future__ import annotations

import argparse
import errno
import sys
from pathlib import Path

from localcloud.checkpoint import ForeignState
from localcloud.control import Exit
from localcloud.server import PlaceTaken, run


def main() -> int:
    """Read the arguments and serve; returns the exit status."""
    parser = argparse.ArgumentParser(prog="localcloud", description="The local AWS, on loopback.")
    parser.add_argument("--home", type=Path, required=True, help="directory that holds all of its files")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--strict", action="store_true", help="log replies that don't have the shape AWS gives them")
    arguments = parser.parse_args()
    try:
        run(arguments.home, arguments.port, is_strict=arguments.strict)
    except PlaceTaken:
        return Exit.PLACE_TAKEN
    except ForeignState as error:
        sys.stderr.write(f"{error}\n")
        return Exit.FOREIGN_STATE
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return Exit.PORT_TAKEN
    return Exit.DONE


sys.exit(main())
