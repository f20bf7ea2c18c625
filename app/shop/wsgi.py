"""What the application server loads: ``granian --interface wsgi shop.wsgi:app``."""

from __future__ import annotations

import os

from shop.application import create_app
from shop.config import Config
from shop.shop import open_shop

app = create_app(open_shop(Config.from_environment(os.environ)))
