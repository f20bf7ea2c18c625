"""One resource of each type that the stacks make, made with stock boto3 under an environment's tags.

``make`` returns each by Terraform's type, with the id by which Terraform imports it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shopctl import naming
from shopctl.aws.cloud import Cloud
from shopctl.spec import EnvSpec

IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
BACKUP_POLICY = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"


def trust(service: str) -> str:
    """A trust policy that lets a service of AWS's assume a role."""
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


class Maker:
    """Makes resources of one stack in one region, each with the stack's tags and a ``Name``."""

    def __init__(self, cloud: Cloud, spec: EnvSpec, region: str, stack: str) -> None:
        self.cloud, self.region, self.name = cloud, region, naming.name(spec)
        self._domain = spec.domain
        self._tags = naming.tags(spec, stack)

    def tags(self, name: str | None = None) -> list[Any]:
        """The tags as most services take them."""
        return [{"Key": key, "Value": value} for key, value in self.tag_map(name).items()]

    def tag_map(self, name: str | None = None) -> dict[str, str]:
        """The tags as the others take them."""
        return {**self._tags, "Name": name or self.name}

    def specified(self, kind: str, name: str | None = None) -> list[Any]:
        """The tags as EC2 takes them."""
        return [{"ResourceType": kind, "Tags": self.tags(name)}]

    def client(self, service: str) -> Any:
        """The client of a service in the region."""
        return self.cloud.untyped(service, self.region)

    def site(self) -> dict[str, str]:
        """What a site is made of."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=self.specified("vpc"))["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{self.region}{zone}",
                              TagSpecifications=self.specified("subnet", zone))["Subnet"]["SubnetId"]
            for number, zone in ((1, "a"), (2, "b"))
        ]  # fmt: skip
        gateway = ec2.create_internet_gateway(TagSpecifications=self.specified("internet-gateway"))["InternetGateway"]
        ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway["InternetGatewayId"])
        group = ec2.create_security_group(GroupName=self.name, Description="app", VpcId=vpc,
                                          TagSpecifications=self.specified("security-group"))["GroupId"]  # fmt: skip
        network = {"aws_vpc": vpc, "aws_subnet": subnets[0], "aws_security_group": group,
                   "aws_internet_gateway": gateway["InternetGatewayId"]}  # fmt: skip
        return {
            **network,
            **self._rules(group),
            **self._compute(vpc, subnets, group),
            **self._database(subnets),
            **self._observation(),
        }

    def _rules(self, group: str) -> dict[str, str]:
        """Two rules of the same name, one in each direction."""
        ec2 = self.client("ec2")
        permission = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
        made = {}
        for way in ("ingress", "egress"):
            rules = getattr(ec2, f"authorize_security_group_{way}")(
                GroupId=group,
                IpPermissions=permission,
                TagSpecifications=self.specified("security-group-rule", "https"),
            )["SecurityGroupRules"]
            made[f"aws_vpc_security_group_{way}_rule"] = rules[0]["SecurityGroupRuleId"]
        return made

    def _compute(self, vpc: str, subnets: list[str], group: str) -> dict[str, str]:
        balancing, scaling, iam = self.client("elbv2"), self.client("autoscaling"), self.cloud.iam()
        balancer = balancing.create_load_balancer(Name=self.name, Subnets=subnets, SecurityGroups=[group],
                                                  Tags=self.tags())["LoadBalancers"][0]["LoadBalancerArn"]  # fmt: skip
        targets = balancing.create_target_group(Name=self.name, Protocol="HTTP", Port=8000, VpcId=vpc,
                                                Tags=self.tags())["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
        answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}
        listener = balancing.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, Tags=self.tags(),
                                             DefaultActions=[answer])["Listeners"][0]["ListenerArn"]  # fmt: skip
        rule = balancing.create_rule(
            ListenerArn=listener, Priority=1, Tags=self.tags(),
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
            Actions=[{"Type": "forward", "TargetGroupArn": targets}],
        )["Rules"][0]["RuleArn"]  # fmt: skip
        role = f"{self.name}-app-{self.region}"
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Tags=self.tags())
        iam.create_instance_profile(InstanceProfileName=role, Tags=self.tags())
        iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
        template = self.client("ec2").create_launch_template(
            LaunchTemplateName=self.name, TagSpecifications=self.specified("launch-template"),
            LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "t3.medium", "SecurityGroupIds": [group],
                                "IamInstanceProfile": {"Name": role}},
        )["LaunchTemplate"]["LaunchTemplateId"]  # fmt: skip
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=self.name, MinSize=0, MaxSize=0, VPCZoneIdentifier=",".join(subnets),
            LaunchTemplate={"LaunchTemplateId": template, "Version": "1"}, TargetGroupARNs=[targets],
            Tags=[{**tag, "PropagateAtLaunch": False} for tag in self.tags()],
        )  # fmt: skip
        return {
            "aws_lb": balancer, "aws_lb_target_group": targets, "aws_lb_listener": listener,
            "aws_lb_listener_rule": rule, "aws_iam_role": role, "aws_iam_instance_profile": role,
            "aws_launch_template": template, "aws_autoscaling_group": self.name,
        }  # fmt: skip

    def _database(self, subnets: list[str]) -> dict[str, str]:
        rds, parameters = self.client("rds"), f"{self.name}-postgres17"
        rds.create_db_subnet_group(DBSubnetGroupName=self.name, DBSubnetGroupDescription="db", SubnetIds=subnets,
                                   Tags=self.tags())  # fmt: skip
        rds.create_db_parameter_group(DBParameterGroupName=parameters, DBParameterGroupFamily="postgres17",
                                      Description="db", Tags=self.tags())  # fmt: skip
        rds.create_db_instance(
            DBInstanceIdentifier=f"{self.name}-g1", Engine="postgres", EngineVersion="17.4", AllocatedStorage=20,
            DBInstanceClass="db.t4g.micro", MasterUsername="shop", MasterUserPassword="not-a-real-one",
            DBSubnetGroupName=self.name, DBParameterGroupName=parameters, Tags=self.tags(),
        )  # fmt: skip
        return {"aws_db_subnet_group": self.name, "aws_db_parameter_group": parameters,
                "aws_db_instance": f"{self.name}-g1"}  # fmt: skip

    def _observation(self) -> dict[str, str]:
        alarm, parameter, log_group = f"{self.name}-cpu", f"/{self.name}/bucket", f"/{self.name}/app"
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=alarm, Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
            EvaluationPeriods=5, Threshold=80, ComparisonOperator="GreaterThanThreshold", Tags=self.tags(),
        )  # fmt: skip
        self.client("ssm").put_parameter(Name=parameter, Value="x", Type="String", Tags=self.tags())
        self.client("logs").create_log_group(logGroupName=log_group, tags=self.tag_map())
        return {"aws_cloudwatch_metric_alarm": alarm, "aws_ssm_parameter": parameter,
                "aws_cloudwatch_log_group": log_group}  # fmt: skip

    def base(self) -> dict[str, str]:
        """What a base is made of, beside buckets."""
        kms, backup = self.client("kms"), self.client("backup")
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in self.tags()]
        key = kms.create_key(Tags=tags)["KeyMetadata"]
        alias = f"alias/{self.name}-data"
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        secret = self.client("secretsmanager").create_secret(
            Name=f"{self.name}/app", SecretString="not-a-real-one", Tags=self.tags()
        )  # fmt: skip
        certificate = self.client("acm").request_certificate(
            DomainName=self._domain, ValidationMethod="DNS", Tags=self.tags()
        )["CertificateArn"]
        vault = f"{self.name}-daily"
        backup.create_backup_vault(BackupVaultName=vault, BackupVaultTags=self.tag_map())
        rule = {"RuleName": "daily", "TargetBackupVaultName": vault, "ScheduleExpression": "cron(0 3 * * ? *)"}
        plan = backup.create_backup_plan(
            BackupPlan={"BackupPlanName": vault, "Rules": [rule]}, BackupPlanTags=self.tag_map()
        )["BackupPlanId"]
        role = f"{self.name}-backup-{self.region}"
        arn = self.cloud.iam().create_role(
            RoleName=role, AssumeRolePolicyDocument=trust("backup.amazonaws.com"), Tags=self.tags()
        )["Role"]["Arn"]
        self.cloud.iam().attach_role_policy(RoleName=role, PolicyArn=BACKUP_POLICY)
        selection = backup.create_backup_selection(
            BackupPlanId=plan, BackupSelection={"SelectionName": vault, "IamRoleArn": arn, "Resources": ["*"]}
        )["SelectionId"]
        return {
            "aws_kms_key": key["KeyId"], "aws_kms_alias": alias, "aws_secretsmanager_secret": secret["ARN"],
            "aws_acm_certificate": certificate, "aws_backup_vault": vault, "aws_backup_plan": plan,
            "aws_iam_role": role, "aws_backup_selection": f"{plan}|{selection}",
        }  # fmt: skip

    def edge(self, zone: str) -> dict[str, str]:
        """What the edge is made of; ``zone`` is the id of the hosted zone that gets its records."""
        cloudfront, waf, route53 = self.client("cloudfront"), self.client("wafv2"), self.cloud.route53()
        control = cloudfront.create_origin_access_control(
            OriginAccessControlConfig={"Name": self.name, "SigningProtocol": "sigv4", "SigningBehavior": "always",
                                       "OriginAccessControlOriginType": "s3"}
        )["OriginAccessControl"]["Id"]  # fmt: skip
        hsts = {"Override": True, "AccessControlMaxAgeSec": 63_072_000, "IncludeSubdomains": True}
        policy = cloudfront.create_response_headers_policy(
            ResponseHeadersPolicyConfig={"Name": f"{self.name}-pages",
                                         "SecurityHeadersConfig": {"StrictTransportSecurity": hsts}}
        )["ResponseHeadersPolicy"]["Id"]  # fmt: skip
        seen = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": self.name}
        acl = waf.create_web_acl(Name=self.name, Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, Rules=[],
                                 VisibilityConfig=seen, Tags=self.tags())["Summary"]  # fmt: skip
        distribution = cloudfront.create_distribution_with_tags(
            DistributionConfigWithTags={"DistributionConfig": self._distribution(policy, acl["ARN"]),
                                        "Tags": {"Items": self.tags()}}
        )["Distribution"]  # fmt: skip
        health = route53.create_health_check(
            CallerReference=f"{self.name}-1",
            HealthCheckConfig={"Type": "HTTPS", "FullyQualifiedDomainName": self._domain, "ResourcePath": "/health",
                               "Port": 443},
        )["HealthCheck"]["Id"]  # fmt: skip
        route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=health, AddTags=self.tags())
        self.record(zone, self.alias(distribution["DomainName"]))
        return {
            "aws_cloudfront_origin_access_control": control, "aws_cloudfront_response_headers_policy": policy,
            "aws_cloudfront_distribution": distribution["Id"], "aws_route53_health_check": health,
            "aws_wafv2_web_acl": f"{acl['Id']}/{acl['Name']}/CLOUDFRONT",
            "aws_route53_record": f"{zone}_{self._domain}_A",
        }  # fmt: skip

    def alias(self, target: str) -> dict[str, Any]:
        """An alias record of the domain. Source of the zone: AWS General Reference, "Amazon CloudFront endpoints"."""
        where = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": target, "EvaluateTargetHealth": False}
        return {"Name": self._domain, "Type": "A", "AliasTarget": where}

    def record(self, zone: str, record: Mapping[str, Any], action: str = "CREATE") -> None:
        """Put a record into a hosted zone."""
        change = {"Action": action, "ResourceRecordSet": record}
        route53: Any = self.cloud.route53()
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})

    def _distribution(self, policy: str, acl: str) -> dict[str, Any]:
        """A distribution with one origin. Source of the policy: CloudFront Developer Guide, "CachingDisabled"."""
        origin = {
            "Id": "app",
            "DomainName": f"origin.{self._domain}",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
        }
        behaviour = {
            "TargetOriginId": "app",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "ResponseHeadersPolicyId": policy,
        }
        return {
            "CallerReference": f"{self.name}-1", "Comment": self.name, "Enabled": True, "WebACLId": acl,
            "Origins": {"Quantity": 1, "Items": [origin]}, "DefaultCacheBehavior": behaviour,
        }  # fmt: skip
