"""``python -m standalone.payments``: the payment provider, until it is told to end."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import make_server

from standalone.payments.application import create_app
from standalone.payments.books import Store
from standalone.payments.desk import Desk
from standalone.payments.notices import Courier


def main() -> int:
    """Serve until SIGTERM or Ctrl-C. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m standalone.payments", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="where it listens, on this machine only")
    parser.add_argument("--state", type=Path, help="folder of its memory (forgotten with the process if there is none)")
    parser.add_argument("--webhook", help="address that notices go to")
    parser.add_argument(
        "--webhook-secret", default=os.environ.get("PAYMENT_WEBHOOK_SECRET"), help="signs them (PAYMENT_WEBHOOK_SECRET)"
    )
    parser.add_argument("--api-key", default=os.environ.get("PAYMENT_API_KEY"), help="lets in (PAYMENT_API_KEY)")
    wanted = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    url = f"http://127.0.0.1:{wanted.port}"
    api_key = wanted.api_key or _made("api key", "sk_test_")
    webhook_secret = wanted.webhook_secret or _made("webhook secret", "whsec_")
    try:
        with _folder(wanted.state) as folder:
            desk = Desk(Store(folder), url, api_key)
            Courier(desk, wanted.webhook, webhook_secret).start()
            server = make_server("127.0.0.1", wanted.port, create_app(desk), threaded=True)
            print(f"the payment provider's stand-in is at {url}", flush=True)
            server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


def _made(what: str, prefix: str) -> str:
    made = prefix + secrets.token_hex(16)
    print(f"{what}: {made}", flush=True)
    return made


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    if wanted is not None:
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="payments-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
