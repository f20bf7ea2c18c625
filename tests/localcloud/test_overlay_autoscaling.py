"""Auto Scaling groups of the local cloud keep as many instances as they are asked to, and say why where they can't."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.client import LocalCloud
from localcloud.faults import Error
from support.cloud_process import Server
from support.network import REGION, Network
from support.refusal import code_of

NO_CAPACITY = "We currently do not have sufficient t3.small capacity in the Availability Zone you requested"


@pytest.fixture(scope="module")
def network(shared_cloud: LocalCloud) -> Network:
    return Network.make(shared_cloud)


@pytest.fixture
def scaling(network: Network) -> Any:
    return network.client("autoscaling")


@pytest.fixture
def no_capacity(shared_cloud: LocalCloud) -> Iterator[None]:
    """Nothing can be started."""
    effect = Error(code="InsufficientInstanceCapacity", message=NO_CAPACITY)
    shared_cloud.inflict(effect, service="ec2", operation="RunInstances", region=REGION)
    yield
    shared_cloud.lift()


def described(network: Network, name: str) -> list[dict[str, Any]]:
    """The group's instances as EC2 tells of them."""
    ids = [member["InstanceId"] for member in network.scaling_group(name)["Instances"]]
    found = network.client("ec2").describe_instances(InstanceIds=ids)["Reservations"] if ids else []
    return [instance for reservation in found for instance in reservation["Instances"]]


def test_a_group_starts_its_minimum_from_the_template_spread_over_the_zones(network: Network) -> None:
    group = network.new_group("spread")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Environment", "Value": "local"}]}]
    network.new_scaling_group(
        "spread", network.new_template("spread", SecurityGroupIds=[group], TagSpecifications=tags), 2, 4
    )
    shown = network.scaling_group("spread")
    assert shown["DesiredCapacity"] == 2
    assert [(one["LifecycleState"], one["HealthStatus"]) for one in shown["Instances"]] == [
        ("InService", "Healthy")
    ] * 2
    instances = described(network, "spread")
    assert {one["SubnetId"] for one in instances} == set(network.subnets)
    assert {(one["ImageId"], one["InstanceType"], one["State"]["Name"]) for one in instances} == {
        ("ami-0c2023a1b2c3d4e5f", "t3.small", "running")
    }
    assert all([one["GroupId"] for one in instance["SecurityGroups"]] == [group] for instance in instances)
    told = {tag["Key"]: tag["Value"] for tag in instances[0]["Tags"]}
    assert told["Environment"] == "local"
    assert told["aws:autoscaling:groupName"] == "spread"


def test_the_desired_capacity_follows_the_bounds(network: Network, scaling: Any) -> None:
    network.new_scaling_group("bounds", network.new_template("bounds"), 0, 0)
    scaling.update_auto_scaling_group(AutoScalingGroupName="bounds", MinSize=3, MaxSize=5)
    assert len(network.scaling_group("bounds")["Instances"]) == 3
    scaling.update_auto_scaling_group(AutoScalingGroupName="bounds", MinSize=1, MaxSize=2)
    shown = network.scaling_group("bounds")
    assert (shown["DesiredCapacity"], len(shown["Instances"])) == (2, 2)
    assert {one["AvailabilityZone"] for one in shown["Instances"]} == {f"{REGION}a", f"{REGION}b"}


def test_a_desired_capacity_outside_the_bounds_is_refused(network: Network, scaling: Any) -> None:
    network.new_scaling_group("outside", network.new_template("outside"), 0, 2)
    for desired in (3, -1):
        call = {"AutoScalingGroupName": "outside", "DesiredCapacity": desired}
        assert code_of(scaling.set_desired_capacity, **call) == "ValidationError"
        assert code_of(scaling.update_auto_scaling_group, **call) == "ValidationError"
    assert code_of(scaling.update_auto_scaling_group, AutoScalingGroupName="outside", MinSize=3) == "ValidationError"
    scaling.set_desired_capacity(AutoScalingGroupName="outside", DesiredCapacity=2)
    assert len(network.scaling_group("outside")["Instances"]) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [({"ImageId": "ami-0123456789abcdeff"}, "The image id '[ami-0123456789abcdeff]' does not exist"),
     ({"ImageId": "resolve:ssm:/no/such"}, "does not exist"),
     ({"InstanceType": "t3.enormous"}, "Invalid value 't3.enormous' for InstanceType"),
     ({"SecurityGroupIds": ["sg-0123456789abcdeff"]}, "security group"),
     ({"IamInstanceProfile": {"Name": "nobody"}}, "Invalid IAM Instance Profile name")],
    ids=["image", "parameter", "type", "security group", "profile"],
)  # fmt: skip
def test_a_template_that_can_start_nothing_is_refused(
    network: Network, scaling: Any, data: dict[str, Any], words: str
) -> None:
    template = network.new_template(f"broken-{abs(hash(words))}", **data)
    with pytest.raises(scaling.exceptions.ClientError, match="valid fully-formed launch template") as refusal:
        network.new_scaling_group("broken", template, 0, 0)
    assert words in str(refusal.value)


def test_a_template_that_names_its_image_by_a_parameter_is_accepted(network: Network) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default"
    for architecture in ("x86_64", "arm64"):
        template = network.new_template(f"named-{architecture}", ImageId=f"resolve:ssm:{name}-{architecture}")
        network.new_scaling_group(f"named-{architecture}", template, 1, 1)
        (instance,) = described(network, f"named-{architecture}")
        assert instance["ImageId"].startswith("ami-")


def test_a_new_version_starts_with_the_next_instance(network: Network, scaling: Any) -> None:
    template, image = network.new_template("shipped"), network.new_image("shop-1")
    network.new_scaling_group("shipped", template, 1, 3)
    version = network.new_version(template, ImageId=image)
    chosen = {"LaunchTemplateId": template, "Version": version}
    scaling.update_auto_scaling_group(AutoScalingGroupName="shipped", LaunchTemplate=chosen)
    assert network.scaling_group("shipped")["LaunchTemplate"]["Version"] == "2"
    assert [one["ImageId"] for one in described(network, "shipped")] == ["ami-0c2023a1b2c3d4e5f"]
    scaling.set_desired_capacity(AutoScalingGroupName="shipped", DesiredCapacity=2)
    assert {one["ImageId"] for one in described(network, "shipped")} == {"ami-0c2023a1b2c3d4e5f", image}
    assert {one["LaunchTemplate"]["Version"] for one in network.scaling_group("shipped")["Instances"]} == {"1", "2"}
    scaling.set_desired_capacity(AutoScalingGroupName="shipped", DesiredCapacity=1)
    assert [one["ImageId"] for one in described(network, "shipped")] == [image], "the oldest version goes first"


def test_a_refresh_replaces_what_runs_and_sets_the_version(network: Network, scaling: Any) -> None:
    template, image = network.new_template("refreshed"), network.new_image("shop-2")
    network.new_scaling_group("refreshed", template, 2, 4)
    before = {one["InstanceId"] for one in network.scaling_group("refreshed")["Instances"]}
    desired = {
        "LaunchTemplate": {"LaunchTemplateId": template, "Version": network.new_version(template, ImageId=image)}
    }
    started = scaling.start_instance_refresh(AutoScalingGroupName="refreshed", DesiredConfiguration=desired)
    (refresh,) = scaling.describe_instance_refreshes(AutoScalingGroupName="refreshed")["InstanceRefreshes"]
    assert (refresh["InstanceRefreshId"], refresh["Status"]) == (started["InstanceRefreshId"], "Successful")
    shown = network.scaling_group("refreshed")
    assert shown["LaunchTemplate"]["Version"] == "2"
    assert before.isdisjoint(one["InstanceId"] for one in shown["Instances"])
    assert {one["ImageId"] for one in described(network, "refreshed")} == {image}
    assert code_of(scaling.rollback_instance_refresh, AutoScalingGroupName="refreshed") == (
        "ActiveInstanceRefreshNotFound"
    )


def test_capacity_that_does_not_come_is_told_and_comes_when_there_is_some(
    network: Network, scaling: Any, shared_cloud: LocalCloud, no_capacity: None
) -> None:
    network.new_scaling_group("short", network.new_template("short"), 2, 2)
    assert network.scaling_group("short")["Instances"] == []
    activities = scaling.describe_scaling_activities(AutoScalingGroupName="short")["Activities"]
    assert {one["StatusCode"] for one in activities} == {"Failed"}
    assert {one["StatusMessage"] for one in activities} == {f"{NO_CAPACITY} Launching EC2 instance failed."}
    assert {one["Progress"] for one in activities} == {100}
    assert len(activities) == 2, "both zones were tried"
    shared_cloud.lift()
    deadline = time.monotonic() + 30
    while len(network.scaling_group("short")["Instances"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_volumes_under_a_key_that_scaling_may_not_use_start_nothing(network: Network, scaling: Any) -> None:
    for allowed, count in ((False, 0), (True, 1)):
        key = network.new_key(scaling_may_use_it=allowed)
        ebs = {"Encrypted": True, "KmsKeyId": key, "VolumeSize": 20, "VolumeType": "gp3"}
        mappings = [{"DeviceName": "/dev/xvda", "Ebs": ebs}]
        template = network.new_template(f"keyed-{count}", BlockDeviceMappings=mappings)
        network.new_scaling_group(f"keyed-{count}", template, 1, 1)
        assert len(network.scaling_group(f"keyed-{count}")["Instances"]) == count
    refused = scaling.describe_scaling_activities(AutoScalingGroupName="keyed-0")["Activities"][0]
    assert "Client.InternalError: Client error on launch" in refused["StatusMessage"]
    (instance,) = described(network, "keyed-1")
    volume_id = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    (volume,) = network.client("ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert (volume["Encrypted"], volume["Size"]) == (True, 20)


def test_an_instance_that_is_terminated_by_hand_is_replaced(network: Network, scaling: Any) -> None:
    network.new_scaling_group("healed", network.new_template("healed"), 1, 1)
    (lost,) = [one["InstanceId"] for one in network.scaling_group("healed")["Instances"]]
    network.client("ec2").terminate_instances(InstanceIds=[lost])
    (found,) = [one["InstanceId"] for one in network.scaling_group("healed")["Instances"]]
    assert found != lost
    causes = [one["Cause"] for one in scaling.describe_scaling_activities(AutoScalingGroupName="healed")["Activities"]]
    assert any("EC2 health check" in cause for cause in causes)


def test_a_group_with_instances_goes_only_by_force_and_takes_them_along(network: Network, scaling: Any) -> None:
    ec2 = network.client("ec2")
    network.new_scaling_group("gone", network.new_template("gone"), 2, 2)
    ids = [one["InstanceId"] for one in network.scaling_group("gone")["Instances"]]
    assert code_of(scaling.delete_auto_scaling_group, AutoScalingGroupName="gone") == "ResourceInUse"
    scaling.delete_auto_scaling_group(AutoScalingGroupName="gone", ForceDelete=True)
    assert scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["gone"])["AutoScalingGroups"] == []
    states = [one["Instances"][0]["State"]["Name"] for one in ec2.describe_instances(InstanceIds=ids)["Reservations"]]
    assert states == ["terminated"] * 2
    held = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": ids}])
    assert held["NetworkInterfaces"] == []
    assert code_of(scaling.describe_scaling_activities, AutoScalingGroupName="gone") == "ValidationError"
    assert scaling.describe_scaling_activities(AutoScalingGroupName="gone", IncludeDeletedGroups=True)["Activities"]


def test_a_name_is_used_once(network: Network, scaling: Any) -> None:
    template = network.new_template("once")
    network.new_scaling_group("once", template, 0, 0)
    with pytest.raises(scaling.exceptions.AlreadyExistsFault):
        network.new_scaling_group("once", template, 0, 0)


def test_a_policy_is_found_by_name_and_stays_itself_when_it_is_put_again(network: Network, scaling: Any) -> None:
    network.new_scaling_group("policies", network.new_template("policies"), 0, 2)
    step = {
        "AutoScalingGroupName": "policies", "PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
    }  # fmt: skip
    first = scaling.put_scaling_policy(PolicyName="out", **step)["PolicyARN"]
    scaling.put_scaling_policy(PolicyName="in", **step)
    assert scaling.put_scaling_policy(PolicyName="out", **step)["PolicyARN"] == first
    (found,) = scaling.describe_policies(AutoScalingGroupName="policies", PolicyNames=["out"])["ScalingPolicies"]
    assert (found["PolicyARN"], found["StepAdjustments"]) == (first, step["StepAdjustments"])
    scaling.delete_policy(AutoScalingGroupName="policies", PolicyName="out")
    left = scaling.describe_policies(AutoScalingGroupName="policies")["ScalingPolicies"]
    assert [one["PolicyName"] for one in left] == ["in"]
    assert code_of(scaling.put_scaling_policy, PolicyName="x", **{**step, "AutoScalingGroupName": "no"}) == (
        "ValidationError"
    )


def test_a_target_brings_its_own_alarms_and_takes_them_away(network: Network, scaling: Any) -> None:
    network.new_scaling_group("target", network.new_template("target"), 0, 2)
    tracking = {
        "TargetValue": 60.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
    }  # fmt: skip
    made = scaling.put_scaling_policy(
        AutoScalingGroupName="target", PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=tracking,
    )  # fmt: skip
    names = [alarm["AlarmName"] for alarm in made["Alarms"]]
    watch = network.client("cloudwatch")
    assert len(watch.describe_alarms(AlarmNames=names)["MetricAlarms"]) == 2
    scaling.delete_policy(AutoScalingGroupName="target", PolicyName="cpu")
    assert watch.describe_alarms(AlarmNames=names)["MetricAlarms"] == []


def test_metrics_are_collected_as_asked(network: Network, scaling: Any) -> None:
    network.new_scaling_group("metrics", network.new_template("metrics"), 0, 0)
    wanted = ["GroupInServiceInstances", "GroupMaxSize"]
    scaling.enable_metrics_collection(AutoScalingGroupName="metrics", Granularity="1Minute", Metrics=wanted)
    shown = network.scaling_group("metrics")["EnabledMetrics"]
    assert shown == [{"Metric": name, "Granularity": "1Minute"} for name in wanted]
    scaling.disable_metrics_collection(AutoScalingGroupName="metrics", Metrics=wanted[:1])
    assert [one["Metric"] for one in network.scaling_group("metrics")["EnabledMetrics"]] == wanted[1:]
    call = {"AutoScalingGroupName": "metrics", "Granularity": "1Minute", "Metrics": ["CPU"]}
    assert code_of(scaling.enable_metrics_collection, **call) == "ValidationError"


def test_a_suspended_group_starts_nothing(network: Network, scaling: Any) -> None:
    network.new_scaling_group("suspended", network.new_template("suspended"), 0, 2)
    scaling.suspend_processes(AutoScalingGroupName="suspended", ScalingProcesses=["Launch"])
    scaling.set_desired_capacity(AutoScalingGroupName="suspended", DesiredCapacity=1)
    assert network.scaling_group("suspended")["Instances"] == []
    scaling.resume_processes(AutoScalingGroupName="suspended")
    assert len(network.scaling_group("suspended")["Instances"]) == 1


def test_instances_are_registered_with_a_target_group_and_leave_it(network: Network, scaling: Any) -> None:
    target_group = network.new_target_group("registered")
    network.new_scaling_group("registered", network.new_template("registered"), 2, 2, TargetGroupARNs=[target_group])
    balancing = network.client("elbv2")

    def registered() -> set[str]:
        told = balancing.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        return {one["Target"]["Id"] for one in told}

    assert registered() == {one["InstanceId"] for one in network.scaling_group("registered")["Instances"]}
    arns = {"AutoScalingGroupName": "registered", "TargetGroupARNs": [target_group]}
    scaling.detach_load_balancer_target_groups(**arns)
    assert registered() == set()
    scaling.attach_load_balancer_target_groups(**arns)
    assert len(registered()) == 2
    scaling.update_auto_scaling_group(AutoScalingGroupName="registered", MinSize=0, DesiredCapacity=0)
    assert registered() == set()


def test_a_target_group_that_is_not_there_is_refused(network: Network, scaling: Any) -> None:
    template = network.new_template("nowhere")
    arn = f"arn:aws:elasticloadbalancing:{REGION}:000000000000:targetgroup/no/0123456789abcdef"
    with pytest.raises(scaling.exceptions.ClientError, match="Provided Target Groups may not be valid"):
        network.new_scaling_group("nowhere", template, 0, 0, TargetGroupARNs=[arn])


def test_a_killed_cloud_comes_back_with_its_instances(server: Server) -> None:
    network = Network.make(server.start())
    network.new_scaling_group("kept", network.new_template("kept"), 2, 2)
    before = {one["InstanceId"] for one in network.scaling_group("kept")["Instances"]}
    server.kill()
    again = Network(server.start(), network.vpc, network.subnets)
    assert {one["InstanceId"] for one in again.scaling_group("kept")["Instances"]} == before
    assert {one["State"]["Name"] for one in described(again, "kept")} == {"running"}


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
