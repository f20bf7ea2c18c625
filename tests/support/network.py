"""A small network on a local cloud, for tests of what stands in one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localcloud.client import LocalCloud

REGION = "eu-central-1"
ACCOUNT = "000000000000"
KEY_POLICY = """{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}%s]}"""
SCALING_MAY = """, {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*", "Principal": {"AWS":
  "arn:aws:iam::000000000000:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"}}"""


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC with an internet gateway and a subnet in each of two zones."""

    cloud: LocalCloud
    vpc: str
    subnets: tuple[str, str]

    @classmethod
    def make(cls, cloud: LocalCloud) -> Network:
        ec2 = cloud.client("ec2", REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
        made = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
            for zone, cidr in (("a", "10.0.1.0/24"), ("b", "10.0.2.0/24"))
        ]
        return cls(cloud, vpc, (made[0], made[1]))

    def client(self, service: str) -> Any:
        return self.cloud.client(service, REGION)

    def new_group(self, name: str) -> str:
        made = self.client("ec2").create_security_group(GroupName=name, Description=name, VpcId=self.vpc)
        return str(made["GroupId"])

    def allow(self, group: str, port: int, *, of: str, is_egress: bool = False) -> None:
        """Let TCP on a port through to or from another group."""
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": of}]}
        ec2 = self.client("ec2")
        change = ec2.authorize_security_group_egress if is_egress else ec2.authorize_security_group_ingress
        change(GroupId=group, IpPermissions=[permission])

    def new_image(self, name: str) -> str:
        made = self.client("ec2").register_image(Name=name, RootDeviceName="/dev/xvda", Architecture="x86_64")
        return str(made["ImageId"])

    def new_template(self, name: str, **data: Any) -> str:
        given = {"ImageId": "ami-0c2023a1b2c3d4e5f", "InstanceType": "t3.small", **data}
        made = self.client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=given)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def new_version(self, template: str, **data: Any) -> str:
        made = self.client("ec2").create_launch_template_version(
            LaunchTemplateId=template, SourceVersion="$Latest", LaunchTemplateData=data
        )
        return str(made["LaunchTemplateVersion"]["VersionNumber"])

    def new_scaling_group(self, name: str, template: str, low: int, high: int, **more: Any) -> None:
        self.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=low, MaxSize=high, VPCZoneIdentifier=",".join(self.subnets),
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"}, **more,
        )  # fmt: skip

    def scaling_group(self, name: str) -> dict[str, Any]:
        (found,) = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
            "AutoScalingGroups"
        ]
        return dict(found)

    def new_key(self, *, scaling_may_use_it: bool) -> str:
        """A key, after the role that a policy may name only once it is there."""
        with suppress(ClientError):
            self.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
        policy = KEY_POLICY % (SCALING_MAY if scaling_may_use_it else "")
        return str(self.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])

    def new_load_balancer(self, name: str, *groups: str) -> str:
        made = self.client("elbv2").create_load_balancer(Name=name, Subnets=list(self.subnets), SecurityGroups=groups)
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def new_target_group(self, name: str, port: int = 8000) -> str:
        made = self.client("elbv2").create_target_group(Name=name, Port=port, Protocol="HTTP", VpcId=self.vpc)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def forward(self, load_balancer: str, target_group: str, port: int = 80) -> str:
        """A listener that forwards to a target group."""
        made = self.client("elbv2").create_listener(
            LoadBalancerArn=load_balancer, Port=port, Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )  # fmt: skip
        return str(made["Listeners"][0]["ListenerArn"])
