"""Why instances do not come is said by what their group did last; and what a group started is the group's."""

from __future__ import annotations

from typing import Final

import pytest

from shopctl.aws.activities import last_activity
from shopctl.aws.cloud import Cloud
from shopctl.aws.liveness import is_live
from shopctl.aws.removal import delete_all
from shopctl.errors import AwsFailed
from shopctl.kinds import Standing
from shopctl.spec import EnvSpec
from support.one_of_each import Maker

HOME: Final = "eu-central-1"


def test_a_group_tells_what_it_did_last_and_ends_what_it_started(cloud: Cloud, spec: EnvSpec) -> None:
    made = Maker(cloud, spec, HOME, f"site@{HOME}").site()
    group, scaling = made["aws_autoscaling_group"], cloud.untyped("autoscaling", HOME)
    assert last_activity(cloud, HOME, group) is None
    scaling.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=1, MaxSize=1)
    assert "instance" in (last_activity(cloud, HOME, group) or "")
    (instance,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0][
        "Instances"
    ]
    assert not is_live(cloud, HOME, Standing("aws_instance", instance["InstanceId"]))  # it is part of its group
    delete_all(cloud, HOME, [Standing("aws_autoscaling_group", group)])
    reservations = cloud.ec2(HOME).describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"]
    assert {each["State"]["Name"] for one in reservations for each in one["Instances"]} == {"terminated"}


def test_a_group_that_is_not_there_can_not_be_asked(cloud: Cloud) -> None:
    with pytest.raises(AwsFailed, match="no-such-group"):
        last_activity(cloud, HOME, "no-such-group")
