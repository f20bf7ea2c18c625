"""env.yaml: the geography and the intent of one environment, as one frozen model.

Every field has its unit in its name, a description for editors and, where one is safe, a default. Secure is the
default; what is less safe is a visible line in the file. Kinds of text are in ``fields.py``, rules between fields
in ``rules.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shopctl import rules, yamlfile
from shopctl.errors import UsageError
from shopctl.fields import AccountId, Domain, Email, EnvName, ProjectName, SubnetCidr, TagValue, VpcCidr, whole_number
from shopctl.yamlfile import Problem

SPEC_FILE: Final = "env.yaml"

# The regions of the partition `aws`. Source: botocore's endpoints.json (1.43).
Region = Literal[
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1",
    "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1",
    "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
]  # fmt: skip
REGIONS: Final[tuple[str, ...]] = get_args(Region)

# The only retention times that CloudWatch Logs takes.
# Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Annotated[
    Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
    BeforeValidator(whole_number),
]

Days = Annotated[int, Field(ge=1, le=3650)]
DaysFromStart = Annotated[int, Field(ge=0, le=3650)]
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
DaysInStandard = Annotated[int, Field(ge=30, le=3650)]

ZoneLetter = Literal["a", "b", "c", "d", "e", "f"]
Tier = Literal["public", "app", "db"]


class Section(BaseModel):
    """What all sections share: nothing unknown, nothing converted, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields of this section that it breaks; its fields are right each by itself. Pure."""
        return ()

    @model_validator(mode="after")
    def _keeps_its_rules(self) -> Self:
        if error := yamlfile.broken(self.broken_rules()):
            raise error
        return self


class Regions(Section):
    """Where the environment lives. With `dr` it has a second region and needs a `witness`, without it one region."""

    primary: Region
    """The region that is active unless a failover moved it."""
    dr: Region | None = None
    """The disaster recovery region; leave it out for an environment without disaster recovery."""
    witness: Region | None = None
    """A third region that only holds a copy of the control store, so that two of three survive any one region."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.regions(self)


class Subnets(Section):
    """Six subnets: three tiers, each in the same two (or more) availability zones, named by the zone's letter."""

    public: Mapping[ZoneLetter, SubnetCidr]
    """Load balancer and NAT gateways."""
    app: Mapping[ZoneLetter, SubnetCidr]
    """Application servers."""
    db: Mapping[ZoneLetter, SubnetCidr]
    """Databases and caches; no way to the internet."""

    @property
    def tiers(self) -> Mapping[Tier, Mapping[ZoneLetter, str]]:
        """The subnets by tier. Pure."""
        return {"public": self.public, "app": self.app, "db": self.db}


def subnets_within(cidr: str) -> Subnets:
    """The layout of the reference shop, in proportion: in 10.0.0.0/16 public .1/.2 and db .32/.33 as /24, app .16/.20
    as /22. Pure.
    """
    vpc = IPv4Network(cidr)

    def pair(prefix: int, first: int) -> dict[ZoneLetter, str]:
        size = 1 << (32 - prefix)
        start = int(vpc.network_address) + first * size
        return {"a": str(IPv4Network((start, prefix))), "b": str(IPv4Network((start + size, prefix)))}

    small, large = vpc.prefixlen + 8, vpc.prefixlen + 6
    return Subnets.model_construct(public=pair(small, 1), app=pair(large, 4), db=pair(small, 32))


class RegionNetwork(Section):
    """The network of one region."""

    cidr: VpcCidr
    """Addresses of the VPC, /16 to /24; may not overlap the other region's."""
    nat: Literal["per_az", "single", "none"] = "per_az"
    """NAT gateways: one in each zone, one for all (cheaper, lost with its zone), or none (no way out)."""
    subnets: Subnets = Field(default_factory=lambda fields: subnets_within(fields["cidr"]))
    """The six subnets; left out, they are laid out within `cidr`."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.network(self)


class Network(Section):
    """The networks of the environment's regions."""

    primary: RegionNetwork = RegionNetwork(cidr="10.0.0.0/16")
    """The network in the primary region."""
    dr: RegionNetwork | None = None
    """The network in the disaster recovery region; needed exactly when there is one."""
    flow_log_retention_days: LogRetentionDays = 90
    """How long flow logs are kept, in both regions."""


class Lifecycle(Section):
    """When objects of a bucket move to cheaper storage and end; null means never."""

    intelligent_tiering_after_days: DaysFromStart | None = None
    """Days after which S3 moves objects between tiers by their use; 0 from the start."""
    standard_ia_after_days: DaysInStandard | None = None
    """Days after which objects move to Standard-IA (S3 takes 30 or more)."""
    glacier_after_days: DaysFromStart | None = None
    """Days after which objects move to Glacier Flexible Retrieval."""
    expire_after_days: Days | None = None
    """Days after which objects are deleted."""
    noncurrent_expire_after_days: Days = 30
    """Days for which an overwritten or deleted version can still be brought back."""
    abort_multipart_after_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days after which an upload that was never completed is dropped."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.lifecycle(self)


class ImagesLifecycle(Lifecycle):
    """Product images: tiered by use."""

    intelligent_tiering_after_days: DaysFromStart | None = 0
    """Days after which S3 moves objects between tiers by their use; 0 from the start."""


class UploadsLifecycle(Lifecycle):
    """Customers' uploads: Standard, then Standard-IA."""

    standard_ia_after_days: DaysInStandard | None = 90
    """Days after which objects move to Standard-IA (S3 takes 30 or more)."""


class BackupsLifecycle(Lifecycle):
    """Backups: Standard, then Glacier, then deleted."""

    glacier_after_days: DaysFromStart | None = 90
    """Days after which objects move to Glacier Flexible Retrieval."""
    expire_after_days: Days | None = 365
    """Days after which objects are deleted."""


class LogsLifecycle(Lifecycle):
    """Access and audit logs: kept for a year."""

    expire_after_days: Days | None = 365
    """Days after which objects are deleted."""


class Storage(Section):
    """The buckets of each region, by purpose."""

    assets: Lifecycle = Lifecycle()
    """The storefront's static files."""
    backups: BackupsLifecycle = BackupsLifecycle()
    """Database dumps and application archives."""
    images: ImagesLifecycle = ImagesLifecycle()
    """Product photos and thumbnails."""
    logs: LogsLifecycle = LogsLifecycle()
    """Access and audit logs."""
    uploads: UploadsLifecycle = UploadsLifecycle()
    """What customers upload: profile pictures, reviews."""


class WorkQueue(Section):
    """One queue and its dead-letter queue."""

    # Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    visibility_timeout_seconds: Annotated[int, Field(ge=0, le=43_200)] = 120
    """How long a worker may take for one message before another worker gets it."""
    message_retention_seconds: Annotated[int, Field(ge=60, le=1_209_600)] = 345_600
    """How long a message waits for a worker (345600 = 4 days)."""
    max_receive_count: Annotated[int, Field(ge=1, le=1000)] = 5
    """After how many failed tries a message goes to the dead-letter queue."""
    dead_letter_retention_seconds: Annotated[int, Field(ge=60, le=1_209_600)] = 1_209_600
    """How long a failed message is kept, counted from its first sending (1209600 = 14 days)."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.queue(self)


class Queue(Section):
    """The queues of each region, by purpose."""

    jobs: WorkQueue = WorkQueue()
    """Work that may wait: mails, thumbnails, analytics."""


class Dns(Section):
    """The hosted zone of the environment's domain."""

    zone: Literal["create", "existing"] = "existing"
    """`create`: bootstrap makes the zone; `existing`: it is there and only records are added."""


class Observability(Section):
    """Who hears of trouble."""

    alert_emails: tuple[Email, ...] = ()
    """Addresses that get alarms; each must confirm the mail that AWS sends first."""


class Cost(Section):
    """Tags by which the bill is split."""

    cost_center: TagValue
    """The cost center that pays: tag CostCenter."""
    owner: TagValue
    """The team that answers for the environment: tag Owner."""


class Pipeline(Section):
    """How changes go out."""

    plan_max_age_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    """How old a plan may be when it is applied."""
    terraform_parallelism: Annotated[int, Field(ge=1, le=100)] = 10
    """How many resources one Terraform works on at a time."""


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
    storage: Storage = Storage()
    queue: Queue = Queue()
    dns: Dns = Dns()
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
