"""Instances as records: what they are started from, where they stand, and what goes with them.

No machine runs behind one. Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html,
API_DescribeInstances.html, API_TerminateInstances.html; docs.aws.amazon.com/AWSEC2/latest/UserGuide/
ec2-instance-lifecycle.html (a terminated instance is told of for a while).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _instances as instances
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _subnets as subnets
from ministack.services.ec2 import _tags as tags
from ministack.services.ec2 import _volumes as volumes
from ministack.services.iam import _lookup_instance_profile as find_profile

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.images import find_image
from localcloud.overlay.ec2.interfaces import as_groups, make_interface, public_association, remove_interface
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay

Instance = dict[str, Any]

SHOWN_AFTER_TERMINATION_SECONDS = 3600
RUNNING = {"Code": 16, "Name": "running"}
TERMINATED = {"Code": 48, "Name": "terminated"}
# Source: docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html (gp3's baseline).
_IOPS, _THROUGHPUT, _SIZE_GIB = 3000, 125, 8

_SHOWN = (
    "AmiLaunchIndex", "Architecture", "BlockDeviceMappings", "Hypervisor", "IamInstanceProfile", "ImageId",
    "InstanceId", "InstanceType", "LaunchTime", "MetadataOptions", "Monitoring", "Placement", "RootDeviceName",
    "RootDeviceType", "SourceDestCheck", "State",
)  # fmt: skip
_WHILE_IT_LIVES = ("PrivateDnsName", "PrivateIpAddress", "PublicDnsName", "PublicIpAddress", "SubnetId", "VpcId")


def start(account: str, data: Mapping[str, Any], subnet_id: str, more_tags: Mapping[str, str]) -> Instance:
    """Make a running instance from a launch template's data, with its interface and volumes, in a subnet."""
    instance_id = f"i-{token_hex(9)[:17]}"
    interface = _attach(account, data, subnets[subnet_id], instance_id)
    mappings = [_mapping(data, wanted, subnets[subnet_id], instance_id) for wanted in _devices(data)]
    association = interface.get("Association") or {}
    private, zone = interface["PrivateIpAddress"], subnets[subnet_id]["AvailabilityZone"]
    instances[instance_id] = instance = {
        "AmiLaunchIndex": 0,
        "Architecture": "x86_64",
        "BlockDeviceMappings": mappings,
        "Hypervisor": "xen",
        "IamInstanceProfile": _profile(data),
        "ImageId": find_image(data["ImageId"]),
        "InstanceId": instance_id,
        "InstanceType": data["InstanceType"],
        "KeyName": data.get("KeyName", ""),
        "LaunchTime": _now(),
        "MetadataOptions": {**data.get("MetadataOptions", {}), "State": "applied"},
        "Monitoring": {"State": "enabled" if data.get("Monitoring", {}).get("Enabled") else "disabled"},
        "Placement": {"AvailabilityZone": zone, "Tenancy": "default"},
        "PrivateDnsName": f"ip-{private.replace('.', '-')}.{zone[:-1]}.compute.internal",
        "PrivateIpAddress": private,
        "PublicDnsName": association.get("PublicDnsName", ""),
        "PublicIpAddress": association.get("PublicIp", ""),
        "RootDeviceName": mappings[0]["DeviceName"],
        "RootDeviceType": "ebs",
        "SecurityGroups": interface["Groups"],
        "SourceDestCheck": True,
        "State": dict(RUNNING),
        "SubnetId": subnet_id,
        "UserData": data.get("UserData", ""),
        "Virtualization": "hvm",
        "VpcId": interface["VpcId"],
    }
    _tag(data, "instance", instance_id, more_tags)
    return instance


def group_ids(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The security groups that a launch template names, at its interface or beside it. Pure."""
    wanted = (data.get("NetworkInterfaces") or [{}])[0]
    return tuple(wanted.get("Groups") or data.get("SecurityGroupIds") or ())


def _attach(account: str, data: Mapping[str, Any], subnet: Mapping[str, Any], instance_id: str) -> Instance:
    wanted = (data.get("NetworkInterfaces") or [{}])[0]
    is_public = wanted.get("AssociatePublicIpAddress", subnet.get("MapPublicIpOnLaunch", False))
    attachment = {
        "AttachTime": _now(), "AttachmentId": f"eni-attach-{token_hex(9)[:17]}", "DeleteOnTermination": True,
        "DeviceIndex": 0, "InstanceId": instance_id, "InstanceOwnerId": account, "Status": "attached",
    }  # fmt: skip
    interface = make_interface(
        account,
        subnet,
        wanted.get("Description", ""),
        Attachment=attachment,
        Groups=as_groups(group_ids(data)),
        **({"Association": public_association("amazon")} if is_public else {}),
    )
    _tag(data, "network-interface", interface["NetworkInterfaceId"])
    return interface


def _devices(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return data.get("BlockDeviceMappings") or [{"DeviceName": "/dev/xvda"}]


def _mapping(
    data: Mapping[str, Any], wanted: Mapping[str, Any], subnet: Mapping[str, Any], instance_id: str
) -> dict[str, Any]:
    """A volume of the instance, and the instance's word of it."""
    ebs, volume_id, now = wanted.get("Ebs", {}), f"vol-{token_hex(9)[:17]}", _now()
    ends = ebs.get("DeleteOnTermination", True)
    attachment = {
        "AttachTime": now, "DeleteOnTermination": ends, "Device": wanted["DeviceName"], "InstanceId": instance_id,
        "State": "attached", "VolumeId": volume_id,
    }  # fmt: skip
    volumes[volume_id] = {
        "Attachments": [attachment],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "CreateTime": now,
        "Encrypted": ebs.get("Encrypted", False),
        "Iops": ebs.get("Iops", _IOPS),
        "KmsKeyId": ebs.get("KmsKeyId", ""),
        "MultiAttachEnabled": False,
        "Size": ebs.get("VolumeSize", _SIZE_GIB),
        "SnapshotId": ebs.get("SnapshotId", ""),
        "State": "in-use",
        "Throughput": ebs.get("Throughput", _THROUGHPUT),
        "VolumeId": volume_id,
        "VolumeType": ebs.get("VolumeType", "gp3"),
    }
    _tag(data, "volume", volume_id)
    told = {"AttachTime": now, "DeleteOnTermination": ends, "Status": "attached", "VolumeId": volume_id}
    return {"DeviceName": wanted["DeviceName"], "Ebs": told}


def _profile(data: Mapping[str, Any]) -> dict[str, str] | None:
    wanted = data.get("IamInstanceProfile") or {}
    found = find_profile(name=wanted.get("Name", ""), arn=wanted.get("Arn", ""))
    return {"Arn": found["Arn"], "Id": found["InstanceProfileId"]} if found else None


def _tag(data: Mapping[str, Any], kind: str, identity: str, more: Mapping[str, str] | None = None) -> None:
    given = [spec["Tags"] for spec in data.get("TagSpecifications", ()) if spec["ResourceType"] == kind]
    every = {tag["Key"]: tag.get("Value", "") for group in given for tag in group} | dict(more or {})
    if every:
        tags[identity] = [{"Key": key, "Value": value} for key, value in every.items()]


def is_running(instance_id: str) -> bool:
    """Whether there is such an instance, and it runs."""
    state: Mapping[str, Any] = instances.get(instance_id, {}).get("State", {})
    return bool(state.get("Name") == "running")


def end(instance_id: str) -> None:
    """Terminate an instance: its interfaces go, and its volumes that were made to go with it."""
    instance = instances[instance_id]
    instance["State"] = dict(TERMINATED)
    instance["_terminated_at"] = time.time()  # ministack's own mark
    release(instance)


def release(instance: Instance) -> None:
    """Take away what goes with an instance that was terminated."""
    for identity, interface in list(network_interfaces.items()):
        if (interface.get("Attachment") or {}).get("InstanceId") == instance["InstanceId"]:
            remove_interface(identity)
    for mapping in instance["BlockDeviceMappings"]:
        volume = volumes.get(mapping["Ebs"]["VolumeId"])
        if volume and mapping["Ebs"].get("DeleteOnTermination", True):
            volumes.pop(volume["VolumeId"])
            tags.pop(volume["VolumeId"], None)
        elif volume:
            volume |= {"Attachments": [], "State": "available"}
    instance["BlockDeviceMappings"] = []


@overlay.on("TerminateInstances")
async def terminate_instances(request: Request, forward: Forward) -> Response:
    """What was started with an instance goes with it."""
    reply = await forward(request)
    if reply.status == 200:
        for instance_id in request.members("InstanceId"):
            release(instances[instance_id])
    return reply


@overlay.on("DescribeInstances")
async def describe_instances(request: Request, _: Forward) -> Response:
    """Every instance in a reservation of its own; a terminated one for an hour more."""
    for instance_id, instance in list(instances.items()):
        if time.time() - instance.get("_terminated_at", time.time()) > SHOWN_AFTER_TERMINATION_SECONDS:
            instances.pop(instance_id)
            tags.pop(instance_id, None)
    reservations = [
        {"Instances": [_shown(instance)], "OwnerId": request.account, "ReservationId": f"r-{instance_id[2:]}"}
        for instance_id, instance in instances.items()
    ]
    return select(request, answer(request, {"Reservations": reservations}))


def _shown(instance: Instance) -> Mapping[str, Any]:
    is_gone = instance["State"]["Name"] == "terminated"
    names = _SHOWN if is_gone else (*_SHOWN, *_WHILE_IT_LIVES)
    shown = {name: instance[name] for name in names if instance.get(name) not in (None, "")}
    return {
        **shown,
        "SecurityGroups": [] if is_gone else instance["SecurityGroups"],
        "Tags": tags.get(instance["InstanceId"], []),
        "VirtualizationType": instance["Virtualization"],
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
