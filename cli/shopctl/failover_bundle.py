"""All that a failover needs to know of an environment, in one document: the failover bundle.

Every apply writes it to the control store, so that a failover runs from it alone: without the primary region, whose
Terraform states may be out of reach, without the repository and without Terraform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict, JsonValue

from shopctl.facts import Facts

if TYPE_CHECKING:
    from shopctl.render import Upstream
    from shopctl.spec import EnvSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverBundle:
    """The environment as env.yaml described it, what was decided since, and the outputs of every stack that stands:
    ids, ARNs, keys, subnets, groups and endpoints of both regions, by stack and output. It holds no secret's value."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    spec: Mapping[str, JsonValue]
    facts: Facts
    stacks: Mapping[str, Mapping[str, JsonValue]]


def make_bundle(spec: EnvSpec, facts: Facts, outputs: Upstream) -> FailoverBundle:
    """Put together the bundle; stacks without outputs do not stand. Pure."""
    return FailoverBundle(
        spec=spec.model_dump(mode="json"),
        facts=facts,
        stacks={str(stack): dict(values) for stack, values in sorted(outputs.items()) if values},
    )
