"""Alarms of the local cloud keep what they were told and follow their metric, for whichever protocol asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from localcloud.client import LocalCloud
from localcloud.models import service_model
from localcloud.overlay.cloudwatch.evaluation import Rule, evaluate
from support.refusal import code_of, refusal

REGION = "eu-central-1"
ACCOUNT = "000000000000"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
PROTOCOLS = ("query", "json", "smithy-rpc-v2-cbor")

ALARM: dict[str, Any] = {
    "AlarmDescription": "The database has been busy for 5 minutes.",
    "ActionsEnabled": False,
    "AlarmActions": [TOPIC],
    "OKActions": [TOPIC],
    "InsufficientDataActions": [],
    "MetricName": "CPUUtilization",
    "Namespace": "AWS/RDS",
    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "shop-g1"}],
    "Statistic": "Maximum",
    "Period": 300,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 75.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


@pytest.fixture(scope="module")
def cloudwatch(shared_cloud: LocalCloud) -> Any:
    return shared_cloud.client("cloudwatch", REGION)


def ask(cloud: LocalCloud, protocol: str, operation: str, **members: Any) -> Any:
    """Call an operation in one of the protocols that clients of CloudWatch speak."""
    model = service_model("monitoring")
    assert model is not None
    shape = model.operation_model(operation)
    request = create_serializer(protocol).serialize_to_request(members, shape)
    body = request["body"]
    encoded = urlencode(body).encode() if isinstance(body, dict) else body if isinstance(body, bytes) else body.encode()
    credential = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20250101/{REGION}/monitoring/aws4_request, Signature=x"
    headers = {**request["headers"], "Authorization": credential}
    sent = Request(f"{cloud.endpoint}{request['url_path']}", encoded, headers, method="POST")  # noqa: S310 - loopback
    with urlopen(sent) as reply:  # noqa: S310 - as above
        raw = {"status_code": reply.status, "headers": reply.headers, "body": reply.read(), "context": {}}
    return create_parser(protocol).parse(raw, shape.output_shape) if shape.output_shape else {}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_alarm_is_described_as_it_was_put_in_every_protocol(shared_cloud: LocalCloud, protocol: str) -> None:
    name = f"round-trip-{protocol}"
    ask(shared_cloud, protocol, "PutMetricAlarm", AlarmName=name, **ALARM)
    (alarm,) = ask(shared_cloud, protocol, "DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
    assert {field: alarm[field] for field in ALARM} == ALARM
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    assert abs(alarm["AlarmConfigurationUpdatedTimestamp"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_was_not_said_is_not_described(cloudwatch: Any) -> None:
    few = {
        field: ALARM[field] for field in ALARM if field not in ("AlarmDescription", "DatapointsToAlarm", "Statistic")
    }
    cloudwatch.put_metric_alarm(AlarmName="few", ExtendedStatistic="p95", **few)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["few"])["MetricAlarms"]
    assert alarm["ExtendedStatistic"] == "p95"
    assert alarm.keys().isdisjoint({"AlarmDescription", "DatapointsToAlarm", "Statistic", "Unit"})


def test_another_alarm_of_the_same_name_takes_its_place_and_keeps_state_and_tags(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(AlarmName="replaced", **ALARM, Tags=[{"Key": "Name", "Value": "first"}])
    cloudwatch.set_alarm_state(AlarmName="replaced", StateValue="ALARM", StateReason="test")
    silent = {**ALARM, "Threshold": 90.0, "TreatMissingData": "ignore", "Tags": [{"Key": "Name", "Value": "second"}]}
    cloudwatch.put_metric_alarm(AlarmName="replaced", **silent)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["replaced"])["MetricAlarms"]
    assert (alarm["Threshold"], alarm["StateValue"]) == (90.0, "ALARM")
    assert cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [
        {"Key": "Name", "Value": "first"}
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Period": 45}, "multiple of 60"),
        ({"Period": 60, "EvaluationPeriods": 1441}, "86400"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "604800"),
        ({"EvaluationPeriods": 1}, "DatapointsToAlarm"),
        ({"ExtendedStatistic": "p95"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"TreatMissingData": "forget"}, "TreatMissingData"),
        ({"AlarmActions": ["alerts"]}, "Invalid arn syntax: alerts"),
        ({"AlarmActions": [TOPIC.replace(REGION, "eu-west-1")]}, f"Only {REGION} is supported"),
        ({"AlarmActions": [TOPIC] * 6}, "less than or equal to 5"),
        ({"AlarmName": "a" * 256}, "less than or equal to 255"),
        ({"AlarmDescription": "a" * 1025}, "less than or equal to 1024"),
    ],
)
def test_an_alarm_that_aws_does_not_take_is_refused(cloudwatch: Any, change: dict[str, Any], said: str) -> None:
    code, message = refusal(cloudwatch.put_metric_alarm, **{"AlarmName": "refused", **ALARM, **change})
    assert code == "ValidationError"
    assert said in message
    assert cloudwatch.describe_alarms(AlarmNames=["refused"])["MetricAlarms"] == []


@pytest.mark.parametrize(("period", "count"), [(60, 1440), (3600, 168), (30, 3)])
def test_an_alarm_at_the_limit_is_accepted(cloudwatch: Any, period: int, count: int) -> None:
    cloudwatch.put_metric_alarm(**{"AlarmName": "limit", **ALARM, "Period": period, "EvaluationPeriods": count})
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["limit"])["MetricAlarms"]
    assert alarm["EvaluationPeriods"] == count


# AWS's own examples, from "How alarm state is evaluated when data is missing": X breaches, 0 doesn't, - is missing;
# the state for missing, ignore, breaching and notBreaching. None: the state stays.
STAYS = None
EXAMPLES = [
    ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
    ("- - - - 0", 3, ("OK", "OK", "OK", "OK")),
    ("- - - - -", 3, ("INSUFFICIENT_DATA", STAYS, "ALARM", "OK")),
    ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("- - X - -", 3, ("ALARM", STAYS, "ALARM", "OK")),
    ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
    ("- - - X -", 2, ("ALARM", STAYS, "ALARM", "OK")),
]


@pytest.mark.parametrize(("data", "needed", "states"), EXAMPLES)
def test_missing_data_counts_as_in_aws_s_examples(data: str, needed: int, states: tuple[str | None, ...]) -> None:
    breaches = [{"X": True, "0": False, "-": None}[point] for point in data.split()]
    treatments = ("missing", "ignore", "breaching", "notBreaching")
    assert tuple(evaluate(breaches, Rule(3, needed, treatment)) for treatment in treatments) == states


def test_one_breach_among_missing_data_waits_for_the_next_value() -> None:
    assert evaluate([None, None, None, None, True], Rule(3, 3)) is None


SWITCH: dict[str, Any] = {
    "MetricName": "TrafficMoved",
    "Namespace": "shop/dr",
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "ignore",
}


def put_value(cloudwatch: Any, metric: str, value: float, minutes_ago: float = 0, **dimensions: str) -> None:
    datum = {
        "MetricName": metric,
        "Value": value,
        "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes_ago),
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
    cloudwatch.put_metric_data(Namespace="shop/dr", MetricData=[datum])


def state_of(cloudwatch: Any, name: str) -> str:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    state: str = alarm["StateValue"]
    return state


def test_a_switch_that_ignores_missing_data_stays_where_it_was_put(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(AlarmName="switch", **SWITCH | {"MetricName": "Switch"})
    assert state_of(cloudwatch, "switch") == "INSUFFICIENT_DATA"
    put_value(cloudwatch, "Switch", 0, minutes_ago=30)
    assert state_of(cloudwatch, "switch") == "INSUFFICIENT_DATA"  # too long ago to count
    put_value(cloudwatch, "Switch", 1)
    assert state_of(cloudwatch, "switch") == "ALARM"
    assert state_of(cloudwatch, "switch") == "ALARM"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_value_moves_the_alarm_at_once_in_every_protocol(shared_cloud: LocalCloud, protocol: str) -> None:
    metric = f"Moved-{protocol}"
    ask(shared_cloud, protocol, "PutMetricAlarm", AlarmName=metric, **SWITCH | {"MetricName": metric})
    datum = {"MetricName": metric, "Value": 1.0, "Timestamp": datetime.now(UTC)}
    ask(shared_cloud, protocol, "PutMetricData", Namespace="shop/dr", MetricData=[datum])
    (alarm,) = ask(shared_cloud, protocol, "DescribeAlarms", AlarmNames=[metric])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    items = ask(shared_cloud, protocol, "DescribeAlarmHistory", AlarmName=metric)["AlarmHistoryItems"]
    assert items[0]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"


def test_an_alarm_follows_the_metric_of_its_dimensions_only(cloudwatch: Any) -> None:
    dimensions = [{"Name": "Queue", "Value": "jobs"}]
    cloudwatch.put_metric_alarm(AlarmName="jobs", **SWITCH | {"MetricName": "Depth", "Dimensions": dimensions})
    put_value(cloudwatch, "Depth", 5, Queue="mail")
    put_value(cloudwatch, "Depth", 5)
    assert state_of(cloudwatch, "jobs") == "INSUFFICIENT_DATA"
    put_value(cloudwatch, "Depth", 5, Queue="jobs")
    assert state_of(cloudwatch, "jobs") == "ALARM"


def test_two_of_three_values_must_breach(cloudwatch: Any) -> None:
    rule = {"MetricName": "Load", "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "missing"}
    cloudwatch.put_metric_alarm(AlarmName="load", **SWITCH | rule)
    for minutes_ago, value in ((2, 0.0), (1, 5.0)):
        put_value(cloudwatch, "Load", value, minutes_ago)
    assert state_of(cloudwatch, "load") == "OK"
    put_value(cloudwatch, "Load", 5)
    assert state_of(cloudwatch, "load") == "ALARM"


def test_an_alarm_without_any_data_says_so_or_is_fine_as_it_was_told(cloudwatch: Any) -> None:
    for treatment, state in (("missing", "INSUFFICIENT_DATA"), ("notBreaching", "OK"), ("breaching", "ALARM")):
        cloudwatch.put_metric_alarm(AlarmName=treatment, **SWITCH | {"MetricName": "X", "TreatMissingData": treatment})
        assert state_of(cloudwatch, treatment) == state


def test_a_state_that_is_set_lasts_until_the_metric_says_otherwise(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(AlarmName="set", **SWITCH | {"MetricName": "Set", "TreatMissingData": "notBreaching"})
    cloudwatch.set_alarm_state(AlarmName="set", StateValue="ALARM", StateReason="drill", StateReasonData="{}")
    items = cloudwatch.describe_alarm_history(AlarmName="set", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert items[0]["HistorySummary"] == "Alarm updated from OK to ALARM"
    assert state_of(cloudwatch, "set") == "OK"


def test_an_alarm_tells_its_topic(shared_cloud: LocalCloud, cloudwatch: Any) -> None:
    sns, sqs = shared_cloud.client("sns", REGION), shared_cloud.client("sqs", REGION)
    topic, queue = sns.create_topic(Name="alerts")["TopicArn"], sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(AlarmName="loud", **SWITCH | {"MetricName": "Loud", "AlarmActions": [topic]})
    put_value(cloudwatch, "Loud", 1)
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    said = json.loads(json.loads(message["Body"])["Message"])
    assert (said["AlarmName"], said["NewStateValue"]) == ("loud", "ALARM")


@pytest.mark.parametrize(
    ("datum", "said"),
    [
        ({"Value": float("nan")}, "invalid"),
        ({"Value": 2.0**361}, "invalid"),
        ({}, "At least one"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, "same size"),
        ({"Value": 1.0, "Timestamp": datetime.now(UTC) - timedelta(days=15)}, "past two weeks"),
    ],
    ids=["no number", "too large", "nothing", "counts", "too old"],
)
def test_a_value_that_aws_does_not_take_is_refused(cloudwatch: Any, datum: dict[str, Any], said: str) -> None:
    data = [{"MetricName": "Refused", **datum}]
    code, message = refusal(cloudwatch.put_metric_data, Namespace="shop", MetricData=data)
    assert code == "InvalidParameterValue"
    assert said in message


@pytest.fixture(scope="module")
def family(shared_cloud: LocalCloud) -> Any:
    """Two metric alarms and one composed of them, in a region of their own."""
    client = shared_cloud.client("cloudwatch", "eu-west-1")
    action = TOPIC.replace(REGION, "eu-west-1")
    for name in ("child-a", "child-b"):
        client.put_metric_alarm(AlarmName=name, **SWITCH | {"MetricName": name, "TreatMissingData": "ignore"})
    rule = "ALARM(child-a) OR ALARM(child-b)"
    client.put_composite_alarm(
        AlarmName="parent", AlarmRule=rule, AlarmActions=[action], AlarmDescription="Either.", ActionsEnabled=False,
        ActionsSuppressor="child-b", ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=120,
    )  # fmt: skip
    return client


def test_a_composite_alarm_is_described_as_it_was_put(family: Any) -> None:
    (alarm,) = family.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert alarm["AlarmRule"] == "ALARM(child-a) OR ALARM(child-b)"
    assert (alarm["ActionsEnabled"], alarm["AlarmActions"]) == (False, [TOPIC.replace(REGION, "eu-west-1")])
    assert (alarm["ActionsSuppressor"], alarm["ActionsSuppressorWaitPeriod"]) == ("child-b", 60)


def test_a_composite_alarm_follows_its_children(family: Any) -> None:
    family.set_alarm_state(AlarmName="child-a", StateValue="ALARM", StateReason="test")
    (parent,) = family.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert parent["StateValue"] == "ALARM"
    family.set_alarm_state(AlarmName="child-a", StateValue="OK", StateReason="test")
    (parent,) = family.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert parent["StateValue"] == "OK"


def test_alarms_are_found_by_kind_prefix_state_action_and_kinship(family: Any) -> None:
    def names(**filters: Any) -> list[str]:
        found = family.describe_alarms(**filters)
        return [alarm["AlarmName"] for alarm in (*found["MetricAlarms"], *found["CompositeAlarms"])]

    both = ["MetricAlarm", "CompositeAlarm"]
    assert names() == ["child-a", "child-b"]
    assert names(AlarmTypes=both) == ["child-a", "child-b", "parent"]
    assert names(AlarmTypes=both, ActionPrefix="arn:aws:sns:") == ["parent"]
    assert names(AlarmNamePrefix="child-b") == ["child-b"]
    assert names(StateValue="INSUFFICIENT_DATA") == ["child-b"]
    assert names(ChildrenOfAlarmName="parent") == ["child-a", "child-b"]
    assert names(ParentsOfAlarmName="child-a") == ["parent"]
    code, _ = refusal(family.describe_alarms, AlarmNames=["child-a"], AlarmNamePrefix="child")
    assert code == "ValidationError"


def test_a_long_answer_comes_in_pages(family: Any) -> None:
    pages = family.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 1})
    assert [[alarm["AlarmName"] for alarm in page["MetricAlarms"]] for page in pages] == [["child-a"], ["child-b"]]


def test_an_alarm_on_a_metric_is_found_by_the_metric(family: Any) -> None:
    found = family.describe_alarms_for_metric(Namespace="shop/dr", MetricName="child-a")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["child-a"]
    dimensions = [{"Name": "Queue", "Value": "jobs"}]
    found = family.describe_alarms_for_metric(Namespace="shop/dr", MetricName="child-a", Dimensions=dimensions)
    assert found["MetricAlarms"] == []


def test_a_child_stays_while_a_composite_alarm_needs_it(family: Any) -> None:
    assert code_of(family.delete_alarms, AlarmNames=["child-a"]) == "ValidationError"


def test_an_alarm_of_the_other_kind_keeps_its_name(family: Any) -> None:
    assert code_of(family.put_metric_alarm, AlarmName="parent", **SWITCH) == "ValidationError"
    assert code_of(family.put_composite_alarm, AlarmName="child-a", AlarmRule="TRUE") == "ValidationError"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_values_are_read_back_in_every_protocol(shared_cloud: LocalCloud, protocol: str) -> None:
    metric, now = f"Read-{protocol}", datetime.now(UTC)
    data = [{"MetricName": metric, "Values": [1.0, 4.0], "Counts": [3.0, 1.0], "Timestamp": now}]
    ask(shared_cloud, protocol, "PutMetricData", Namespace="shop/dr", MetricData=data)
    period = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5), "Period": 60}
    reply = ask(shared_cloud, protocol, "GetMetricStatistics", Namespace="shop/dr", MetricName=metric,
                Statistics=["Sum", "SampleCount"], **period)  # fmt: skip
    (point,) = reply["Datapoints"]
    assert (point["Sum"], point["SampleCount"]) == (7.0, 4.0)


def test_alarms_and_their_states_survive_a_kill(server: Any) -> None:
    cloud = server.start()
    client = cloud.client("cloudwatch", REGION)
    client.put_metric_alarm(AlarmName="kept", **SWITCH, Tags=[{"Key": "Name", "Value": "kept"}])
    put_value(client, "TrafficMoved", 1)
    before = client.describe_alarms()["MetricAlarms"]
    server.kill()
    client = server.start(port=int(cloud.endpoint.rpartition(":")[2])).client("cloudwatch", REGION)
    assert client.describe_alarms()["MetricAlarms"] == before
    assert before[0]["StateValue"] == "ALARM"
    assert client.list_tags_for_resource(ResourceARN=before[0]["AlarmArn"])["Tags"] == [
        {"Key": "Name", "Value": "kept"}
    ]


def test_every_reply_had_the_shape_that_botocore_expects(shared_cloud: LocalCloud) -> None:
    assert shared_cloud.problems() == ()
