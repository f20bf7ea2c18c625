"""Every table of the shop, known in one place: importing this imports all models."""

from __future__ import annotations

from shop.catalogue import models as catalogue
from shop.database import Base

__all__ = ["METADATA", "catalogue"]

METADATA = Base.metadata
