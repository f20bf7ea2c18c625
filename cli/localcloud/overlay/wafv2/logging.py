"""What web ACLs log, and where."""

from __future__ import annotations

import re

from ministack.core.responses import AccountScopedDict
from ministack.services.cloudwatch_logs import _log_groups as log_groups

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.wafv2.service import (
    BAD_ARN,
    find_web_acl,
    overlay,
    refuse_absent,
    refuse_form,
    refuse_parameter,
)
from localcloud.refusal import refuse

# Source: docs.aws.amazon.com/waf/latest/developerguide/logging-destinations.html.
_DESTINATION = re.compile(
    r"arn:aws:(?:logs:[a-z0-9-]+:\d{12}:log-group:|firehose:[a-z0-9-]+:\d{12}:deliverystream/|s3:::)aws-waf-logs-[^:]+"
)

# By the web ACL's ARN.
logging_configurations = AccountScopedDict()


@overlay.on("PutLoggingConfiguration")
async def put_logging_configuration(request: Request, _: Forward) -> Response:
    """A web ACL logs to one place, whose name begins with aws-waf-logs-; a log group stands in the same region.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_PutLoggingConfiguration.html and
    docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html.
    """
    if refusal := refuse_form(request):
        return refusal
    wanted = request.json["LoggingConfiguration"]
    arn, destinations = wanted["ResourceArn"], wanted["LogDestinationConfigs"]
    if find_web_acl(request, arn=arn) is None:
        return refuse_absent(request)
    if len(destinations) != 1 or not _DESTINATION.fullmatch(destinations[0]):
        return refuse_parameter(request, BAD_ARN, "LOG_DESTINATION", ", ".join(destinations))
    _, _, service, region, _, resource = destinations[0].split(":", 5)
    if service == "logs" and (region != request.region or resource.partition(":")[2] not in log_groups):
        message = "The operation failed because you don't have the permissions that your logging configuration requires"
        return refuse(request, "WAFLogDestinationPermissionIssueException", message)
    kept = {"LogScope": "CUSTOMER", "LogType": "WAF_LOGS", **wanted, "ManagedByFirewallManager": False}
    logging_configurations[arn] = kept
    return answer(request, {"LoggingConfiguration": kept})


@overlay.on("GetLoggingConfiguration")
async def get_logging_configuration(request: Request, _: Forward) -> Response:
    """What a web ACL logs. Source: docs.aws.amazon.com/waf/latest/APIReference/API_GetLoggingConfiguration.html."""
    found = logging_configurations.get(request.json.get("ResourceArn", ""))
    return answer(request, {"LoggingConfiguration": found}) if found else refuse_absent(request)


@overlay.on("ListLoggingConfigurations")
async def list_logging_configurations(request: Request, _: Forward) -> Response:
    """What the web ACLs of a scope log.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_ListLoggingConfigurations.html.
    """
    if refusal := refuse_form(request):
        return refusal
    is_global = request.json["Scope"] == "CLOUDFRONT"
    segment = ":global/" if is_global else f":{request.region}:{request.account}:regional/"
    found = [configuration for arn, configuration in logging_configurations.items() if segment in arn]
    return answer(request, {"LoggingConfigurations": found})


@overlay.on("DeleteLoggingConfiguration")
async def delete_logging_configuration(request: Request, _: Forward) -> Response:
    """From here on a web ACL logs nothing.

    Source: docs.aws.amazon.com/waf/latest/APIReference/API_DeleteLoggingConfiguration.html.
    """
    found = logging_configurations.pop(request.json.get("ResourceArn", ""), None)
    return answer(request, {}) if found else refuse_absent(request)
