"""Engines, their versions, and the classes that they run on.

Versions: those that RDS sells, as the CDK lists them (github.com/aws/aws-cdk, aws-rds/lib/instance-engine.ts, without
the deprecated ones). Classes: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html.
Both as of November 2026, for the engines that a shop runs; other engines stay ministack's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from localcloud.message import Forward, Request, Response
from localcloud.overlay.rds.service import Arguments, Members, Refused, operation, overlay, page, perform

STORAGE_TYPES = ("gp2", "gp3", "io1", "io2", "standard")


@dataclass(frozen=True, slots=True)
class Engine:
    """A database engine of RDS: its minor versions by major version, oldest first."""

    name: str
    title: str
    license: str
    port: int
    password_length: int
    versions: Mapping[str, tuple[int, ...]]
    log_types: frozenset[str]
    reserved_users: frozenset[str]

    @property
    def all_versions(self) -> Iterator[tuple[str, str]]:
        """Each version with its major version, oldest first."""
        for major, minors in self.versions.items():
            yield from ((f"{major}.{minor}", major) for minor in minors)

    def major_of(self, version: str) -> str:
        """The major version that a version belongs to."""
        return next(major for known, major in self.all_versions if known == version)

    def family_of(self, version: str) -> str:
        """The family of parameter groups that fit a version."""
        return f"{self.name}{self.major_of(version)}"


ENGINES = {
    "mysql": Engine(
        name="mysql",
        title="MySQL Community Edition",
        license="general-public-license",
        port=3306,
        password_length=41,
        versions={"8.0": tuple(range(42, 47)), "8.4": tuple(range(5, 11))},
        log_types=frozenset({"audit", "error", "general", "iam-db-auth-error", "slowquery"}),
        reserved_users=frozenset({"rdsadmin", "rdsrepladmin"}),
    ),
    "postgres": Engine(
        name="postgres",
        title="PostgreSQL",
        license="postgresql-license",
        port=5432,
        password_length=128,
        versions={
            "13": (20, 21, 22, 23),
            "14": (12, 13, 15, 17, 18, 19, 20, 21, 22),
            "15": (7, 8, 10, 12, 13, 14, 15, 16, 17),
            "16": (3, 4, 6, 8, 9, 10, 11, 12, 13),
            "17": (2, 4, 5, 6, 7, 8, 9),
            "18": (1, 2, 3),
        },
        log_types=frozenset({"iam-db-auth-error", "postgresql", "upgrade"}),
        reserved_users=frozenset({"admin", "rdsadmin", "rdsrepladmin"}),
    ),
}

_BURSTABLE = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
_MIDDLE = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_TO_24, _TO_32, _TO_48 = (*_MIDDLE, "24xlarge"), (*_MIDDLE, "24xlarge", "32xlarge"), (*_MIDDLE, "24xlarge", "48xlarge")

# The first minor version of a major one that runs on a family; a major version without an entry runs whole, a negative
# one not at all.
_LOCAL_DISKS = {"postgres13": 7, "postgres14": 5, "postgres18": -1}
_THIRD_GRAVITON = {"postgres13": 4, "postgres14": 5}
_NEWEST = {"mysql8.0": 32, "postgres13": 11, "postgres14": 9, "postgres15": 4, "postgres16": 1, "postgres17": 1}
_NEWEST_DISKS = {
    "mysql8.0": 40, "mysql8.4": 3, "postgres13": 18, "postgres14": 17, "postgres15": 10, "postgres16": 6,
    "postgres17": 2, "postgres18": 1,
}  # fmt: skip
_FAMILIES: Mapping[str, tuple[tuple[str, ...], Mapping[str, int]]] = {
    "m5": (_TO_24, {}),
    "m5d": (_TO_24, _LOCAL_DISKS),
    "m6g": (_MIDDLE, {}),
    "m6gd": (_MIDDLE, {"postgres13": 7}),
    "m6i": (_TO_32, {}),
    "m6id": (_TO_32, _LOCAL_DISKS),
    "m7g": (_MIDDLE, _THIRD_GRAVITON),
    "m7i": (_TO_48, _NEWEST),
    "m8g": (_TO_48, _NEWEST),
    "m8gd": (_TO_48, _NEWEST_DISKS),
    "r5": (_TO_24, {}),
    "r5b": (_TO_24, {}),
    "r5d": (_TO_24, _LOCAL_DISKS),
    "r6g": (_MIDDLE, {}),
    "r6gd": (_MIDDLE, _LOCAL_DISKS),
    "r6i": (_TO_32, {"postgres13": 4}),
    "r6id": (_TO_32, _LOCAL_DISKS),
    "r7g": (_MIDDLE, _THIRD_GRAVITON),
    "r7i": (_TO_48, _NEWEST),
    "r8g": (_TO_48, _NEWEST),
    "r8gd": (_TO_48, _NEWEST_DISKS),
    "t3": (_BURSTABLE, {}),
    "t4g": (_BURSTABLE, {}),
    "x2g": (_MIDDLE, {}),
}
CLASSES = tuple(f"db.{family}.{size}" for family, (sizes, _) in _FAMILIES.items() for size in sizes)

# Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.Engines.html
_WITHOUT_INSIGHTS = frozenset({("mysql", f"db.{family}.{size}") for family in ("t3", "t4g") for size in _BURSTABLE[:2]})


def engine_of(name: str) -> Engine:
    """The engine of this name. Raises Refused."""
    if name not in ENGINES:
        raise Refused("InvalidParameterValue", "Invalid DB engine")
    return ENGINES[name]


def find_version(engine: Engine, asked: str | None) -> str:
    """The complete version: for a major one the latest of it, for none the engine's default. Raises Refused.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (EngineVersion) and the
    provider's engine_version, "you can provide a prefix of the version".
    """
    if asked is None:
        return _default(engine)[0]
    known = [version for version, major in engine.all_versions if asked in (version, major)]
    if not known:
        raise Refused("InvalidParameterCombination", f"Cannot find version {asked} for {engine.name}")
    return known[-1]


def runs_on(engine: Engine, version: str, instance_class: str) -> bool:
    """Whether RDS sells a class for a version."""
    _, family, size = (*instance_class.split("."), "", "")[:3]
    sizes, first_minors = _FAMILIES.get(family, ((), {}))
    first = first_minors.get(engine.family_of(version), 0)
    return size in sizes and 0 <= first <= int(version.rpartition(".")[2])


def refuse_pair(engine: Engine, version: str, instance_class: str) -> None:
    """Refuse a class that doesn't exist, or that doesn't run the version."""
    if not instance_class.startswith("db.") or instance_class.count(".") != 2:
        raise Refused("InvalidParameterValue", f"Invalid DB Instance class: {instance_class}")
    if not runs_on(engine, version, instance_class):
        pair = f"DBInstanceClass={instance_class}, Engine={engine.name}, EngineVersion={version}"
        raise Refused(
            "InvalidParameterCombination",
            f"RDS does not support creating a DB instance with the following combination: {pair}, "
            f"LicenseModel={engine.license}. For supported combinations of instance class and database engine version, "
            "see the documentation.",
        )


def has_insights(engine: Engine, instance_class: str) -> bool:
    """Whether Performance Insights runs on a class."""
    return (engine.name, instance_class) not in _WITHOUT_INSIGHTS


@overlay.on("DescribeDBEngineVersions")
async def describe_db_engine_versions(request: Request, forward: Forward) -> Response:
    """Versions by engine, by version or major version, and by family of parameter groups.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html.
    """
    if request.form.get("Engine") not in (None, *ENGINES):
        return await forward(request)
    return perform(_engine_versions, request)


def _engine_versions(_: Request, arguments: Arguments) -> Members:
    asked, family = arguments.get("EngineVersion"), arguments.get("DBParameterGroupFamily")
    engines = [engine for engine in ENGINES.values() if arguments.get("Engine") in (None, engine.name)]
    found = [
        _engine_version(engine, version, major)
        for engine in engines
        for version, major in engine.all_versions
        if asked in (None, version, major) and family in (None, f"{engine.name}{major}")
    ]
    if arguments.get("DefaultOnly"):
        found = found[-1:] if asked else [_engine_version(engine, *_default(engine)) for engine in engines]
    return page(arguments, found, "DBEngineVersions")


def _default(engine: Engine) -> tuple[str, str]:
    """The version of a database that asks for none: the latest but one major version's, as RDS lets new ones settle."""
    major = list(engine.versions)[-2] if len(engine.versions) > 2 else list(engine.versions)[-1]
    return f"{major}.{engine.versions[major][-1]}", major


def _engine_version(engine: Engine, version: str, major: str) -> Members:
    return {
        "Engine": engine.name,
        "MajorEngineVersion": major,
        "EngineVersion": version,
        "DBParameterGroupFamily": f"{engine.name}{major}",
        "DBEngineDescription": engine.title,
        "DBEngineVersionDescription": f"{engine.title} {version}",
        "ExportableLogTypes": sorted(engine.log_types),
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": True,
        "Status": "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": False,
        "SupportsBabelfish": False,
        "SupportsCertificateRotationWithoutRestart": True,
    }


@operation("DescribeOrderableDBInstanceOptions")
def describe_orderable_options(request: Request, arguments: Arguments) -> Members:
    """Every triple of version, class and type of storage that is sold.

    Source: docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html.
    """
    engine = engine_of(arguments.get("Engine", ""))
    version, instance_class = arguments.get("EngineVersion"), arguments.get("DBInstanceClass")
    options = [
        _option(request.region, engine, known, sold, storage)
        for (known, _), sold in product(engine.all_versions, CLASSES)
        if version in (None, known) and instance_class in (None, sold) and runs_on(engine, known, sold)
        for storage in STORAGE_TYPES
    ]
    return page(arguments, options, "OrderableDBInstanceOptions")


def _option(region: str, engine: Engine, version: str, instance_class: str, storage: str) -> Members:
    has_iops = storage in ("gp3", "io1", "io2")
    return {
        "Engine": engine.name,
        "EngineVersion": version,
        "DBInstanceClass": instance_class,
        "LicenseModel": engine.license,
        "AvailabilityZones": [{"Name": f"{region}{letter}"} for letter in "abc"],
        "MultiAZCapable": True,
        "ReadReplicaCapable": True,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": storage,
        "SupportsIops": has_iops,
        "SupportsStorageThroughput": storage == "gp3",
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": has_insights(engine, instance_class),
        "MinStorageSize": 20,
        "MaxStorageSize": 65536,
        "SupportedEngineModes": ["provisioned"],
        "SupportsStorageAutoscaling": True,
        "SupportsKerberosAuthentication": True,
        "OutpostCapable": False,
        "SupportedNetworkTypes": ["IPV4"],
        "SupportsGlobalDatabases": False,
        "SupportsClusters": False,
    }
