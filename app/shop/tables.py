"""Every table of the shop, known in one place: importing this imports all models."""

from __future__ import annotations

from shop.accounts import models as accounts
from shop.admin import models as admin
from shop.authority import models as authority
from shop.carts import models as carts
from shop.catalogue import models as catalogue
from shop.database import Base
from shop.models3d import models as models3d
from shop.orders import models as orders
from shop.outbox import models as outbox
from shop.pricing import models as pricing
from shop.reviews import models as reviews
from shop.uploads import models as uploads

__all__ = [
    "METADATA",
    "accounts",
    "admin",
    "authority",
    "carts",
    "catalogue",
    "models3d",
    "orders",
    "outbox",
    "pricing",
    "reviews",
    "uploads",
]

METADATA = Base.metadata
