"""Everything that pieces are made of, by name."""

from __future__ import annotations

from standalone.catalogue.palette.ceramics import CERAMICS
from standalone.catalogue.palette.cloths import CLOTHS
from standalone.catalogue.palette.metals import METALS
from standalone.catalogue.palette.minerals import MINERALS
from standalone.catalogue.palette.trimmings import TRIMMINGS
from standalone.catalogue.palette.woods import WOODS

FINISHES = {**CERAMICS, **WOODS, **METALS, **MINERALS, **CLOTHS, **TRIMMINGS}
