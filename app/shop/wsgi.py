"""What the application server loads, once in each of its processes: see ``shop.serve``."""

from __future__ import annotations

import gc
import os

from shop.application import create_app
from shop.parameters import configured
from shop.serve import end_with_server
from shop.shop import open_shop
from shop.telemetry import logs, metrics

end_with_server()
config = configured(os.environ)
logs.configure()
metrics.start(namespace=config.shop_env, service="web")
app = create_app(open_shop(config))
gc.freeze()  # what is loaded by now stays; to search it for garbage again and again took a tenth of an order's time
