"""Health checks: what they may ask, and what they say.

Source: docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html, API_HealthCheckConfig.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from ministack.core.responses import AccountScopedDict
from ministack.services.route53 import _build_health_check_el as describe
from ministack.services.route53 import _hc_caller_refs as caller_references
from ministack.services.route53 import _health_checks as health_checks
from ministack.services.route53 import _parse_health_check_config as parse_config
from ministack.services.route53 import _tags as tags
from ministack.services.route53 import _xml_response as as_xml

from localcloud.message import Forward, Request, Response
from localcloud.overlay.route53.health import is_healthy
from localcloud.overlay.route53.service import overlay, text_at
from localcloud.refusal import refuse

_ENDPOINT_TYPES = frozenset({"HTTP", "HTTP_STR_MATCH", "HTTPS", "HTTPS_STR_MATCH", "TCP"})
_OTHER_TYPES = frozenset({"CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"})
_WITHOUT_DATA = frozenset({"Healthy", "Unhealthy", "LastKnownStatus"})
_SWITCHES = ("Disabled", "EnableSNI", "Inverted", "MeasureLatency")
_HOST = re.compile(r"[A-Za-z0-9*_-]+(\.[A-Za-z0-9_-]+)+\.?")
# Where health checkers stand. Source: API_HealthCheckConfig.html (Regions).
_CHECKERS = ("ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1",
             "us-west-2")  # fmt: skip

# References of health checks that are gone: they can't be used again.
spent_references = AccountScopedDict()


@overlay.on("CreateHealthCheck")
async def create_health_check(request: Request, forward: Forward) -> Response:
    """A caller's reference makes one health check only, and none after that is deleted.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html (CallerReference,
    HealthCheckAlreadyExists, Location).
    """
    found = request.xml.find("{*}HealthCheckConfig") if request.xml is not None else None
    if request.xml is None or found is None:
        return await forward(request)
    config = _complete(parse_config(found))
    if fault := next(_faults(config), None):
        return refuse(request, "InvalidInput", f"Invalid parameter : {fault}")
    reference = text_at(request.xml, "CallerReference")
    known = health_checks.get(caller_references.get(reference, ""))
    if reference in spent_references or (known and known["config"] != config):
        message = f"A health check has already been created with the specified caller reference: {reference}"
        return refuse(request, "HealthCheckAlreadyExists", message, status=409)
    reply = await forward(request)
    check = health_checks[caller_references[reference]]
    check["config"] = config
    location = f"https://route53.amazonaws.com/2013-04-01/healthcheck/{check['id']}"
    answer = _described("CreateHealthCheckResponse", check, reply.status)
    return replace(answer, headers={**answer.headers, "Location": location})


@overlay.on("UpdateHealthCheck")
async def update_health_check(request: Request, forward: Forward) -> Response:
    """A change is refused when it starts from a version that isn't the latest any more.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html (HealthCheckVersion,
    ResetElements).
    """
    check = health_checks.get(request.path.rstrip("/").rpartition("/")[2])
    if check is None or request.xml is None:
        return await forward(request)
    version = text_at(request.xml, "HealthCheckVersion")
    if version and int(version) != check["version"]:
        message = f"The health check has version {check['version']}, not {version}."
        return refuse(request, "HealthCheckVersionMismatch", message, status=409)
    reset = {each.text or "" for each in request.xml.iterfind("{*}ResetElements/{*}ResettableElementName")}
    kept = {name: value for name, value in check["config"].items() if name not in reset}
    config = _as_text({**kept, **parse_config(request.xml)})
    if fault := next(_faults(config), None):
        return refuse(request, "InvalidInput", f"Invalid parameter : {fault}")
    check |= {"config": config, "version": check["version"] + 1}
    return _described("UpdateHealthCheckResponse", check)


@overlay.on("DeleteHealthCheck")
async def delete_health_check(request: Request, forward: Forward) -> Response:
    """A health check goes although records still name it; its reference is spent.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHealthCheck.html ("does not prevent you from
    deleting a health check even if the health check is associated with one or more resource record sets").
    """
    identity = request.path.rstrip("/").rpartition("/")[2]
    check = health_checks.get(identity)
    reply = await forward(request)
    if check is not None and reply.status == 200:
        spent_references[check["caller_reference"]] = identity
        tags.pop(("healthcheck", identity), None)
    return reply


@overlay.on("GetHealthCheckStatus")
async def get_health_check_status(request: Request, forward: Forward) -> Response:  # noqa: ARG001 - ministack can't
    """What the health checkers report. No checker asks an endpoint here, so for one there is no report yet.

    Source: docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html (not for calculated checks;
    a report begins with Success or Failure).
    """
    identity = request.path.rstrip("/").split("/")[-2]
    check = health_checks.get(identity)
    if check is None:
        message = f"No health check exists with the specified ID {identity}."
        return refuse(request, "NoSuchHealthCheck", message, status=404)
    kind = check["config"]["Type"]
    if kind == "CALCULATED":
        return refuse(request, "InvalidInput", "The status of a calculated health check can't be retrieved.")
    report = _report(check) if kind == "CLOUDWATCH_METRIC" else None
    return Response(*as_xml("GetHealthCheckStatusResponse", lambda root: _observe(root, report)))


def _report(check: Mapping[str, Any]) -> str:
    return "Success: The alarm is not breached" if is_healthy(check) else "Failure: The alarm is breached"


def _observe(root: Element, report: str | None) -> None:
    observations = SubElement(root, "HealthCheckObservations")
    for region in _CHECKERS if report else ():
        observation = SubElement(observations, "HealthCheckObservation")
        SubElement(observation, "Region").text = region
        status = SubElement(observation, "StatusReport")
        SubElement(status, "Status").text = report
        SubElement(status, "CheckedTime").text = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _described(root: str, check: Mapping[str, Any], status: int = 200) -> Response:
    return Response(*as_xml(root, lambda element: describe(element, check), status))


def _complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with what AWS fills in. Source: API_HealthCheckConfig.html, each element's default."""
    kind = config.get("Type", "")
    is_https = kind.startswith("HTTPS")
    filled: dict[str, Any] = {"Disabled": False, "Inverted": False}
    if kind in _ENDPOINT_TYPES:
        filled |= {"EnableSNI": is_https, "FailureThreshold": 3, "MeasureLatency": False, "RequestInterval": 30}
        if kind != "TCP":
            filled["Port"] = 443 if is_https else 80
    return _as_text({**filled, **config})


def _as_text(config: Mapping[str, Any]) -> dict[str, Any]:
    """ministack prints a value as Python would, so truth is kept as XML writes it."""
    return {name: str(value).lower() if name in _SWITCHES else value for name, value in config.items()}


def _faults(config: Mapping[str, Any]) -> Iterator[str]:
    kind = config.get("Type", "")
    if kind in _ENDPOINT_TYPES:
        yield from _endpoint_faults(config)
    elif kind == "CLOUDWATCH_METRIC":
        alarm = config.get("AlarmIdentifier", {})
        if not alarm.get("Name") or not alarm.get("Region"):
            yield "Metric health checks must have an alarm's name and region specified."
        if config.get("InsufficientDataHealthStatus", "LastKnownStatus") not in _WITHOUT_DATA:
            yield "InsufficientDataHealthStatus must be Healthy, Unhealthy or LastKnownStatus."
    elif kind not in _OTHER_TYPES:
        yield f"{kind or 'null'} is no type of a health check."


def _endpoint_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """The alarm's message is AWS's: github.com/hashicorp/terraform-provider-aws/issues/22993."""
    if "AlarmIdentifier" in config:
        yield "Basic health checks must not have an metric region specified."
    if not config.get("IPAddress") and not _HOST.fullmatch(config.get("FullyQualifiedDomainName", "")):
        yield "Basic health checks must have an IP address or a domain name specified."
    if config["RequestInterval"] not in (10, 30):
        yield "RequestInterval must be 10 or 30."
    if not 1 <= config["FailureThreshold"] <= 10:
        yield "FailureThreshold must be between 1 and 10."
    if not 1 <= config.get("Port", 0) <= 65535:
        yield "Port must be between 1 and 65535."
    if len(config.get("ResourcePath", "")) > 255:
        yield "ResourcePath must have at most 255 characters."
    if config["Type"].endswith("_STR_MATCH") != bool(config.get("SearchString")):
        yield "SearchString belongs to the types HTTP_STR_MATCH and HTTPS_STR_MATCH."
