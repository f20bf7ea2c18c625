"""IAM: names and policy documents that AWS would take."""

from __future__ import annotations

import re
from collections.abc import Callable

from ministack.services.iam import _roles as roles

from localcloud.message import Forward, Request, Response
from localcloud.overlay import Overlay
from localcloud.policy_document import MalformedPolicy, Statement, parse_policy
from localcloud.refusal import refuse

overlay = Overlay("iam")

_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_TRUST_ACTIONS = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetContext",
                  "sts:SetSourceIdentity", "sts:TagSession")  # fmt: skip


@overlay.on("CreateRole", "UpdateAssumeRolePolicy")
async def keep_trust(request: Request, forward: Forward) -> Response:
    """A role has a name of 1 to 64 characters, and a trust policy that names who may assume it, and nothing else.

    Source: docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (RoleName,
    AssumeRolePolicyDocument) and docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
    """
    name = request.form.get("RoleName", "")
    if not _ROLE_NAME.fullmatch(name):
        message = "The specified value for roleName is invalid: 1 to 64 alphanumeric characters or any of _+=,.@-"
        return refuse(request, "ValidationError", message)
    document = request.form.get("AssumeRolePolicyDocument", request.form.get("PolicyDocument", ""))
    return _refuse_document(request, document, _trust_fault) or await forward(request)


# Where the name isn't the service's own with a capital letter. Source: docs.aws.amazon.com/autoscaling/ec2/userguide/
# autoscaling-service-linked-role.html, .../elasticloadbalancing/latest/userguide/elb-service-linked-roles.html,
# .../AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html.
_SERVICE_LINKED_ROLES = {
    "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
}


@overlay.on("CreateServiceLinkedRole")
async def create_service_linked_role(request: Request, forward: Forward) -> Response:
    """The role that a service acts by has a name that the service chose, and an account has it once.

    Source: docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html (InvalidInput).
    """
    service = request.form.get("AWSServiceName", "")
    name = _SERVICE_LINKED_ROLES.get(service)
    if name is None:
        return await forward(request)
    if name in roles:
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        return refuse(request, "InvalidInput", message)
    before = set(roles)
    reply = await forward(request)
    for made in set(roles) - before:
        role = roles.pop(made)
        roles[name] = {**role, "RoleName": name, "Arn": role["Arn"].removesuffix(made) + name}
        reply = reply.with_body(reply.body.replace(made.encode(), name.encode()))
    return reply


@overlay.on("CreatePolicy", "CreatePolicyVersion", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy")
async def keep_policy(request: Request, forward: Forward) -> Response:
    """An identity's policy says what on what, and leaves out who.

    Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html ("You cannot use the
    Principal element in an identity-based policy") and reference_policies_elements_resource.html.
    """
    return _refuse_document(request, request.form.get("PolicyDocument", ""), _identity_fault) or await forward(request)


def _refuse_document(request: Request, text: str, fault: Callable[[Statement], str | None]) -> Response | None:
    try:
        statements = parse_policy(text)
    except MalformedPolicy as error:
        return refuse(request, "MalformedPolicyDocument", str(error))
    found = next((message for statement in statements if (message := fault(statement))), None)
    return refuse(request, "MalformedPolicyDocument", found) if found else None


def _trust_fault(statement: Statement) -> str | None:
    if statement.resources:
        return "Has prohibited field Resource"
    if not statement.principals:
        return "Missing required field Principal"
    if not all(action in _TRUST_ACTIONS for action in statement.actions):
        return "AssumeRole policy may only specify STS AssumeRole actions."
    return None


def _identity_fault(statement: Statement) -> str | None:
    if statement.principals:
        return "Policy document should not specify a principal."
    if not statement.resources:
        return "Policy statement must contain resources."
    return None
