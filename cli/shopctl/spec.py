"""env.yaml: the geography and the intent of one environment, as one frozen model.

Every field has its unit in its name, a description for editors and, where one is safe, a default. Its sections are in
``sections.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from shopctl import rules, yamlfile
from shopctl.errors import UsageError
from shopctl.fields import AccountId, Domain, EnvName, ProjectName, whole_number
from shopctl.sections import (
    Backup,
    Compute,
    Cost,
    Database,
    Dns,
    Dr,
    Edge,
    Network,
    Observability,
    Pipeline,
    Queue,
    RegionNetwork,
    Regions,
    Section,
    Storage,
)
from shopctl.yamlfile import Problem

SPEC_FILE: Final = "env.yaml"


class EnvSpec(Section):
    """One environment of the shop."""

    model_config = ConfigDict(title="A shop environment")

    schema_version: Annotated[Literal[1], BeforeValidator(whole_number)]
    """The version of this file's format: 1."""
    project: ProjectName
    """The shop's short name, such as shop; every AWS name begins with it."""
    name: EnvName
    """The environment's name: that of its folder."""
    cloud: Literal["aws", "local"]
    """Where it lives: in AWS, or on the local cloud of this machine."""
    account: AccountId
    """The AWS account, twelve digits in quotes; shopctl refuses to work in any other."""
    domain: Domain
    """The shop's domain; it needs a hosted zone of that name."""
    protected: bool = True
    """Refuse to destroy, and pause before each wave whose plan could not be seen in advance."""
    deletion_protection: bool = Field(default_factory=lambda fields: fields["protected"])
    """Keep data from being deleted with its stack; as `protected` unless said otherwise."""
    regions: Regions
    network: Network = Network()
    compute: Compute = Compute()
    database: Database = Database()
    storage: Storage = Storage()
    queue: Queue = Queue()
    edge: Edge = Edge()
    dns: Dns = Dns()
    backup: Backup = Backup()
    dr: Dr = Dr()
    observability: Observability = Observability()
    cost: Cost
    pipeline: Pipeline = Pipeline()

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between sections that this environment breaks. Pure."""
        return rules.environment(self)

    @property
    def has_dr(self) -> bool:
        """Whether the environment has a second region."""
        return self.regions.dr is not None

    @property
    def site_regions(self) -> tuple[str, ...]:
        """The regions that carry the shop: primary, then dr."""
        return tuple(region for region in (self.regions.primary, self.regions.dr) if region)

    @property
    def control_regions(self) -> tuple[str, ...]:
        """The regions with a control and a state bucket: primary, dr, witness; without DR the primary alone."""
        return tuple(region for region in (*self.site_regions, self.regions.witness) if region)

    def network_in(self, region: str) -> RegionNetwork:
        """The network of one of ``site_regions``. Pure.

        Raises: KeyError for any other region.
        """
        for known, network in ((self.regions.primary, self.network.primary), (self.regions.dr, self.network.dr)):
            if known == region and network is not None:
                return network
        raise KeyError(region)


def load_spec(path: Path) -> EnvSpec:
    """Read an env.yaml.

    Reads the file, nothing else.
    Raises: SpecError if it cannot be read, is not YAML, or breaks a rule; its reason lists every problem as
    ``file:line: field: value — what is wrong; what to write``.
    """

    def is_in_its_folder(spec: EnvSpec) -> Iterator[Problem]:
        # A copied folder whose name was not changed would act on the environment that it was copied from.
        folder = path.absolute().parent.name
        if path.name == SPEC_FILE and folder != spec.name:
            yield Problem(("name",), f"must be the name of the folder: {folder}")

    return yamlfile.read_model(path, EnvSpec, check=is_in_its_folder)


def parse_spec(text: str, source: str) -> EnvSpec:
    """Turn the text of an env.yaml into a spec; ``source`` names it in errors.

    Pure.
    Raises: SpecError, as ``load_spec``.
    """
    return yamlfile.parse_model(text, source, EnvSpec)


def json_schema() -> dict[str, Any]:
    """The JSON schema of env.yaml, with which editors complete and check it. Pure."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **EnvSpec.model_json_schema()}


def list_envs(root: Path) -> tuple[str, ...]:
    """The names of the environments under the project folder ``root``, sorted. Reads the folder."""
    return tuple(sorted(path.parent.name for path in (root / "terraform" / "envs").glob(f"*/{SPEC_FILE}")))


def find_env(root: Path, env: str) -> Path:
    """The env.yaml of ``env`` in the project folder ``root``.

    Reads the folder.
    Raises: UsageError that lists the known environments.
    """
    known = list_envs(root)
    if env not in known:
        near = yamlfile.did_you_mean(env, known)
        cure = f"use --env with one of: {', '.join(known)}" if known else "run shopctl in the project's folder"
        raise UsageError(f"there is no environment {env!r}{near}", cure)
    return root / "terraform" / "envs" / env / SPEC_FILE
