"""What instances are started from, and who may reach them, on the local cloud as on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.client import LocalCloud
from support.network import REGION, Network
from support.refusal import code_of

ANYWHERE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def network(shared_cloud: LocalCloud) -> Network:
    return Network.make(shared_cloud)


@pytest.fixture
def ec2(network: Network) -> Any:
    return network.client("ec2")


def tcp(port: int, **peers: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


# Launch templates


def test_a_template_keeps_all_that_was_asked_for(network: Network, ec2: Any) -> None:
    data = {
        "ImageId": "ami-0c2023a1b2c3d4e5f",
        "InstanceType": "t3.small",
        "BlockDeviceMappings": [{
            "DeviceName": "/dev/xvda",
            "Ebs": {"Encrypted": True, "KmsKeyId": "arn:aws:kms:eu-central-1:000000000000:key/0a1b", "VolumeSize": 20,
                    "VolumeType": "gp3", "DeleteOnTermination": True},
        }],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"},
        "Monitoring": {"Enabled": True},
        "NetworkInterfaces": [{
            "AssociatePublicIpAddress": False, "DeleteOnTermination": True, "DeviceIndex": 0, "Groups": ["sg-0a1b"],
        }],
        "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "Environment", "Value": "local"}]}],
    }  # fmt: skip
    made = ec2.create_launch_template(LaunchTemplateName="whole", LaunchTemplateData=data)["LaunchTemplate"]
    shown = ec2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"])["LaunchTemplateVersions"]
    told = shown[0]["LaunchTemplateData"]
    assert told["MetadataOptions"].pop("State") == "applied"
    assert told == data


def test_versions_have_numbers_and_take_from_their_source_what_is_not_asked_anew(network: Network, ec2: Any) -> None:
    template = network.new_template("numbered", Monitoring={"Enabled": True})
    assert network.new_version(template, ImageId="ami-0abcdef1234567890") == "2"
    bare = ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "t3.micro"}
    )
    assert bare["LaunchTemplateVersion"]["LaunchTemplateData"] == {"InstanceType": "t3.micro"}
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in versions] == [3, 2, 1]
    assert [one["DefaultVersion"] for one in versions] == [False, False, True]
    assert versions[1]["LaunchTemplateData"] == {
        "ImageId": "ami-0abcdef1234567890", "InstanceType": "t3.small", "Monitoring": {"Enabled": True},
    }  # fmt: skip
    ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
    (shown,) = ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
    assert (shown["DefaultVersionNumber"], shown["LatestVersionNumber"]) == (2, 3)
    call = {"LaunchTemplateId": template, "Versions": ["9"]}
    assert code_of(ec2.describe_launch_template_versions, **call) == "InvalidLaunchTemplateId.VersionNotFound"


def test_the_name_of_a_template_is_used_once_and_must_be_there(network: Network, ec2: Any) -> None:
    network.new_template("named")
    call = {"LaunchTemplateName": "named", "LaunchTemplateData": {"InstanceType": "t3.small"}}
    assert code_of(ec2.create_launch_template, **call) == "InvalidLaunchTemplateName.AlreadyExistsException"
    unknown = {"LaunchTemplateNames": ["nobody"]}
    assert code_of(ec2.describe_launch_templates, **unknown) == "InvalidLaunchTemplateName.NotFoundException"
    ec2.delete_launch_template(LaunchTemplateName="named")
    assert code_of(ec2.delete_launch_template, LaunchTemplateName="named") == (
        "InvalidLaunchTemplateName.NotFoundException"
    )


def test_a_template_is_found_by_its_tags(network: Network, ec2: Any) -> None:
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "Stack", "Value": "site"}]}]
    ec2.create_launch_template(
        LaunchTemplateName="tagged", LaunchTemplateData={"InstanceType": "t3.small"}, TagSpecifications=tags
    )
    filters = [{"Name": "tag:Stack", "Values": ["site"]}]
    found = ec2.describe_launch_templates(Filters=filters)["LaunchTemplates"]
    assert [one["LaunchTemplateName"] for one in found] == ["tagged"]
    assert found[0]["Tags"] == tags[0]["Tags"]


# Security groups


def test_each_source_of_a_permission_is_a_rule_with_an_id_and_tags(network: Network, ec2: Any) -> None:
    group = network.new_group("rules")
    ranges = [{"CidrIp": "10.0.0.0/16", "Description": "inside"}, {"CidrIp": ANYWHERE}]
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "Name", "Value": "https"}]}]
    made = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[tcp(443, IpRanges=ranges)], TagSpecifications=tags
    )["SecurityGroupRules"]
    assert [one["CidrIpv4"] for one in made] == ["10.0.0.0/16", ANYWHERE]
    identities = [one["SecurityGroupRuleId"] for one in made]
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=identities)["SecurityGroupRules"]
    assert all(one["Tags"] == tags[0]["Tags"] for one in found)
    assert found[0]["Description"] == "inside"
    (shown,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [one["CidrIp"] for one in shown["IpPermissions"][0]["IpRanges"]] == ["10.0.0.0/16", ANYWHERE]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=identities[:1])
    left = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [one["CidrIpv4"] for one in left if not one["IsEgress"]] == [ANYWHERE]


def test_a_rule_is_made_once_and_must_be_there_to_be_taken_away(network: Network, ec2: Any) -> None:
    group, permission = network.new_group("twice"), tcp(80, IpRanges=[{"CidrIp": ANYWHERE}])
    call = {"GroupId": group, "IpPermissions": [permission]}
    assert code_of(ec2.revoke_security_group_ingress, **call) == "InvalidPermission.NotFound"
    ec2.authorize_security_group_ingress(**call)
    described = tcp(80, IpRanges=[{"CidrIp": ANYWHERE, "Description": "again"}])
    again = {"GroupId": group, "IpPermissions": [described]}
    assert code_of(ec2.authorize_security_group_ingress, **again) == "InvalidPermission.Duplicate"
    ec2.revoke_security_group_ingress(**call)
    ec2.authorize_security_group_ingress(**call)


def test_a_prefix_list_counts_as_its_entries(network: Network, ec2: Any) -> None:
    name = "com.amazonaws.global.cloudfront.origin-facing"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    (found,) = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    assert (found["MaxEntries"], found["OwnerId"]) == (55, "AWS")
    assert ec2.get_managed_prefix_list_entries(PrefixListId=found["PrefixListId"])["Entries"]
    group, listed = network.new_group("weighed"), [{"PrefixListId": found["PrefixListId"]}]
    (rule,) = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(443, PrefixListIds=listed)])[
        "SecurityGroupRules"
    ]
    assert rule["PrefixListId"] == found["PrefixListId"]
    call = {"GroupId": group, "IpPermissions": [tcp(80, PrefixListIds=listed)]}
    assert code_of(ec2.authorize_security_group_ingress, **call) == "RulesPerSecurityGroupLimitExceeded"
    few = [{"CidrIp": f"10.0.{number}.0/24"} for number in range(5)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(22, IpRanges=few)])
    one_more = {"GroupId": group, "IpPermissions": [tcp(23, IpRanges=few[:1])]}
    assert code_of(ec2.authorize_security_group_ingress, **one_more) == "RulesPerSecurityGroupLimitExceeded"


def test_the_same_prefix_list_stands_in_every_region(shared_cloud: LocalCloud) -> None:
    filters = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"]}]
    for region in ("us-east-1", "eu-west-1"):
        found = shared_cloud.client("ec2", region).describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
        assert [one["AddressFamily"] for one in found] == ["IPv4"]


def test_a_rule_names_a_group_that_is_there(network: Network, ec2: Any) -> None:
    pairs = [{"GroupId": "sg-0123456789abcdeff"}]
    call = {"GroupId": network.new_group("alone"), "IpPermissions": [tcp(80, UserIdGroupPairs=pairs)]}
    assert code_of(ec2.authorize_security_group_ingress, **call) == "InvalidGroup.NotFound"


def test_a_group_that_another_one_names_stays(network: Network, ec2: Any) -> None:
    named, other = network.new_group("named"), network.new_group("naming")
    network.allow(other, 8000, of=named)
    assert code_of(ec2.delete_security_group, GroupId=named) == "DependencyViolation"
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=named)


def test_a_vpc_with_a_group_stays(shared_cloud: LocalCloud) -> None:
    ec2 = shared_cloud.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="last", Description="last", VpcId=vpc)["GroupId"]
    assert code_of(ec2.delete_vpc, VpcId=vpc) == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)


# Instances


def test_an_instance_holds_an_interface_with_the_groups_tags_and_address_of_its_template(
    network: Network, ec2: Any
) -> None:
    group = network.new_group("inside")
    interface = {"AssociatePublicIpAddress": True, "DeviceIndex": 0, "Groups": [group]}
    tags = [{"ResourceType": "network-interface", "Tags": [{"Key": "Environment", "Value": "local"}]}]
    template = network.new_template("public", NetworkInterfaces=[interface], TagSpecifications=tags)
    network.new_scaling_group("public", template, 1, 1)
    (instance_id,) = [one["InstanceId"] for one in network.scaling_group("public")["Instances"]]
    filters = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    (held,) = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    (reservation,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    (instance,) = reservation["Instances"]
    assert held["Groups"] == [{"GroupId": group, "GroupName": "inside"}]
    assert held["TagSet"] == tags[0]["Tags"]
    assert held["Association"]["PublicIp"] == instance["PublicIpAddress"]
    assert held["PrivateIpAddress"] == instance["PrivateIpAddress"]
    assert code_of(ec2.delete_security_group, GroupId=group) == "DependencyViolation"


def test_instances_are_found_by_what_they_are(network: Network, ec2: Any) -> None:
    network.new_scaling_group("found", network.new_template("found"), 2, 2)
    wanted = [
        {"Name": "tag:aws:autoscaling:groupName", "Values": ["found"]},
        {"Name": "instance-state-name", "Values": ["running"]},
        {"Name": "vpc-id", "Values": [network.vpc]},
    ]
    assert len(ec2.describe_instances(Filters=wanted)["Reservations"]) == 2
    nowhere = [*wanted, {"Name": "availability-zone", "Values": [f"{REGION}c"]}]
    assert ec2.describe_instances(Filters=nowhere)["Reservations"] == []
    assert code_of(ec2.describe_instances, Filters=[{"Name": "no-such", "Values": ["x"]}]) == "InvalidParameterValue"


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
