"""What operations decided and no file in a checkout may revert.

The facts live in the control store, guarded by the epoch. A ship or a failover writes them; render reads them beside
env.yaml, so a stale checkout or a CI job undoes neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from shopctl.errors import ShopctlError

if TYPE_CHECKING:
    from shopctl.spec import EnvSpec


class FactsInvalid(ShopctlError):
    """The facts in the control store are not what this shopctl understands."""

    code = "facts_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The decisions in force.

    ``zone_id`` is None until bootstrap found or made the hosted zone; ``image_ids`` has the machine image by region,
    where one was shipped; ``generation`` counts the databases that this environment has had; ``capacity`` (instances)
    is None while env.yaml decides it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    version: Literal[1] = 1
    active_region: str
    zone_id: Annotated[str, Field(pattern=r"^Z[0-9A-Z]+$")] | None = None
    image_ids: Mapping[str, Annotated[str, Field(pattern=r"^ami-[0-9a-f]+$")]] = field(default_factory=dict, hash=False)
    generation: Annotated[int, Field(ge=1)] = 1
    capacity: Annotated[int, Field(ge=0)] | None = None

    @staticmethod
    def initial(spec: EnvSpec) -> Facts:
        """The facts of an environment in which nothing was decided yet: the primary region is active. Pure."""
        return Facts(active_region=spec.regions.primary)

    def to_json(self) -> str:
        """The facts as one line of JSON, the same bytes for the same facts. Pure."""
        return _ADAPTER.dump_json(replace(self, image_ids=dict(sorted(self.image_ids.items())))).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Facts:
        """Read what ``to_json`` wrote. Pure.

        Raises: FactsInvalid if anything is missing, unknown or of another type.
        """
        try:
            return _ADAPTER.validate_json(text)
        except ValidationError as error:
            places = ", ".join(".".join(map(str, detail["loc"])) or "document" for detail in error.errors())
            reason = f"the facts in the control store are not understood: {places}"
            raise FactsInvalid(reason, "use the version of shopctl that wrote them, or a newer one") from None

    def digest(self) -> str:
        """SHA-256 of the facts in hex, by which a plan knows that nothing was decided since. Pure."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


_ADAPTER: Final = TypeAdapter(Facts)
