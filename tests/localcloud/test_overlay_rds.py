"""Databases of the local cloud are made, followed, kept and given up as RDS does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.cloud_process import Server
from support.refusal import code_of, refusal

HOME, AWAY = "eu-central-1", "eu-west-1"
PASSWORD = "0123456789abcdefghijklmnopqrstuvwxyz0123"  # noqa: S105 - of databases that hold nothing
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Region:
    """A region with a network for databases, on a cloud that other tests share."""

    name: str
    rds: Any
    cloud: LocalCloud
    subnets: tuple[str, ...]
    group: str
    key: str

    def create(self, name: str, **more: Any) -> dict[str, Any]:
        """Make a small PostgreSQL database with backups."""
        usual = {
            "AllocatedStorage": 20,
            "BackupRetentionPeriod": 7,
            "DBInstanceClass": "db.t4g.micro",
            "DBName": "shop",
            "DBSubnetGroupName": self.group,
            "Engine": "postgres",
            "KmsKeyId": self.key,
            "MasterUserPassword": PASSWORD,
            "MasterUsername": "shop",
            "StorageEncrypted": True,
            "StorageType": "gp3",
        }
        arguments = {name: value for name, value in {**usual, **more}.items() if value is not None}
        return dict(self.rds.create_db_instance(DBInstanceIdentifier=name, **arguments)["DBInstance"])

    def follow(self, name: str, source: str, **more: Any) -> dict[str, Any]:
        """Make a replica of a database."""
        made = self.rds.create_db_instance_read_replica(
            DBInstanceIdentifier=name, SourceDBInstanceIdentifier=source, **more
        )
        return dict(made["DBInstance"])

    def follow_abroad(self, name: str, source_arn: str) -> dict[str, Any]:
        """Make a replica of another region's database."""
        return self.follow(name, source_arn, DBSubnetGroupName=self.group, KmsKeyId=self.key)

    def show(self, name: str) -> dict[str, Any]:
        """A database as it is."""
        (database,) = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return dict(database)

    def names(self, **filters: Any) -> list[str]:
        """The identifiers of the databases that a list has."""
        found = self.rds.describe_db_instances(**filters)["DBInstances"]
        return [database["DBInstanceIdentifier"] for database in found]

    def delete(self, name: str, **more: Any) -> dict[str, Any]:
        """Delete a database without a last snapshot."""
        return dict(
            self.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, **more)["DBInstance"]
        )


def region_of(cloud: LocalCloud, name: str) -> Region:
    ec2, group = cloud.client("ec2", name), f"group-{next(_numbers)}"
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = tuple(
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{name}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    )
    rds = cloud.client("rds", name)
    rds.create_db_subnet_group(DBSubnetGroupName=group, DBSubnetGroupDescription="Tests.", SubnetIds=list(subnets))
    key = cloud.client("kms", name).create_key()["KeyMetadata"]["Arn"]
    return Region(name, rds, cloud, subnets, group, key)


@pytest.fixture(scope="module")
def home(shared_cloud: LocalCloud) -> Region:
    return region_of(shared_cloud, HOME)


@pytest.fixture(scope="module")
def away(shared_cloud: LocalCloud) -> Region:
    return region_of(shared_cloud, AWAY)


@pytest.fixture
def name() -> str:
    """An identifier that no other test uses."""
    return f"shop-{next(_numbers)}"


@pytest.fixture(autouse=True)
def conforming(shared_cloud: LocalCloud) -> Iterator[None]:
    """Every reply has the shape that botocore expects."""
    yield
    assert shared_cloud.problems() == ()


# Databases


def test_a_new_database_has_no_address_until_it_is_available(home: Region, name: str) -> None:
    made = home.create(name)
    assert made["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in made
    shown = home.show(name)
    assert shown["DBInstanceStatus"] == "available"
    assert shown["Endpoint"]["Port"] == 5432
    assert shown["Endpoint"]["Address"].startswith(f"{name}.")
    assert shown["DBInstanceArn"] == f"arn:aws:rds:{HOME}:000000000000:db:{name}"
    assert shown["DbiResourceId"].startswith("db-")


def test_a_database_keeps_what_it_was_given(home: Region, name: str) -> None:
    role = monitoring_role(home.cloud, f"{name}-monitoring")
    asked = {
        "AutoMinorVersionUpgrade": True,
        "CopyTagsToSnapshot": True,
        "DeletionProtection": False,
        "MaxAllocatedStorage": 40,
        "MonitoringInterval": 60,
        "MonitoringRoleArn": role,
        "MultiAZ": True,
        "PerformanceInsightsKMSKeyId": home.key,
        "PerformanceInsightsRetentionPeriod": 93,
        "PreferredBackupWindow": "02:00-02:30",
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
    }
    home.create(
        name, **asked, EnablePerformanceInsights=True, EnableCloudwatchLogsExports=["postgresql"], EngineVersion="17"
    )
    shown = home.show(name)
    assert {member: shown[member] for member in asked} == asked
    assert shown["PerformanceInsightsEnabled"]
    assert shown["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert shown["KmsKeyId"] == home.key
    assert shown["EngineVersion"].startswith("17.")
    assert shown["SecondaryAvailabilityZone"] != shown["AvailabilityZone"]
    assert (shown["Iops"], shown["StorageThroughput"]) == (3000, 125)
    assert shown["DBSubnetGroup"]["DBSubnetGroupName"] == home.group
    home.delete(name)


def test_mysql_is_made_as_well(home: Region, name: str) -> None:
    home.create(name, Engine="mysql", EngineVersion="8.0", DBInstanceClass="db.t3.medium")
    shown = home.show(name)
    assert shown["EngineVersion"].startswith("8.0.")
    assert shown["Endpoint"]["Port"] == 3306
    assert shown["DBParameterGroups"][0]["DBParameterGroupName"] == "default.mysql8.0"


def test_an_exported_log_has_a_group_from_the_start_and_one_that_stands_is_left_alone(home: Region, name: str) -> None:
    logs, group = home.cloud.client("logs", HOME), f"/aws/rds/instance/{name}/upgrade"
    logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)
    home.create(name, EnableCloudwatchLogsExports=["postgresql", "upgrade"])
    found = logs.describe_log_groups(logGroupNamePrefix=f"/aws/rds/instance/{name}/")["logGroups"]
    assert {each["logGroupName"].rpartition("/")[2]: each.get("retentionInDays") for each in found} == {
        "postgresql": None,
        "upgrade": 30,
    }


def test_an_identifier_is_used_once_in_a_region_and_again_in_another(home: Region, away: Region, name: str) -> None:
    home.create(name)
    assert code_of(home.create, name=name.upper()) == "DBInstanceAlreadyExists"
    assert away.create(name)["DBInstanceIdentifier"] == name
    home.delete(name)
    assert home.create(name)["DBInstanceStatus"] == "creating"


def test_a_database_is_found_by_identifier_arn_and_id_and_by_nothing_else(home: Region, name: str) -> None:
    home.create(name)
    shown = home.show(name)
    assert home.show(shown["DBInstanceArn"])["DBInstanceIdentifier"] == name
    by_id = [{"Name": "dbi-resource-id", "Values": [shown["DbiResourceId"]]}]
    assert home.names(Filters=by_id) == [name]
    home.delete(name)
    assert home.names(Filters=by_id) == []
    assert code_of(home.show, name=name) == "DBInstanceNotFound"


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"DBInstanceClass": "db.t2.micro"}, "InvalidParameterCombination", "DBInstanceClass=db.t2.micro"),
        ({"DBInstanceClass": "db.m8gd.large", "EngineVersion": "14.15"}, "InvalidParameterCombination", "14.15"),
        ({"DBInstanceClass": "t4g.micro"}, "InvalidParameterValue", "Invalid DB Instance class"),
        ({"Engine": "mariadb2"}, "InvalidParameterValue", "engine"),
        ({"EngineVersion": "14.2"}, "InvalidParameterCombination", "Cannot find version 14.2 for postgres"),
        ({"MasterUserPassword": "with space"}, "InvalidParameterValue", "MasterUserPassword"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue", "shorter than 8"),
        ({"Engine": "mysql", "MasterUserPassword": "a" * 42}, "InvalidParameterValue", "longer than 41"),
        ({"MasterUserPassword": None}, "InvalidParameterValue", "MasterUserPassword must be provided"),
        ({"MasterUsername": "admin"}, "InvalidParameterValue", "reserved word"),
        ({"AllocatedStorage": 19}, "InvalidParameterValue", "Invalid storage size"),
        ({"Iops": 12000}, "InvalidParameterCombination", "less than 400"),
        ({"AllocatedStorage": 400, "Iops": 3000}, "InvalidParameterCombination", "IOPS"),
        ({"MaxAllocatedStorage": 21}, "InvalidParameterCombination", "at least 10%"),
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue", "between 0 and 35"),
        ({"PreferredBackupWindow": "02:00-02:29"}, "InvalidParameterValue", "30 minutes"),
        ({"PreferredBackupWindow": "02:00-02:30", "PreferredMaintenanceWindow": "sun:01:00-sun:02:10"},
         "InvalidParameterValue", "must not overlap"),
        ({"MonitoringInterval": 60}, "InvalidParameterCombination", "MonitoringRoleARN value is required"),
        ({"MonitoringInterval": 60, "MonitoringRoleArn": "arn:aws:iam::000000000000:role/nobody"},
         "InvalidParameterValue", "ENHANCED_MONITORING"),
        ({"Engine": "mysql", "EnablePerformanceInsights": True}, "InvalidParameterCombination", "Performance Insights"),
        ({"EnableCloudwatchLogsExports": ["slowquery"]}, "InvalidParameterCombination", "'slowquery'"),
        ({"DBSubnetGroupName": "nowhere"}, "DBSubnetGroupNotFoundFault", "nowhere"),
        ({"DBParameterGroupName": "nothing"}, "DBParameterGroupNotFound", "nothing"),
        ({"KmsKeyId": f"arn:aws:kms:{HOME}:000000000000:key/none"}, "KMSKeyNotAccessibleFault", "does not exist"),
        ({"VpcSecurityGroupIds": ["sg-00000000"]}, "InvalidParameterValue", "sg-00000000"),
        ({"CACertificateIdentifier": "rds-ca-2019"}, "CertificateNotFound", "rds-ca-2019"),
    ],
)  # fmt: skip
def test_what_rds_refuses_is_refused_and_nothing_is_made(
    home: Region, name: str, wrong: dict[str, Any], code: str, said: str
) -> None:
    assert refusal(home.create, name=name, **wrong)[0] == code
    assert said in refusal(home.create, name=name, **wrong)[1]
    assert code_of(home.show, name=name) == "DBInstanceNotFound"


@pytest.mark.parametrize("wrong", ["1shop", "shop-", "shop--db", "shop_db", "s" * 64])
def test_what_is_no_identifier_is_refused(home: Region, wrong: str) -> None:
    assert code_of(home.create, name=wrong) == "InvalidParameterValue"


def test_a_security_group_of_another_vpc_is_refused(home: Region, name: str) -> None:
    ec2 = home.cloud.client("ec2", HOME)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName=name, Description="elsewhere")["GroupId"]
    assert code_of(home.create, name=name, VpcSecurityGroupIds=[group]) == "InvalidVPCNetworkStateFault"


# Changes


def test_a_change_waits_for_the_maintenance_window_unless_it_is_asked_for_at_once(home: Region, name: str) -> None:
    home.create(name)
    change = {"DBInstanceIdentifier": name, "DBInstanceClass": "db.t4g.small", "DeletionProtection": True}
    home.rds.modify_db_instance(**change)
    shown = home.show(name)
    assert shown["DBInstanceClass"] == "db.t4g.micro"
    assert shown["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.small"}
    assert shown["DeletionProtection"]
    home.rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True)
    shown = home.show(name)
    assert shown["DBInstanceClass"] == "db.t4g.small"
    assert shown["PendingModifiedValues"] == {}


def test_storage_only_grows(home: Region, name: str) -> None:
    home.create(name, AllocatedStorage=30)
    smaller = {"DBInstanceIdentifier": name, "AllocatedStorage": 20, "ApplyImmediately": True}
    assert code_of(home.rds.modify_db_instance, **smaller) == "InvalidParameterCombination"
    home.rds.modify_db_instance(**{**smaller, "AllocatedStorage": 400})
    shown = home.show(name)
    assert (shown["AllocatedStorage"], shown["Iops"], shown["StorageThroughput"]) == (400, 12000, 500)


def test_a_major_version_is_upgraded_only_by_somebody_who_says_so(home: Region, name: str) -> None:
    home.create(name, EngineVersion="16")
    upgrade = {"DBInstanceIdentifier": name, "EngineVersion": "17", "ApplyImmediately": True}
    code, message = refusal(home.rds.modify_db_instance, **upgrade)
    assert code == "InvalidParameterCombination"
    assert "AllowMajorVersionUpgrade" in message
    home.rds.modify_db_instance(**upgrade, AllowMajorVersionUpgrade=True, DBParameterGroupName="default.postgres17")
    assert home.show(name)["EngineVersion"].startswith("17.")
    back = {**upgrade, "EngineVersion": "16", "AllowMajorVersionUpgrade": True}
    assert code_of(home.rds.modify_db_instance, **back) == "InvalidParameterCombination"


def test_a_database_that_is_renamed_keeps_its_id_and_its_tags(home: Region, name: str) -> None:
    home.create(name, Tags=[{"Key": "Name", "Value": name}])
    before = home.show(name)
    home.rds.modify_db_instance(DBInstanceIdentifier=name, NewDBInstanceIdentifier=f"{name}-new", ApplyImmediately=True)
    after = home.show(f"{name}-new")
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert after["Endpoint"]["Address"].startswith(f"{name}-new.")
    assert after["TagList"] == before["TagList"]
    assert code_of(home.show, name=name) == "DBInstanceNotFound"


# Deletion and snapshots


def test_a_protected_database_is_not_deleted(home: Region, name: str) -> None:
    home.create(name, DeletionProtection=True)
    code, message = refusal(home.delete, name=name)
    assert code == "InvalidParameterCombination"
    assert "disable deletion protection" in message
    home.rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
    assert home.delete(name)["DBInstanceStatus"] == "deleting"


def test_a_database_goes_with_a_last_snapshot_or_with_the_word_that_there_is_none(home: Region, name: str) -> None:
    home.create(name)
    assert code_of(home.rds.delete_db_instance, DBInstanceIdentifier=name) == "InvalidParameterCombination"
    both = {"DBInstanceIdentifier": name, "SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": f"{name}-final"}
    assert code_of(home.rds.delete_db_instance, **both) == "InvalidParameterCombination"
    assert home.show(name)["DBInstanceStatus"] == "available"


def test_a_last_snapshot_outlives_its_database_with_its_tags_and_its_name_is_taken(home: Region, name: str) -> None:
    final = {"DBInstanceIdentifier": name, "FinalDBSnapshotIdentifier": f"{name}-final"}
    home.create(name, CopyTagsToSnapshot=True, Tags=[{"Key": "Project", "Value": "shop"}])
    home.rds.delete_db_instance(**final)
    (snapshot,) = home.rds.describe_db_snapshots(DBInstanceIdentifier=name)["DBSnapshots"]
    assert (snapshot["DBSnapshotIdentifier"], snapshot["Status"]) == (f"{name}-final", "available")
    assert snapshot["TagList"] == [{"Key": "Project", "Value": "shop"}]
    assert snapshot["Encrypted"]

    home.create(name)
    assert code_of(home.rds.delete_db_instance, **final) == "DBSnapshotAlreadyExists"
    assert home.show(name)["DBInstanceStatus"] == "available"
    home.rds.delete_db_snapshot(DBSnapshotIdentifier=f"{name}-final")
    home.rds.delete_db_instance(**final)
    assert code_of(home.show, name=name) == "DBInstanceNotFound"


def test_snapshots_are_listed_by_kind_and_found_by_name(home: Region, name: str) -> None:
    home.create(name)
    made = home.rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-by-hand")["DBSnapshot"]
    assert made["Status"] == "creating"
    listed = home.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert f"{name}-by-hand" in [snapshot["DBSnapshotIdentifier"] for snapshot in listed]
    assert home.rds.describe_db_snapshots(SnapshotType="automated", DBInstanceIdentifier=name)["DBSnapshots"] == []
    assert code_of(home.rds.describe_db_snapshots, DBSnapshotIdentifier="none") == "DBSnapshotNotFound"


def test_a_database_is_restored_beside_the_one_that_its_snapshot_is_of(home: Region, name: str) -> None:
    home.create(name, EngineVersion="17", DeletionProtection=True)
    home.rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-by-hand")
    wanted = {"DBSnapshotIdentifier": f"{name}-by-hand", "DBSubnetGroupName": home.group, "MultiAZ": True}
    restore = home.rds.restore_db_instance_from_db_snapshot
    assert code_of(restore, DBInstanceIdentifier=name, **wanted) == "DBInstanceAlreadyExists"
    assert restore(DBInstanceIdentifier=f"{name}-g2", **wanted)["DBInstance"]["DBInstanceStatus"] == "creating"
    before, after = home.show(name), home.show(f"{name}-g2")
    kept = ("AllocatedStorage", "DBName", "EngineVersion", "KmsKeyId", "MasterUsername", "StorageType")
    assert [after[member] for member in kept] == [before[member] for member in kept]
    assert after["DbiResourceId"] != before["DbiResourceId"]
    assert after["MultiAZ"]
    assert not after["DeletionProtection"]


def test_a_database_rests_but_no_replica_and_no_source_of_one(home: Region, name: str) -> None:
    home.create(name)
    home.rds.stop_db_instance(DBInstanceIdentifier=name)
    assert home.show(name)["DBInstanceStatus"] == "stopped"
    assert code_of(home.rds.stop_db_instance, DBInstanceIdentifier=name) == "InvalidDBInstanceState"
    home.rds.start_db_instance(DBInstanceIdentifier=name)
    home.follow(f"{name}-r1", name)
    for identifier in (name, f"{name}-r1"):
        assert code_of(home.rds.stop_db_instance, DBInstanceIdentifier=identifier) == "InvalidDBInstanceState"


# Replicas


def test_a_replica_beside_its_source_has_its_source_s_place_key_and_parameters(home: Region, name: str) -> None:
    home.rds.create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="postgres17", Description="Tests."
    )
    home.create(name, EngineVersion="17", DBParameterGroupName=name)
    home.follow(f"{name}-r1", name, DBInstanceClass="db.t4g.small")
    replica, source = home.show(f"{name}-r1"), home.show(name)
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == name
    assert source["ReadReplicaDBInstanceIdentifiers"] == [f"{name}-r1"]
    assert (replica["KmsKeyId"], replica["DBInstanceClass"]) == (home.key, "db.t4g.small")
    assert replica["DBSubnetGroup"] == source["DBSubnetGroup"]
    assert replica["DBParameterGroups"] == source["DBParameterGroups"]
    assert replica["StatusInfos"][0]["Status"] == "replicating"
    assert replica["BackupRetentionPeriod"] == 0


def test_a_replica_abroad_and_its_source_know_each_other_by_their_arns(home: Region, away: Region, name: str) -> None:
    home.create(name)
    source_arn = home.show(name)["DBInstanceArn"]
    away.follow_abroad(name, source_arn)
    replica = away.show(name)
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == source_arn
    assert replica["KmsKeyId"] == away.key
    assert replica["DBSubnetGroup"]["DBSubnetGroupName"] == away.group
    assert home.show(name)["ReadReplicaDBInstanceIdentifiers"] == [replica["DBInstanceArn"]]


def test_what_rds_refuses_of_a_replica_is_refused(home: Region, away: Region, name: str) -> None:
    home.create(name, BackupRetentionPeriod=0)
    assert code_of(home.follow, name=f"{name}-r1", source=name) == "InvalidDBInstanceState"
    home.rds.modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=1)
    beside = {"name": f"{name}-r1", "source": name, "DBSubnetGroupName": home.group}
    assert code_of(home.follow, **beside) == "DBSubnetGroupNotAllowedFault"
    arn = home.show(name)["DBInstanceArn"]
    keyless = {"name": name, "source": arn, "DBSubnetGroupName": away.group}
    assert code_of(away.follow, **keyless) == "InvalidParameterCombination"
    assert code_of(away.follow, **keyless, KmsKeyId=home.key) == "KMSKeyNotAccessibleFault"
    assert code_of(away.follow_abroad, name=name, source_arn=f"{arn}-none") == "DBInstanceNotFound"
    assert home.show(name).get("ReadReplicaDBInstanceIdentifiers", []) == []


def test_a_promoted_replica_stands_alone_and_backs_itself_up(home: Region, away: Region, name: str) -> None:
    home.create(name)
    away.follow_abroad(name, home.show(name)["DBInstanceArn"])
    away.rds.promote_read_replica(DBInstanceIdentifier=name, BackupRetentionPeriod=7)
    promoted = away.show(name)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in promoted
    assert promoted["BackupRetentionPeriod"] == 7
    assert home.show(name).get("ReadReplicaDBInstanceIdentifiers", []) == []
    assert code_of(away.rds.promote_read_replica, DBInstanceIdentifier=name) == "InvalidDBInstanceState"


def test_a_deleted_replica_leaves_its_source_and_no_snapshot(home: Region, name: str) -> None:
    home.create(name)
    home.follow(f"{name}-r1", name)
    final = {"DBInstanceIdentifier": f"{name}-r1", "FinalDBSnapshotIdentifier": f"{name}-final"}
    assert code_of(home.rds.delete_db_instance, **final) == "InvalidParameterCombination"
    home.delete(f"{name}-r1")
    assert home.show(name).get("ReadReplicaDBInstanceIdentifiers", []) == []


@pytest.mark.parametrize(("engine", "abroad"), [("postgres", "terminated"), ("mysql", None)])
def test_replicas_of_a_deleted_source_stand_alone_but_postgresql_s_abroad_waits(
    home: Region, away: Region, name: str, engine: str, abroad: str | None
) -> None:
    home.create(name, Engine=engine, DBInstanceClass="db.t3.medium")
    home.follow(f"{name}-r1", name)
    away.follow_abroad(name, home.show(name)["DBInstanceArn"])
    home.delete(name)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in home.show(f"{name}-r1")
    replica = away.show(name)
    assert ("ReadReplicaSourceDBInstanceIdentifier" in replica) == (abroad is not None)
    assert [info["Status"] for info in replica.get("StatusInfos", [])] == ([abroad] if abroad else [])
    away.delete(name)


def test_a_source_of_replicas_keeps_its_backups(home: Region, name: str) -> None:
    home.create(name)
    home.follow(f"{name}-r1", name)
    off = {"DBInstanceIdentifier": name, "BackupRetentionPeriod": 0}
    assert code_of(home.rds.modify_db_instance, **off) == "InvalidParameterCombination"


# Groups


def test_a_subnet_group_needs_two_zones_of_one_vpc(home: Region, name: str) -> None:
    ec2, make = home.cloud.client("ec2", HOME), home.rds.create_db_subnet_group
    asked = {"DBSubnetGroupName": name, "DBSubnetGroupDescription": "Tests."}
    assert code_of(make, **asked, SubnetIds=[home.subnets[0]]) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    other = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    stranger = ec2.create_subnet(VpcId=other, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"]
    assert code_of(make, **asked, SubnetIds=[home.subnets[0], stranger]) == "InvalidSubnet"
    assert code_of(make, **asked, SubnetIds=["subnet-00000000"]) == "InvalidSubnet"
    made = make(**asked, SubnetIds=list(home.subnets))["DBSubnetGroup"]
    assert [subnet["SubnetIdentifier"] for subnet in made["Subnets"]] == list(home.subnets)
    assert code_of(make, **asked, SubnetIds=list(home.subnets)) == "DBSubnetGroupAlreadyExists"


def test_groups_that_a_database_uses_are_kept(home: Region, name: str) -> None:
    subnets, parameters = {"DBSubnetGroupName": name}, {"DBParameterGroupName": name}
    home.rds.create_db_subnet_group(**subnets, DBSubnetGroupDescription="Tests.", SubnetIds=list(home.subnets))
    home.rds.create_db_parameter_group(**parameters, DBParameterGroupFamily="postgres17", Description="Tests.")
    home.create(name, EngineVersion="17", **subnets, **parameters)
    code, message = refusal(home.rds.delete_db_subnet_group, **subnets)
    assert code == "InvalidDBSubnetGroupStateFault"
    assert name in message
    assert code_of(home.rds.delete_db_parameter_group, **parameters) == "InvalidDBParameterGroupState"
    home.delete(name)
    home.rds.delete_db_subnet_group(**subnets)
    home.rds.delete_db_parameter_group(**parameters)
    assert code_of(home.rds.describe_db_subnet_groups, **subnets) == "DBSubnetGroupNotFoundFault"
    assert code_of(home.rds.describe_db_parameter_groups, **parameters) == "DBParameterGroupNotFound"


def test_a_parameter_group_keeps_what_was_set_and_gives_back_what_was_reset(home: Region, name: str) -> None:
    group = {"DBParameterGroupName": name}
    home.rds.create_db_parameter_group(**group, DBParameterGroupFamily="postgres17", Description="Tests.")
    forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    slow = {"ParameterName": "log_min_duration_statement", "ParameterValue": "1000", "ApplyMethod": "immediate"}
    home.rds.modify_db_parameter_group(**group, Parameters=[forced, slow])
    home.rds.reset_db_parameter_group(**group, Parameters=[slow])
    (parameter,) = home.rds.describe_db_parameters(**group, Source="user")["Parameters"]
    assert {key: parameter[key] for key in forced} == forced
    static = {"ParameterName": "shared_buffers", "ParameterValue": "1", "ApplyMethod": "immediate"}
    code, message = refusal(home.rds.modify_db_parameter_group, **group, Parameters=[forced, static])
    assert code == "InvalidParameterCombination"
    assert "static parameter" in message


def test_a_parameter_group_of_another_family_is_refused(home: Region, name: str) -> None:
    group = {"DBParameterGroupName": name}
    make = home.rds.create_db_parameter_group
    assert code_of(make, **group, DBParameterGroupFamily="postgres9", Description="x") == "InvalidParameterValue"
    make(**group, DBParameterGroupFamily="postgres16", Description="Tests.")
    assert code_of(home.create, name=name, EngineVersion="17", **group) == "InvalidParameterCombination"


# Tags and offers


def test_tags_are_set_removed_and_gone_with_their_database(home: Region, name: str) -> None:
    home.create(name, Tags=[{"Key": "Name", "Value": name}, {"Key": "Team", "Value": "a"}])
    arn = home.show(name)["DBInstanceArn"]
    home.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "Team", "Value": "b"}])
    home.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["Name"])
    assert home.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "Team", "Value": "b"}]
    assert home.show(name)["TagList"] == [{"Key": "Team", "Value": "b"}]
    home.delete(name)
    assert code_of(home.rds.list_tags_for_resource, ResourceName=arn) == "DBInstanceNotFound"
    home.create(name)
    assert home.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == []


def test_versions_are_listed_by_their_major_version(home: Region) -> None:
    found = home.rds.describe_db_engine_versions(Engine="postgres", EngineVersion="14")["DBEngineVersions"]
    assert {version["DBParameterGroupFamily"] for version in found} == {"postgres14"}
    assert {version["EngineVersion"].partition(".")[0] for version in found} == {"14"}


def test_an_offer_is_what_can_be_made(home: Region) -> None:
    def offers(instance_class: str, version: str) -> list[str]:
        asked = {"Engine": "postgres", "EngineVersion": version, "DBInstanceClass": instance_class}
        options = home.rds.describe_orderable_db_instance_options(**asked)["OrderableDBInstanceOptions"]
        return [option["StorageType"] for option in options]

    assert "gp3" in offers("db.m8gd.large", "14.17")
    assert offers("db.m8gd.large", "14.15") == []
    assert offers("db.t2.micro", "14.17") == []


def test_long_lists_come_in_pages(home: Region) -> None:
    pages = home.rds.get_paginator("describe_orderable_db_instance_options").paginate(Engine="mysql")
    sizes = [len(page["OrderableDBInstanceOptions"]) for page in pages]
    assert len(sizes) > 1
    assert set(sizes[:-1]) == {100}


def test_databases_and_their_replicas_survive_a_kill(server: Server) -> None:
    cloud = server.start()
    home, away = region_of(cloud, HOME), region_of(cloud, AWAY)
    home.create("kept", Tags=[{"Key": "Name", "Value": "kept"}])
    away.follow_abroad("kept", home.show("kept")["DBInstanceArn"])
    home.rds.create_db_snapshot(DBInstanceIdentifier="kept", DBSnapshotIdentifier="kept-by-hand")
    before = [without_time(region.show("kept")) for region in (home, away)]
    server.kill()
    cloud = server.start()
    again = [Region(name, cloud.client("rds", name), cloud, (), "", "") for name in (HOME, AWAY)]
    assert [without_time(region.show("kept")) for region in again] == before
    again[1].rds.promote_read_replica(DBInstanceIdentifier="kept")
    assert again[0].show("kept").get("ReadReplicaDBInstanceIdentifiers", []) == []
    assert len(again[0].rds.describe_db_snapshots()["DBSnapshots"]) == 1
    assert cloud.problems() == ()


def without_time(database: dict[str, Any]) -> dict[str, Any]:
    """A database without the moment that it can be restored to, which goes on."""
    return {name: value for name, value in database.items() if name != "LatestRestorableTime"}


def monitoring_role(cloud: LocalCloud, name: str) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "monitoring.rds.amazonaws.com"},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = cloud.client("iam", HOME).create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    return str(made["Role"]["Arn"])
