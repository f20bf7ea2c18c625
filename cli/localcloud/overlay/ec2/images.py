"""Images: which one a launch template means.

Source: docs.aws.amazon.com/AWSEC2/latest/UserGuide/finding-an-ami.html and docs.aws.amazon.com/autoscaling/ec2/
userguide/using-systems-manager-parameters.html ("resolve:ssm:parameter-name").
"""

# ruff: noqa: SLF001 - ministack's stores have no public door

from __future__ import annotations

from ministack.services import ec2, ssm

_PARAMETER = "resolve:ssm:"
# ministack knows the parameter of one architecture; AWS publishes the other beside it.
_ARM = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
_AMAZON_LINUX = "ami-0c2023a1b2c3d4e5f"


def find_image(reference: str) -> str | None:
    """The id of the image that ``ami-...`` or ``resolve:ssm:<parameter>`` names, or None where there is none."""
    image_id = _parameter(reference.removeprefix(_PARAMETER)) if reference.startswith(_PARAMETER) else reference
    known = image_id in ec2._images or image_id in {stub[0] for stub in ec2._STUB_AMIS}
    return image_id if known else None


def _parameter(name: str) -> str | None:
    if name == _ARM:
        return _AMAZON_LINUX
    found, _ = ssm._select_parameter(name)
    return str(found["Value"]) if found else None
