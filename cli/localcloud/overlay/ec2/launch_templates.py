"""Launch templates: numbered versions that keep all that was asked for.

Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html,
API_CreateLaunchTemplateVersion.html (SourceVersion), API_ModifyLaunchTemplate.html, API_DeleteLaunchTemplate.html,
API_DescribeLaunchTemplateVersions.html; error codes: errors-overview.html there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from ministack.services.ec2 import _launch_templates as launch_templates
from ministack.services.ec2 import _parse_tag_specs as store_tags
from ministack.services.ec2 import _tags as tags

from localcloud.answer import answer
from localcloud.message import Forward, Request, Response
from localcloud.overlay.ec2.client_tokens import idempotent
from localcloud.overlay.ec2.selection import select
from localcloud.overlay.ec2.service import overlay
from localcloud.question import asked
from localcloud.refusal import refuse

Template = dict[str, Any]
Version = dict[str, Any]

# Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html (LaunchTemplateName).
_NAME = re.compile(r"[a-zA-Z0-9()./_-]{3,125}")


@overlay.on("CreateLaunchTemplate")
@idempotent
async def create_launch_template(request: Request, _: Forward) -> Response:
    """A name is used once; the first version has the number 1 and is the default one."""
    question = asked(request)
    name = question.get("LaunchTemplateName", "")
    if not _NAME.fullmatch(name):
        message = "Launch template names must be 3 to 125 characters long and may contain letters, numbers and ()./_-"
        return refuse(request, "InvalidLaunchTemplateName.MalformedException", message)
    if find(name=name):
        message = f"Launch template name already in use: {name}"
        return refuse(request, "InvalidLaunchTemplateName.AlreadyExistsException", message)
    template: Template = {
        "CreateTime": _now(),
        "CreatedBy": _creator(request),
        "DefaultVersionNumber": 1,
        "LatestVersionNumber": 0,
        "LaunchTemplateId": f"lt-{token_hex(9)[:17]}",
        "LaunchTemplateName": name,
        "Versions": [],
    }
    launch_templates[template["LaunchTemplateId"]] = template
    _add_version(request, template, question)
    store_tags(request.form, "launch-template", template["LaunchTemplateId"])
    return answer(request, {"LaunchTemplate": _shown(template)})


@overlay.on("CreateLaunchTemplateVersion")
@idempotent
async def create_launch_template_version(request: Request, _: Forward) -> Response:
    """The next number; with a source version, what isn't asked for anew is taken from that one."""
    question = asked(request)
    template = find(question.get("LaunchTemplateId"), question.get("LaunchTemplateName"))
    if template is None:
        return _unknown(request, question)
    source = version_of(template, question["SourceVersion"]) if "SourceVersion" in question else None
    if source is None and "SourceVersion" in question:
        return _unknown_version(request, question["SourceVersion"])
    version = _add_version(request, template, question, source)
    return answer(request, {"LaunchTemplateVersion": _shown_version(template, version)})


def _add_version(
    request: Request, template: Template, question: Mapping[str, Any], source: Version | None = None
) -> Version:
    template["LatestVersionNumber"] += 1
    version = {
        "CreateTime": _now(),
        "CreatedBy": _creator(request),
        "LaunchTemplateData": {
            **(deepcopy(source["LaunchTemplateData"]) if source else {}),
            **question.get("LaunchTemplateData", {}),
        },
        "VersionDescription": question.get("VersionDescription"),
        "VersionNumber": template["LatestVersionNumber"],
    }
    template["Versions"] = [*template["Versions"], version]
    return version


def find(identity: str | None = None, name: str | None = None) -> Template | None:
    """The template with this id or this name."""
    if identity:
        known: Template | None = launch_templates.get(identity)
        return known
    return next((one for one in launch_templates.values() if name and one["LaunchTemplateName"] == name), None)


def version_of(template: Template, wanted: str) -> Version | None:
    """A version by its number, or the one that $Latest or $Default means now."""
    numbers = {
        "$Default": template["DefaultVersionNumber"],
        "$Latest": template["LatestVersionNumber"],
    }
    number = numbers.get(wanted) or (int(wanted) if wanted.isdigit() else 0)
    return next((version for version in template["Versions"] if version["VersionNumber"] == number), None)


@overlay.on("DescribeLaunchTemplates")
async def describe_launch_templates(request: Request, _: Forward) -> Response:
    """Every template by its first, default and latest version; a name that isn't there is an error."""
    names = request.members("LaunchTemplateName")
    missing = [name for name in names if find(name=name) is None]
    if missing:
        message = f"At least one of the launch templates specified in the request does not exist: {missing[0]}"
        return refuse(request, "InvalidLaunchTemplateName.NotFoundException", message)
    found = [one for one in launch_templates.values() if not names or one["LaunchTemplateName"] in names]
    return select(request, answer(request, {"LaunchTemplates": [_shown(template) for template in found]}))


@overlay.on("DescribeLaunchTemplateVersions")
async def describe_launch_template_versions(request: Request, _: Forward) -> Response:
    """The versions of one template, the newest first."""
    question = asked(request)
    template = find(question.get("LaunchTemplateId"), question.get("LaunchTemplateName"))
    if template is None:
        return _unknown(request, question)
    wanted = question.get("Versions") or [str(version["VersionNumber"]) for version in reversed(template["Versions"])]
    found = [(name, version_of(template, name)) for name in wanted]
    missing = [name for name, version in found if version is None]
    if missing:
        return _unknown_version(request, missing[0])
    shown = [_shown_version(template, version) for _, version in found if version is not None]
    return answer(request, {"LaunchTemplateVersions": shown})


@overlay.on("ModifyLaunchTemplate")
@idempotent
async def modify_launch_template(request: Request, _: Forward) -> Response:
    """Sets the default version."""
    question = asked(request)
    template = find(question.get("LaunchTemplateId"), question.get("LaunchTemplateName"))
    if template is None:
        return _unknown(request, question)
    version = version_of(template, question.get("DefaultVersion", "$Default"))
    if version is None:
        return _unknown_version(request, question["DefaultVersion"])
    template["DefaultVersionNumber"] = version["VersionNumber"]
    return answer(request, {"LaunchTemplate": _shown(template)})


@overlay.on("DeleteLaunchTemplate")
async def delete_launch_template(request: Request, _: Forward) -> Response:
    """All versions go with it; what was started from it stays."""
    question = asked(request)
    template = find(question.get("LaunchTemplateId"), question.get("LaunchTemplateName"))
    if template is None:
        return _unknown(request, question)
    shown = _shown(template)
    del launch_templates[template["LaunchTemplateId"]]
    tags.pop(template["LaunchTemplateId"], None)
    return answer(request, {"LaunchTemplate": shown})


def _shown(template: Template) -> Mapping[str, Any]:
    told = {name: value for name, value in template.items() if name not in ("Tags", "Versions")}
    return {**told, "Tags": tags.get(template["LaunchTemplateId"], [])}


def _shown_version(template: Template, version: Version) -> Mapping[str, Any]:
    data = dict(version["LaunchTemplateData"])
    if "MetadataOptions" in data:
        data["MetadataOptions"] = {**data["MetadataOptions"], "State": "applied"}
    return {
        **version,
        "DefaultVersion": version["VersionNumber"] == template["DefaultVersionNumber"],
        "LaunchTemplateData": data,
        "LaunchTemplateId": template["LaunchTemplateId"],
        "LaunchTemplateName": template["LaunchTemplateName"],
    }


def _unknown(request: Request, question: Mapping[str, Any]) -> Response:
    if identity := question.get("LaunchTemplateId"):
        message = f"The specified launch template, with template ID {identity}, does not exist."
        return refuse(request, "InvalidLaunchTemplateId.NotFound", message)
    message = f"The specified launch template, with template name {question.get('LaunchTemplateName')}, does not exist."
    return refuse(request, "InvalidLaunchTemplateName.NotFoundException", message)


def _unknown_version(request: Request, wanted: str) -> Response:
    message = f"Could not find the specified version {wanted} for the launch template."
    return refuse(request, "InvalidLaunchTemplateId.VersionNotFound", message)


def _creator(request: Request) -> str:
    return f"arn:aws:iam::{request.account}:root"


def _now() -> datetime:
    return datetime.now(UTC)
