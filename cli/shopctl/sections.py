"""The sections of an env.yaml: what may be said of each part of the platform, with its unit, range and safe default.

Secure is the default; what is less safe is a visible line in the file. Kinds of text are in ``fields.py``, rules
between the fields of a section in ``rules.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shopctl import rules, yamlfile
from shopctl.fields import (
    BackupWindow,
    CountryCode,
    DatabaseClass,
    DatabaseVersion,
    Email,
    InstanceType,
    MaintenanceWindow,
    SubnetCidr,
    TagValue,
    TimeOfDay,
    VpcCidr,
    whole_number,
)
from shopctl.yamlfile import Problem

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
    max_age_seconds: Annotated[int, Field(ge=60, le=1_209_600)] = 900
    """How long a message may wait before an alarm rings."""
    dead_letter_retention_seconds: Annotated[int, Field(ge=60, le=1_209_600)] = 1_209_600
    """How long a failed message is kept, counted from its first sending (1209600 = 14 days)."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.queue(self)


class Queue(Section):
    """The queues of each region, by purpose."""

    jobs: WorkQueue = WorkQueue()
    """Work that may wait: mails, thumbnails, analytics."""


class ScaleSteps(Section):
    """Scaling by steps: one step out when the group is busy for a while, one step in when it is idle for longer."""

    out_above_percent: Annotated[int, Field(ge=1, le=99)] = 70
    """CPU above which one step is added."""
    out_after_minutes: Annotated[int, Field(ge=1, le=60)] = 2
    """For how long it must be above."""
    in_below_percent: Annotated[int, Field(ge=1, le=99)] = 30
    """CPU below which one step is removed."""
    in_after_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    """For how long it must be below."""
    instances: Annotated[int, Field(ge=1, le=20)] = 1
    """How many instances a step is."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.scale_steps(self)


class Scaling(Section):
    """How the group follows its load: to a target, or by steps. Both on one metric would work against each other."""

    target_cpu_percent: Annotated[int, Field(ge=10, le=90)] | None = Field(
        default_factory=lambda fields: None if fields.get("steps") else 60
    )
    """The mean CPU that the group is kept at (target tracking); null where `steps` says how."""
    steps: ScaleSteps | None = None
    """Scaling by steps instead of to a target."""
    warm_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    """How long a new instance takes until its load counts."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.scaling(self)


class Compute(Section):
    """The application servers of the active region; in a standby region they are off."""

    instance_type: InstanceType = "t3.medium"
    """The EC2 instance type."""
    volume_gib: Annotated[int, Field(ge=8, le=1024)] = 20
    """The root volume (gp3, encrypted)."""
    min_instances: Annotated[int, Field(ge=1, le=200)] = 2
    """How many instances always run."""
    max_instances: Annotated[int, Field(ge=1, le=200)] = 4
    """How many may run at most."""
    scaling: Scaling = Field(default_factory=Scaling)
    """How the number between the two is found."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.compute(self)


class DatabaseStorage(Section):
    """The database's gp3 volume."""

    # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
    size_gib: Annotated[int, Field(ge=20, le=65_536)] = 20
    """Its size at first."""
    max_size_gib: Annotated[int, Field(ge=22, le=65_536)] | None = None
    """Up to which size it grows by itself; null: it does not grow."""
    iops: Annotated[int, Field(ge=12_000, le=64_000)] | None = None
    """Operations per second; null: what gp3 gives. More can be had from 400 GiB (MySQL, PostgreSQL)."""
    throughput_mibps: Annotated[int, Field(ge=500, le=4000)] | None = None
    """Throughput; null: what gp3 gives. More can be had from 400 GiB."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.database_storage(self)


class Database(Section):
    """The checkout database: RDS in the active region."""

    engine: Literal["mysql", "postgres"] = "postgres"
    """What it speaks."""
    version: DatabaseVersion = Field(
        default_factory=lambda fields: "17" if fields.get("engine") == "postgres" else "8.4"
    )
    """Its version; minor ones follow by themselves in the maintenance window."""
    instance_class: DatabaseClass = "db.t4g.medium"
    """Its size."""
    max_connections: Annotated[int, Field(ge=20, le=16_000)] = 200
    """How many connections it takes; an alarm rings at 80 % of them."""
    storage: DatabaseStorage = DatabaseStorage()
    """Its volume."""
    multi_az: bool = True
    """Keep a second copy in another zone, which takes over by itself."""
    read_replicas: Annotated[int, Field(ge=0, le=5)] = 0
    """Copies in the active region that the catalogue is read from."""
    # Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html
    backup_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    """For how long RDS's own backups can bring back any moment."""
    backup_window: BackupWindow = "01:00-02:00"
    """When RDS backs up (UTC)."""
    maintenance_window: MaintenanceWindow = "sun:03:30-sun:04:30"
    """When RDS may restart it (UTC)."""
    performance_insights_days: Annotated[Literal[7, 31, 62, 93, 186, 372, 731], BeforeValidator(whole_number)] = 7
    """For how long query statistics are kept; 7 is free of charge."""
    monitoring_interval_seconds: Annotated[Literal[1, 5, 10, 15, 30, 60], BeforeValidator(whole_number)] = 60
    """How often the operating system is measured."""


class Edge(Section):
    """What stands before the shop everywhere: CDN and firewall."""

    # Source: https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html
    rate_limit_per_5_minutes: Annotated[int, Field(ge=10, le=2_000_000)] = 1000
    """How many requests one address may make in five minutes."""
    blocked_countries: tuple[CountryCode, ...] = ()
    """Countries whose requests are refused."""
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_100"
    """From how many of CloudFront's places the shop is served."""


class VaultLock(Section):
    """What a vault refuses (governance mode: whoever may change the lock can lift it)."""

    min_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 7
    """No backup may be kept for less."""
    max_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    """No backup may be kept for longer."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.vault_lock(self)


class Backup(Section):
    """AWS Backup: the database every day, with a copy in the other region."""

    daily_at_utc: TimeOfDay = "03:00"
    """When it begins."""
    retention_days: Days = 35
    """How long a backup is kept in its region."""
    copy_retention_days: Days = 35
    """How long its copy is kept in the other region."""
    lock: VaultLock | None = VaultLock()
    """What the vaults refuse; null: nothing."""

    def broken_rules(self) -> Iterable[Problem]:
        """The rules between fields that this section breaks. Pure."""
        return rules.backup(self)


class Dr(Section):
    """What the standby region holds before a failover."""

    database: Literal["restore", "replica"] = "restore"
    """`restore`: nothing, a failover restores the newest backup; `replica`: a copy that follows within seconds."""


class Dns(Section):
    """The hosted zone of the environment's domain."""

    zone: Literal["create", "existing"] = "existing"
    """`create`: bootstrap makes the zone; `existing`: it is there and only records are added."""


class Observability(Section):
    """Who hears of trouble."""

    alert_emails: tuple[Email, ...] = ()
    """Addresses that get alarms; each must confirm the mail that AWS sends first."""
    log_retention_days: LogRetentionDays = 90
    """How long the application's and the firewall's logs are kept."""


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
