"""VPC flow logs: where they go, in which format, and that a resource has each only once.

Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html, API_DescribeFlowLogs.html,
API_DeleteFlowLogs.html; error codes: errors-overview.html there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _flow_logs as flow_logs
from ministack.services.ec2 import _network_interfaces as network_interfaces
from ministack.services.ec2 import _parse_tag_specs as store_tags
from ministack.services.ec2 import _subnets as subnets
from ministack.services.ec2 import _tags as tags
from ministack.services.ec2 import _vpcs as vpcs

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.client_tokens import idempotent
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay
from localcloud.refusal import refuse

DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)


@overlay.on("CreateFlowLogs")
@idempotent
async def create_flow_logs(request: Request, _: Forward) -> Response:
    """One flow log for each resource; a resource that can't have it is named among the unsuccessful."""
    form = request.form
    if missing := _missing_for_log_group(form):
        message = f"{missing} can't be empty if LogDestinationType is cloud-watch-logs."
        return refuse(request, "InvalidParameter", message)
    if (interval := form.get("MaxAggregationInterval", "600")) not in ("60", "600"):
        return refuse(request, "InvalidParameter", f"MaxAggregationInterval {interval} must be 60 or 600")
    created, unsuccessful = [], []
    for resource_id in request.members("ResourceId"):
        flow_log = _flow_log(form, resource_id)
        if error := _objection(flow_log, form.get("ResourceType", "")):
            unsuccessful.append({"ResourceId": resource_id, "Error": error})
            continue
        flow_logs[flow_log["FlowLogId"]] = flow_log
        store_tags(form, "vpc-flow-log", flow_log["FlowLogId"])
        created.append(flow_log["FlowLogId"])
    return answer(request, {"FlowLogIds": created, "Unsuccessful": unsuccessful})


def _missing_for_log_group(form: Mapping[str, str]) -> str:
    if form.get("LogDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
        return ""
    if not form.get("DeliverLogsPermissionArn"):
        return "DeliverLogsPermissionArn"
    return "" if form.get("LogGroupName") or form.get("LogDestination") else "LogGroupName"


def _flow_log(form: Mapping[str, str], resource_id: str) -> dict[str, Any]:
    destination = form.get("LogDestination", "")
    log_group = form.get("LogGroupName") or destination.partition(":log-group:")[2].removesuffix(":*")
    return {
        "CreationTime": datetime.now(UTC),
        "DeliverLogsPermissionArn": form.get("DeliverLogsPermissionArn"),
        "DeliverLogsStatus": "SUCCESS",
        "FlowLogId": f"fl-{token_hex(9)[:17]}",
        "FlowLogStatus": "ACTIVE",
        "LogDestination": destination or None,
        "LogDestinationType": form.get("LogDestinationType", "cloud-watch-logs"),
        "LogFormat": form.get("LogFormat", DEFAULT_FORMAT),
        "LogGroupName": log_group or None,
        "MaxAggregationInterval": int(form.get("MaxAggregationInterval", "600")),
        "ResourceId": resource_id,
        "TrafficType": form.get("TrafficType"),
    }


def _objection(flow_log: Mapping[str, Any], resource_type: str) -> Mapping[str, str] | None:
    known = {"VPC": vpcs, "Subnet": subnets, "NetworkInterface": network_interfaces}.get(resource_type)
    if known is not None and flow_log["ResourceId"] not in known:
        return {"Code": "400", "Message": f"{resource_type} {flow_log['ResourceId']} does not exist"}
    same = ("ResourceId", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName", "LogFormat")
    if any(all(other[name] == flow_log[name] for name in same) for other in flow_logs.values()):
        message = "There is an existing Flow Log with the same configuration and log destination."
        return {"Code": "FlowLogAlreadyExists", "Message": message}
    return None


@overlay.on("DescribeFlowLogs")
async def describe_flow_logs(request: Request, _: Forward) -> Response:
    """Every flow log with all that it was made with."""
    shown = [{**flow_log, "Tags": tags.get(identity, [])} for identity, flow_log in flow_logs.items()]
    return select(request, answer(request, {"FlowLogs": shown}))


@overlay.on("DeleteFlowLogs")
async def delete_flow_logs(request: Request, _: Forward) -> Response:
    """An unknown id is named among the unsuccessful."""
    unsuccessful = []
    for identity in request.members("FlowLogId"):
        if identity not in flow_logs:
            error = {"Code": "InvalidFlowLogId.NotFound", "Message": f"These flow log ids do not exist: {identity}"}
            unsuccessful.append({"ResourceId": identity, "Error": error})
            continue
        del flow_logs[identity]
        tags.pop(identity, None)
    return answer(request, {"Unsuccessful": unsuccessful})
